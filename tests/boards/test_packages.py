"""A park made of the two Debian packages, on booted Debian 12 and 13, without the playbook."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.boards.boards import ROOT, Boards
from tests.boards.park import CENTRE_DATA, GATE_TOML, SCANNER_UNIT, SHOW_PIPE, release_of
from tests.boards.session import once

ARM = """
[lane.arm]
wires = ["relay 17", "passage 27"]
release_ms = 15000
"""
EXPOSED = {
    "board": ("gate-agent", "gate-restart", "gate-update", "scenic-gate-metrics"),
    "centre": ("fleet-manager", "fleet-manager-door", "fleet-manager-web", "fleet-manager-backup"),
}
HELD_BACK = """[Service]
ExecStartPre=/bin/sh -c 'until [ -e /run/go ]; do sleep 0.1; done'
"""
INIT = ("init", "--park", "west-lake", "--time-zone", "Asia/Shanghai", "--name-zh", "西湖")
BROKER = """
set -eu
install -d -m 755 /etc/scenic-gate/broker
install -o mosquitto -m 600 {data}/broker/* /etc/scenic-gate/broker/
install -o mosquitto -m 600 /usr/share/scenic-gate-centre/mosquitto.acl /etc/scenic-gate/broker/
install -m 644 /usr/share/scenic-gate-centre/mosquitto.conf /etc/mosquitto/conf.d/scenic-gate.conf
sed -i 's/^host = .*/host = "{host}"/' {data}/centre.toml
systemctl restart mosquitto
systemctl start fleet-manager fleet-manager-door fleet-manager-web
"""

Packages = dict[str, dict[str, Path]]


@pytest.fixture(scope="module")
def packages(folder: Path) -> Packages:
    """Return packages by version and role."""
    made: Packages = {}
    for version in ("0.1.0", "0.1.1", "0.1.2"):
        files = once(folder, f"packages-{version}", partial(make_packages, folder, version))
        made[version] = {
            "centre" if "centre" in file.name else "board": file for file in files.iterdir()
        }
    return made


def make_packages(folder: Path, version: str) -> Path:
    """Make the packages of a release; return their folder."""
    out = folder / "packages" / version
    shutil.rmtree(out, ignore_errors=True)
    source = release_of(folder, version)
    words = [sys.executable, "-m", "deploy.debian", "--out", str(out), str(source)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


@dataclass(frozen=True, slots=True)
class Site:
    """Two booted boards: one is the centre, the other a gate. `packages`: by version and role."""

    boards: Boards
    centre: int
    gate: int
    packages: Packages

    def install(self, version: str, role: str) -> str:
        """Install a package as a technician does; return what dpkg printed."""
        board = self.centre if role == "centre" else self.gate
        path = f"/root/{role}-{version}.deb"
        self.boards.copy(board, self.packages[version][role], path)
        return self.boards.run(board, "dpkg", "--install", path)

    def fleet(self, *words: str) -> str:
        """Run a command of the centre's."""
        user = ("runuser", "-u", "scenic-gate-centre", "--")
        return self.boards.run(self.centre, *user, "fleet-manager", "--data", CENTRE_DATA, *words)

    def status(self) -> dict[str, Any]:
        """Return what the gate's daemon says of itself, {} if it does not run."""
        text = self.boards.run(self.gate, "gate-agent", "status", "--json", check=False)
        document: dict[str, Any] = json.loads(text) if text.startswith("{") else {}
        return document if document.get("fresh") else {}

    def runs(self, version: str) -> bool:
        """Return whether the gate's daemon is of a version, and linked."""
        status = self.status()
        return str(status.get("software")).startswith(f"{version}-") and bool(status["linked"])

    def phase(self) -> str:
        """Return the phase of the gate's lane, '' while no daemon runs."""
        lanes = self.status().get("lanes")
        return str(lanes[0]["phase"]) if lanes else ""

    def show_a_ticket(self) -> None:
        """Sell a ticket and hold it before the scanner; it opens the arm."""
        lines = self.fleet("ticket", "issue", "--product", "day", "--json").splitlines()
        code = json.loads(lines[-1])["code"]
        self.boards.run(self.gate, "sh", "-c", f'printf "%s\\n" "$1" >{SHOW_PIPE}', "--", code)
        self.boards.until(lambda: self.phase() == "released", "the arm is released")

    def pid(self) -> str:
        """Return the process of the gate's daemon."""
        words = ("systemctl", "show", "--value", "--property", "MainPID", "gate-agent")
        return self.boards.run(self.gate, *words).strip()

    def active(self, board: int, unit: str) -> str:
        """Return a unit's state, as `active`."""
        return self.boards.run(board, "systemctl", "is-active", unit, check=False).strip()


