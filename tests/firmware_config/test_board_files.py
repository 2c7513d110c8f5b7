"""What goes onto a board besides gate.toml: boot settings, udev rules, units, users."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from firmware_config import gate_metrics

ROOT = Path(__file__).parents[2] / "firmware_config"
UNITS = [str(path.relative_to(ROOT)) for kind in ("*.service", "*.timer", "**/*.mount")
         for path in sorted(ROOT.glob(kind))]  # fmt: skip
NO_SYSTEMD = shutil.which("systemd-analyze") is None


def unit(name: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(ROOT / name, "utf-8")
    return parser


@pytest.mark.skipif(NO_SYSTEMD, reason="systemd-analyze is not here")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_takes_every_unit(name: str, tmp_path: Path) -> None:
    """The programs are not on this machine: others stand in for them."""
    text = re.sub(
        r"^(Exec\w+=-?)/\S+", r"\1/bin/true", (ROOT / name).read_text("utf-8"), flags=re.M
    )
    file = tmp_path / Path(name).name
    file.write_text(text, "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", str(file)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert Path(name).name not in done.stderr, done.stderr


@pytest.mark.skipif(NO_SYSTEMD, reason="systemd-analyze is not here")
@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".service")])
def test_a_unit_is_little_exposed(name: str) -> None:
    words = ["systemd-analyze", "security", "--offline=yes", "--threshold=30", str(ROOT / name)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


def test_the_daemon_keeps_what_it_needs() -> None:
    """Hardening that would shut out a scanner plugged in later, or the guard's place in front."""
    service = unit("gate-agent.service")["Service"]
    assert not {"DevicePolicy", "ProtectClock", "RestrictRealtime", "PrivateDevices",
                "MemoryDenyWriteExecute"} & set(service)  # fmt: skip
    assert service["ExecStopPost"].split()[1:] == ["rest", "--config", "/etc/scenic-gate/gate.toml"]
    assert int(service["WatchdogSec"]) == 15


def test_the_door_is_hardened_as_the_centre_is() -> None:
    """Who is let in by a token comes no further than who has a certificate."""
    own = {"ExecStart"}
    door, serve = (
        {key: value for key, value in unit(name)["Service"].items() if key not in own}
        for name in ("fleet-manager-door.service", "fleet-manager.service")
    )
    assert door == serve


def test_a_backup_is_made_every_night_by_a_service_that_the_timer_names() -> None:
    timer, service = unit("fleet-manager-backup.timer"), unit("fleet-manager-backup.service")
    assert timer["Timer"]["Persistent"] == "true"
    assert service["Service"]["Type"] == "oneshot"
    assert service["Service"]["User"] == unit("fleet-manager.service")["Service"]["User"]
    assert "/var/backups/scenic-gate" in service["Service"]["ReadWritePaths"].split()


def test_figures_are_written_where_the_exporter_of_the_playbook_reads_them() -> None:
    service = unit("scenic-gate-metrics.service")["Service"]
    folder = f"/run/{service['RuntimeDirectory']}"
    assert gate_metrics.OUT.parent == Path(folder)
    options = ROOT.parent / "deploy/ansible/roles/monitoring/defaults/main.yml"
    assert f"--collector.textfile.directory={folder}" in options.read_text("utf-8")
    assert unit("scenic-gate-metrics.timer")["Timer"]["OnUnitActiveSec"] == "15"


def test_the_kiosk_reaches_this_board_alone() -> None:
    service = unit("scenic-gate-kiosk.service")["Service"]
    assert service["User"] == "scenic-gate-kiosk"
    assert (service["IPAddressDeny"], service["IPAddressAllow"]) == ("any", "localhost")
    rules = ROOT.parent / "deploy/ansible/roles/board/templates/nftables.conf.j2"
    # Its session takes the processes out of the unit's control group, and with it those addresses.
    assert f"meta skuid {service['User']} drop" in rules.read_text("utf-8")
    script = Path(service["ExecStart"].split()[-1])
    assert "/run/scenic-gate/page.url" in (ROOT / script.name).read_text("utf-8")
    assert "scenic-gate" in service["SupplementaryGroups"].split()


def test_the_kiosk_leaves_compositor_and_browser_what_they_need() -> None:
    """cage listens below /run/user, which ProtectHome=yes hides; Chromium without @pkey or chroot
    ends at once, and the screen stays dark. Tried with both on a booted Debian 13."""
    text = (ROOT / "scenic-gate-kiosk.service").read_text("utf-8")
    allowed = set(" ".join(re.findall(r"(?m)^SystemCallFilter=(.*)$", text)).split())
    assert {"@mount", "@pkey", "seccomp"} <= allowed
    service = unit("scenic-gate-kiosk.service")["Service"]
    assert service["ProtectHome"] == "no"
    assert service["InaccessiblePaths"].split() == ["/home", "/root"]
    assert service["SystemCallErrorNumber"] == "EPERM"


def test_groups_of_the_units_are_made() -> None:
    """A unit with a group that is missing does not start (status 216)."""
    text = (ROOT / "systemd" / "sysusers.conf").read_text("utf-8")
    made = set(re.findall(r"^[gu] (\S+)", text, re.M))
    joined = {user: set(re.findall(rf"^m {user} (\S+)", text, re.M)) for user in made}
    always = {"dialout", "video", "audio", "input", "render"}  # every Debian has these
    for name in ("gate-agent.service", "scenic-gate-kiosk.service"):
        service = unit(name)["Service"]
        groups = set(service["SupplementaryGroups"].split())
        assert groups <= made | always
        assert service["User"] in made
        assert groups <= joined[service["User"]]


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="no systemd-sysusers")
def test_systemd_takes_the_users(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    lines = (ROOT / "systemd" / "sysusers.conf").read_text("utf-8").splitlines()
    lines = [line for line in lines if line and not line.startswith("#")]
    done = subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", "--inline", *lines],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "scenic-gate-kiosk" in (tmp_path / "etc" / "passwd").read_text("utf-8")


def test_the_boards_watchdog_is_not_asked_for_more_than_it_can() -> None:
    manager = unit("systemd/watchdog.conf")["Manager"]
    assert all(0 < int(manager[key]) < 15 for key in ("RuntimeWatchdogSec", "RebootWatchdogSec"))


def test_logs_spare_the_card() -> None:
    assert unit("systemd/journald.conf")["Journal"]["Storage"] == "volatile"
    mount = unit("systemd/var-log.mount")["Mount"]
    assert (mount["Type"], mount["Where"]) == ("tmpfs", "/var/log")


RULE = re.compile(r'[A-Z]+(\{\w+\})?(==|!=|=|\+=)"[^"]*"')


def test_each_udev_rule_is_one() -> None:
    lines = (ROOT / "70-scenic-gate.rules").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    for line in rules:
        for part in line.split(", "):
            assert RULE.fullmatch(part), part
    for stem in ("tty", "keys", "video"):
        assert any(f'SYMLINK+="scenic-gate/{stem}-%b"' in line for line in rules)


def test_boot_settings() -> None:
    lines = (ROOT / "boot" / "config.txt").read_text("utf-8").splitlines()
    settings = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"\[(all|pi4|pi5)\]|\w+=[\w=,-]+", line) for line in settings)
    assert settings[0] == "[all]"
    assert {"dtparam=strict_gpiod", "dtparam=watchdog=on"} <= set(settings)
    assert settings.index("dtparam=uart0=on") > settings.index("[pi5]")
