"""The systemd units: who runs what, how often it is started again, what it is kept from."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from firmware_config import gate_metrics
from fleet_manager.daemon.daemon import LOST_EVERY_SECONDS, REFRESH_SECONDS
from fleet_manager.database.engine import BUSY_TIMEOUT_MS
from fleet_manager.https_server import NOTIFY_S
from tests.firmware_config.units import (
    CENTRE,
    DOOR,
    FIRMWARE,
    GATE,
    KIOSK,
    SERVICES,
    WEB,
    read_unit,
    words_of,
)

OUR_PROGRAMS = (GATE, CENTRE, DOOR, WEB)
EVERY_UNIT = [
    str(path.relative_to(FIRMWARE))
    for kind in ("*.service", "*.timer", "**/*.mount")
    for path in sorted(FIRMWARE.glob(kind))
]
EVERYWHERE = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "PrivateTmp": "yes",
    "PrivateMounts": "yes",
    "CapabilityBoundingSet": "",
    "LockPersonality": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectProc": "invisible",
    "RemoveIPC": "yes",
    "RestrictSUIDSGID": "yes",
    "SystemCallArchitectures": "native",
}
MOST_EXPOSED = 3.0
FIRST_OFFLINE = 250
"""`systemd-analyze security --offline` came with this version."""


def systemd_version() -> int:
    """Return the version of the systemd here, 0 for none."""
    if shutil.which("systemd-analyze") is None:
        return 0
    done = subprocess.run(["systemd-analyze", "--version"], capture_output=True, text=True)
    found = re.match(r"systemd (\d+)", done.stdout)
    return int(found[1]) if found else 0


VERSION = systemd_version()


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, timeout=300)


@pytest.mark.skipif(not VERSION, reason="systemd-analyze is not here")
@pytest.mark.parametrize("name", EVERY_UNIT)
def test_systemd_takes_every_unit(name: str, tmp_path: Path) -> None:
    """The programs are not on this machine: others stand in for them."""
    text = re.sub(
        r"^(Exec\w+=-?)/\S+", r"\1/bin/true", (FIRMWARE / name).read_text("utf-8"), flags=re.M
    )
    file = tmp_path / Path(name).name
    file.write_text(text, "utf-8")
    done = analyze("verify", "--recursive-errors=no", str(file))
    assert done.returncode == 0, done.stderr
    assert Path(name).name not in done.stderr, done.stderr


@pytest.mark.skipif(
    VERSION < FIRST_OFFLINE, reason=f"systemd-analyze {FIRST_OFFLINE} or newer is not here"
)
@pytest.mark.parametrize("name", [name for name in EVERY_UNIT if name.endswith(".service")])
def test_every_service_is_little_exposed(name: str) -> None:
    limit = int(MOST_EXPOSED * 10)
    done = analyze("security", "--offline=yes", f"--threshold={limit}", str(FIRMWARE / name))
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_kept_from_the_machine(name: str) -> None:
    service = read_unit(name)["Service"]
    assert {key: service.get(key) for key in EVERYWHERE} == EVERYWHERE
    assert "@system-service" in words_of(name, "SystemCallFilter")
    assert {"AF_UNIX", "AF_INET"} <= set(service["RestrictAddressFamilies"].split())
    assert service["MemoryMax"]


@pytest.mark.parametrize(
    ("name", "user"),
    [
        (GATE, "scenic-gate"),
        (KIOSK, "scenic-gate-kiosk"),
        (CENTRE, "scenic-gate-centre"),
        (DOOR, "scenic-gate-centre"),
        (WEB, "scenic-gate-centre"),
    ],
)
def test_no_service_runs_as_root(name: str, user: str) -> None:
    assert read_unit(name)["Service"]["User"] == user
    assert "DynamicUser" not in read_unit(name)["Service"]


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_is_ever_given_up(name: str) -> None:
    unit = read_unit(name)
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert unit["Service"]["Restart"] == "always"
    assert 1 <= int(unit["Service"]["RestartSec"]) <= 5
    assert unit["Install"]["WantedBy"] == "multi-user.target"


@pytest.mark.parametrize("name", OUR_PROGRAMS)
def test_mistakes_that_stay_are_not_tried_again_and_again(name: str) -> None:
    """78: a wrong file of settings; 75: another one has the data folder."""
    assert words_of(name, "RestartPreventExitStatus") == ["75", "78"]


@pytest.mark.parametrize("name", OUR_PROGRAMS)
def test_systemd_hears_that_each_program_lives(name: str) -> None:
    service = read_unit(name)["Service"]
    assert service["Type"] == "notify"
    assert service.get("NotifyAccess", "main") == "main"
    assert int(service["WatchdogSec"]) >= 15


def test_the_watchdog_is_more_patient_than_the_database() -> None:
    """A step of the worker may wait for another writer, and is no worker that hangs."""
    watchdog_s = int(read_unit(CENTRE)["Service"]["WatchdogSec"])
    assert watchdog_s > BUSY_TIMEOUT_MS / 1000 + LOST_EVERY_SECONDS + REFRESH_SECONDS
    assert int(read_unit(DOOR)["Service"]["WatchdogSec"]) > 2 * NOTIFY_S


def test_the_arm_is_at_rest_however_the_daemon_ends() -> None:
    """ExecStopPost runs after every end: stop, crash, watchdog, failed start."""
    service = read_unit(GATE)["Service"]
    program, *words = service["ExecStopPost"].removeprefix("-").split()
    assert program == service["ExecStart"].split()[0]
    assert words == ["rest", "--config", "/etc/scenic-gate/gate.toml"]
    assert words[1:] == service["ExecStart"].split()[2:]


def test_the_daemon_keeps_what_it_needs() -> None:
    """Hardening that would shut out a scanner plugged in later, or the guard's place in front."""
    service = read_unit(GATE)["Service"]
    assert not {"DevicePolicy", "ProtectClock", "RestrictRealtime", "PrivateDevices",
                "MemoryDenyWriteExecute"} & set(service)  # fmt: skip
    assert int(service["WatchdogSec"]) == 15