@pytest.fixture(scope="module", params=[1, 2], ids=["gate on Debian 12", "gate on Debian 13"])
def site(request: pytest.FixtureRequest, disks: Path, packages: Packages) -> Iterator[Site]:
    """Two booted boards with the packages, and no more."""
    boards = Boards(disks / f"packages-{request.param}", 2)
    boards.up()
    try:
        made = Site(boards, 3 - request.param, request.param, packages)
        with ThreadPoolExecutor() as pool:
            gate, centre = pool.map(lambda role: made.install("0.1.0", role), ("board", "centre"))
        assert "scenic-gate: not a gate yet" in gate
        assert "scenic-gate-centre: no park yet" in centre
        yield made
    finally:
        boards.down()


@pytest.fixture(scope="module")
def park(site: Site) -> Site:
    """A park on them, as the pages for people say: a broker, a token, gate.toml."""
    boards, host = site.boards, f"10.93.0.{10 + site.centre}"
    site.fleet(*INIT)
    site.fleet("broker-cert", "--host", host, "--out", f"{CENTRE_DATA}/broker")
    boards.run(site.centre, "sh", "-c", BROKER.format(data=CENTRE_DATA, host=host))
    site.fleet("station", "add", "north", "--name-zh", "北门")
    site.fleet("product", "add", "day", "--name-zh", "一日票")

    script = (ROOT / "tests/boards/sim_scanner.py").read_text("utf-8")
    boards.write(site.gate, "/opt/sim_scanner.py", script)
    boards.write(site.gate, "/etc/systemd/system/sim-scanner.service", SCANNER_UNIT)
    boards.run(site.gate, "systemctl", "enable", "--quiet", "--now", "sim-scanner")
    said = site.fleet("gate", "invite", "north-1", "--valid", "10min", "--station", "north")
    [token] = [line for line in said.splitlines() if line.startswith("SGE1")]
    boards.run(site.gate, "gate-agent", "enrol", token)
    toml = GATE_TOML.replace("centre.example", host) + ARM
    boards.write(site.gate, "/etc/scenic-gate/gate.toml", toml)
    boards.run(site.gate, "systemctl", "start", "gate-agent")
    boards.until(lambda: bool(site.status().get("lists")), "the gate has a ticket list")
    return site


def test_the_units_are_enabled_and_wait_for_a_gate_and_a_park(site: Site) -> None:
    for board, unit in (
        (site.gate, "gate-agent.service"),
        (site.gate, "gate-update.timer"),
        (site.centre, "fleet-manager.service"),
        (site.centre, "fleet-manager-door.service"),
        (site.centre, "fleet-manager-backup.timer"),
    ):
        assert site.boards.run(board, "systemctl", "is-enabled", unit).strip() == "enabled"
        wanted = "active" if unit.endswith("timer") else "inactive"
        assert site.active(board, unit) == wanted, unit
    for board in (site.gate, site.centre):
        failed = ("systemctl", "--failed", "--plain", "--no-legend")
        assert site.boards.run(board, *failed).strip() == ""


def test_every_unit_of_the_packages_is_right_and_little_exposed(site: Site) -> None:
    for role, units in EXPOSED.items():
        board = site.centre if role == "centre" else site.gate
        for name in units:
            unit = f"{name}.service"
            site.boards.run(board, "systemd-analyze", "verify", "--man=no", unit)
            site.boards.run(board, "systemd-analyze", "security", "--threshold=30", unit)


def test_the_board_has_the_settings_of_the_package(site: Site) -> None:
    shown = site.boards.run(site.gate, "systemd-analyze", "cat-config", "systemd/journald.conf")
    assert "Storage=volatile" in shown
    shown = site.boards.run(site.gate, "systemd-analyze", "cat-config", "systemd/system.conf")
    assert "RuntimeWatchdogSec=14" in shown
    if site.gate == 2:  # Debian 12's udevadm has no `verify`
        rules = "/usr/lib/udev/rules.d/70-scenic-gate.rules"
        site.boards.run(site.gate, "udevadm", "verify", rules)


def test_a_visitor_is_let_in_at_a_gate_of_the_package(park: Site) -> None:
    assert park.runs("0.1.0")
    park.show_a_ticket()
    park.boards.until(lambda: park.phase() == "idle", "nobody came: the arm is closed again")


def test_the_console_answers_an_office_computer_that_trusts_the_parks_authority(
    park: Site,
) -> None:
    page = park.boards.console(park.centre, f"10.93.0.{10 + park.centre}", CENTRE_DATA)
    assert page.startswith("200 "), page
    assert 'autocomplete="current-password"' in page


