"""What goes onto a board besides gate.toml and units: boot settings, udev rules, users."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.firmware_config.units import FIRMWARE, read_unit


def test_groups_of_the_units_are_made() -> None:
    """A unit with a group that is missing does not start (status 216)."""
    text = (FIRMWARE / "systemd" / "sysusers.conf").read_text("utf-8")
    made = set(re.findall(r"^[gu] (\S+)", text, re.M))
    joined = {user: set(re.findall(rf"^m {user} (\S+)", text, re.M)) for user in made}
    always = {"dialout", "video", "audio", "input", "render"}  # every Debian has these
    for name in ("gate-agent.service", "scenic-gate-kiosk.service"):
        service = read_unit(name)["Service"]
        groups = set(service["SupplementaryGroups"].split())
        assert groups <= made | always
        assert service["User"] in made
        assert groups <= joined[service["User"]]


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="no systemd-sysusers")
def test_systemd_takes_the_users(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    lines = (FIRMWARE / "systemd" / "sysusers.conf").read_text("utf-8").splitlines()
    lines = [line for line in lines if line and not line.startswith("#")]
    done = subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", "--inline", *lines],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "scenic-gate-kiosk" in (tmp_path / "etc" / "passwd").read_text("utf-8")


@pytest.mark.parametrize(
    ("folders", "users", "units"),
    [
        ("tmpfiles.conf", "sysusers.conf", ["gate-agent.service"]),
        (
            "tmpfiles-centre.conf",
            "sysusers-centre.conf",
            ["fleet-manager.service", "fleet-manager-door.service"],
        ),
    ],
)
def test_folders_of_the_packages_are_as_the_units_make_them(
    folders: str, users: str, units: list[str]
) -> None:
    text = (FIRMWARE / "systemd" / users).read_text("utf-8")
    made = set(re.findall(r"^u (\S+)", text, re.M))
    lines = (FIRMWARE / "systemd" / folders).read_text("utf-8").splitlines()
    rows = [line.split() for line in lines if not line.startswith("#")]
    assert {row[0] for row in rows} == {"d"}
    assert {row[3] for row in rows} <= made | {"root"}
    assert {row[2] for row in rows if row[3] != "root"} == {"0700"}
    modes = {row[1]: (row[2], row[3]) for row in rows}
    for name in units:
        service = read_unit(name)["Service"]
        folder = f"/var/lib/{service['StateDirectory']}"
        assert modes[folder] == (service["StateDirectoryMode"], service["User"])


@pytest.mark.parametrize(
    ("unit", "path"),
    [
        ("gate-agent.service", "/etc/scenic-gate/gate.toml"),
        ("gate-restart.service", "/etc/scenic-gate/gate.toml"),
        ("gate-update.service", "/etc/scenic-gate/gate.toml"),
        ("fleet-manager.service", "/var/lib/scenic-gate-centre/centre.toml"),
        ("fleet-manager-door.service", "/var/lib/scenic-gate-centre/centre.toml"),
    ],
)
def test_what_is_installed_waits_for_its_settings(unit: str, path: str) -> None:
    """A package enables its units before there is a gate or a park."""
    assert read_unit(unit)["Unit"]["ConditionPathExists"] == path


def test_the_boards_watchdog_is_not_asked_for_more_than_it_can() -> None:
    manager = read_unit("systemd/watchdog.conf")["Manager"]
    assert all(0 < int(manager[key]) < 15 for key in ("RuntimeWatchdogSec", "RebootWatchdogSec"))


def test_logs_spare_the_card() -> None:
    assert read_unit("systemd/journald.conf")["Journal"]["Storage"] == "volatile"
    mount = read_unit("systemd/var-log.mount")["Mount"]
    assert (mount["Type"], mount["Where"]) == ("tmpfs", "/var/log")


RULE = re.compile(r'[A-Z]+(\{\w+\})?(==|!=|=|\+=)"[^"]*"')


def test_each_udev_rule_is_one() -> None:
    lines = (FIRMWARE / "70-scenic-gate.rules").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    for line in rules:
        for part in line.split(", "):
            assert RULE.fullmatch(part), part
    for stem in ("tty", "keys", "video"):
        assert any(f'SYMLINK+="scenic-gate/{stem}-%b"' in line for line in rules)


def test_boot_settings() -> None:
    lines = (FIRMWARE / "boot" / "config.txt").read_text("utf-8").splitlines()
    settings = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"\[(all|pi4|pi5)\]|\w+=[\w=,-]+", line) for line in settings)
    assert settings[0] == "[all]"
    assert {"dtparam=strict_gpiod", "dtparam=watchdog=on"} <= set(settings)
    assert settings.index("dtparam=uart0=on") > settings.index("[pi5]")