@pytest.mark.parametrize("name", [CENTRE, DOOR, WEB])
def test_the_centre_sees_no_device_and_its_data_folder_alone(name: str) -> None:
    service = read_unit(name)["Service"]
    assert service["PrivateDevices"] == "yes"
    assert (service["StateDirectory"], service["StateDirectoryMode"]) == (
        "scenic-gate-centre",
        "0700",
    )
    assert f"--data /var/lib/{service['StateDirectory']} " in service["ExecStart"]
    assert service["UMask"] == "0077"


@pytest.mark.parametrize("name", [DOOR, WEB])
def test_the_door_and_the_console_are_hardened_as_the_centre_is(name: str) -> None:
    """Who is let in by a token or a password comes no further than who has a certificate."""
    own = {"ExecStart", "TimeoutStartSec", "MemoryMax", "Environment"}
    other, serve = (
        {key: value for key, value in read_unit(unit)["Service"].items() if key not in own}
        for unit in (name, CENTRE)
    )
    assert other == serve


@pytest.mark.parametrize("name", OUR_PROGRAMS)
def test_our_programs_see_no_home(name: str) -> None:
    assert read_unit(name)["Service"]["ProtectHome"] == "yes"


def test_the_centre_starts_after_what_it_needs() -> None:
    assert {"network-online.target", "mosquitto.service", "postgresql.service"} <= set(
        words_of(CENTRE, "After")
    )
    for name in (DOOR, WEB):
        assert "fleet-manager.service" in words_of(name, "After")
    for name in (CENTRE, DOOR, WEB):
        assert "network-online.target" in words_of(name, "Wants")


def test_a_backup_is_made_every_night_by_a_service_that_the_timer_names() -> None:
    timer, service = (
        read_unit("fleet-manager-backup.timer"),
        read_unit("fleet-manager-backup.service"),
    )
    assert timer["Timer"]["Persistent"] == "true"
    assert service["Service"]["Type"] == "oneshot"
    assert service["Service"]["User"] == read_unit("fleet-manager.service")["Service"]["User"]
    assert "/var/backups/scenic-gate" in service["Service"]["ReadWritePaths"].split()


def test_figures_are_written_where_the_exporter_of_the_playbook_reads_them() -> None:
    service = read_unit("scenic-gate-metrics.service")["Service"]
    folder = f"/run/{service['RuntimeDirectory']}"
    assert gate_metrics.OUT.parent == Path(folder)
    options = FIRMWARE.parent / "deploy/ansible/roles/monitoring/defaults/main.yml"
    assert f"--collector.textfile.directory={folder}" in options.read_text("utf-8")
    assert read_unit("scenic-gate-metrics.timer")["Timer"]["OnUnitActiveSec"] == "15"


def test_the_kiosk_reaches_this_board_alone() -> None:
    service = read_unit("scenic-gate-kiosk.service")["Service"]
    assert service["User"] == "scenic-gate-kiosk"
    assert (service["IPAddressDeny"], service["IPAddressAllow"]) == ("any", "localhost")
    rules = FIRMWARE.parent / "deploy/ansible/roles/board/templates/nftables.conf.j2"
    # Its session takes the processes out of the unit's control group, and with it those addresses.
    assert f"meta skuid {service['User']} drop" in rules.read_text("utf-8")
    script = Path(service["ExecStart"].split()[-1])
    assert "/run/scenic-gate/page.url" in (FIRMWARE / script.name).read_text("utf-8")
    assert "scenic-gate" in service["SupplementaryGroups"].split()


def test_the_kiosk_leaves_compositor_and_browser_what_they_need() -> None:
    """cage listens below /run/user, which ProtectHome=yes hides; Chromium without @pkey or chroot
    ends at once, and the screen stays dark. Tried with both on a booted Debian 13."""
    text = (FIRMWARE / "scenic-gate-kiosk.service").read_text("utf-8")
    allowed = set(" ".join(re.findall(r"(?m)^SystemCallFilter=(.*)$", text)).split())
    assert {"@mount", "@pkey", "seccomp"} <= allowed
    service = read_unit("scenic-gate-kiosk.service")["Service"]
    assert service["ProtectHome"] == "no"
    assert service["InaccessiblePaths"].split() == ["/home", "/root"]
    assert service["SystemCallErrorNumber"] == "EPERM"


def test_the_browser_of_the_kiosk_may_make_its_own_sandbox() -> None:
    """By name: a group that an older systemd does not know is left out there without an error."""
    assert {"seccomp", "@mount", "@chown", "@setuid"} <= set(words_of(KIOSK, "SystemCallFilter"))
    assert {"user", "pid", "net"} <= set(words_of(KIOSK, "RestrictNamespaces"))