def test_an_upgrade_waits_for_whoever_is_at_the_gate(park: Site) -> None:
    """What starts the new release is held back until somebody is at the lane."""
    boards, before = park.boards, park.pid()
    drop_in = "/run/systemd/system/gate-restart.service.d/held-back.conf"
    boards.write(park.gate, drop_in, HELD_BACK)
    assert "switched 0.1.1-" in park.install("0.1.1", "board")
    assert park.runs("0.1.0"), "the daemon goes on"
    park.show_a_ticket()
    boards.run(park.gate, "touch", "/run/go")
    log = ("journalctl", "--unit=gate-restart", "--output=cat")
    waits = "waits for rest: somebody is at lane 1"
    boards.until(lambda: waits in boards.run(park.gate, *log), "it waits for the visitor")
    assert park.pid() == before
    boards.until(lambda: park.runs("0.1.1"), "the new release starts when nobody is there")
    boards.run(park.gate, "rm", "-r", "/run/systemd/system/gate-restart.service.d", "/run/go")
    previous = boards.run(park.gate, "readlink", "/opt/scenic-gate/previous")
    assert "0.1.0-" in previous


def test_an_upgrade_of_the_centre_restarts_it(park: Site) -> None:
    assert "switched 0.1.1-" in park.install("0.1.1", "centre")
    for unit in ("fleet-manager", "fleet-manager-door", "fleet-manager-web"):
        assert park.active(park.centre, unit) == "active"
        words = ("systemctl", "show", "--value", "--property", "MainPID", unit)
        pid = park.boards.run(park.centre, *words).strip()
        program = park.boards.run(park.centre, "cat", f"/proc/{pid}/cmdline")
        assert "/opt/scenic-gate/releases/0.1.1-" in program
    park.boards.until(lambda: park.runs("0.1.1"), "the gate is linked again")


def test_a_power_cut_in_the_middle_of_an_upgrade_leaves_the_release_before(park: Site) -> None:
    boards = park.boards
    boards.copy(park.gate, park.packages["0.1.2"]["board"], "/root/cut.deb")
    install = "nohup dpkg --install /root/cut.deb >/root/cut.log 2>&1 &"
    boards.run(park.gate, "sh", "-c", install)
    parts = ("sh", "-c", "ls -d /opt/scenic-gate/releases/*.part 2>/dev/null")
    boards.until(lambda: bool(boards.run(park.gate, *parts, check=False)), "it installs")
    boards.cut(park.gate)
    boards.on(park.gate)
    boards.until(lambda: park.runs("0.1.1"), "the release before serves")
    boards.run(park.gate, "dpkg", "--configure", "--pending")
    boards.until(lambda: park.runs("0.1.2"), "the new release serves")
    assert boards.run(park.gate, *parts, check=False) == ""
    assert boards.run(park.gate, "dpkg", "--audit") == ""


def test_a_gate_with_records_that_wait_is_the_same_gate_after_a_purge(park: Site) -> None:
    boards = park.boards
    boards.run(park.centre, "systemctl", "stop", "fleet-manager")
    boards.run(park.gate, "systemctl", "restart", "gate-agent")  # a boot is a record
    boards.until(lambda: park.status().get("waiting", 0) > 0, "a record waits")
    boards.run(park.gate, "dpkg", "--remove", "scenic-gate")
    assert park.active(park.gate, "gate-agent") == "inactive"
    assert boards.run(park.gate, "ls", "/opt").split() == ["sim_scanner.py"]
    said = boards.run(park.gate, "dpkg", "--purge", "scenic-gate")
    assert "the journal may hold passages that the centre has not received" in said
    boards.run(park.centre, "systemctl", "start", "fleet-manager")
    park.install("0.1.2", "board")
    boards.until(lambda: park.runs("0.1.2"), "the same gate serves by itself")


def test_purge_takes_keys_and_journal_when_the_centre_has_every_record(park: Site) -> None:
    boards = park.boards
    boards.until(lambda: park.status().get("waiting") == 0, "the centre has every record")
    said = boards.run(park.gate, "dpkg", "--purge", "scenic-gate")
    assert "may hold passages" not in said
    paths = ("/etc/scenic-gate", "/var/lib/scenic-gate", "/opt/scenic-gate")
    for path in paths:
        assert boards.run(park.gate, "ls", "-d", path, check=False).startswith("ls:"), path
    links = "ls /etc/systemd/system/*.wants/gate-* 2>/dev/null || true"
    assert boards.run(park.gate, "sh", "-c", links) == ""


def test_purge_of_the_centre_keeps_the_park(park: Site) -> None:
    said = park.boards.run(park.centre, "dpkg", "--purge", "scenic-gate-centre")
    assert "with the park's keys and its database, stays" in said
    assert park.active(park.centre, "fleet-manager") == "inactive"
    park.boards.run(park.centre, "ls", f"{CENTRE_DATA}/keys", f"{CENTRE_DATA}/centre.db")
