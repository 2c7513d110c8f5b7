"""What the playbook has put on the machines: units, rules, firewall, backup, figures, screen."""

import json
import re

import pytest

from tests.boards.boards import COUNT
from tests.boards.park import CENTRE_DATA, Park
from tests.boards.test_park import SCANNER_BOARD

CENTRE_BOARD = 1
EXPOSED = {
    "gate-agent": SCANNER_BOARD,
    "scenic-gate-metrics": SCANNER_BOARD,
    "fleet-manager": CENTRE_BOARD,
    "fleet-manager-door": CENTRE_BOARD,
    "fleet-manager-web": CENTRE_BOARD,
    "fleet-manager-backup": CENTRE_BOARD,
}
LOG = ("gate-agent", "log", "--lines", "5")
CAGE = """#!/bin/sh
# In place of a compositor: listens in its session's folder, and runs what it is given.
touch "$XDG_RUNTIME_DIR/wayland-0" || exit 1
shift 2
exec "$@"
"""
CHROMIUM = """#!/bin/sh
for word; do last=$word; done
echo "$last" >/run/scenic-gate-kiosk/shown
exec sleep 1000
"""
NO_SCREEN = """[Service]
TTYPath=
StandardInput=null
"""


@pytest.mark.parametrize("name", EXPOSED)
def test_a_unit_runs_under_its_hardening_and_is_little_exposed(name: str, park: Park) -> None:
    unit = f"{name}.service"
    boards = park.boards
    boards.run(EXPOSED[name], "systemd-analyze", "verify", "--man=no", unit)
    boards.run(EXPOSED[name], "systemd-analyze", "security", "--threshold=30", unit)


def test_the_centres_processes_run_since_the_playbook_began_them(park: Park) -> None:
    for unit in (
        "fleet-manager",
        "fleet-manager-door",
        "fleet-manager-web",
        "mosquitto",
        "fleet-manager-backup.timer",
    ):
        park.boards.run(CENTRE_BOARD, "systemctl", "is-active", unit)


def test_the_console_answers_an_office_computer_that_trusts_the_parks_authority(
    park: Park,
) -> None:
    """Through the firewall, by the name that the inventory gives."""
    page = park.boards.console(CENTRE_BOARD, "centre.example", CENTRE_DATA)
    assert page.startswith("200 "), page
    assert 'autocomplete="current-password"' in page


def test_debian_13_takes_the_rules_for_devices(park: Park) -> None:
    """Debian 12's udevadm has no `verify`."""
    path = "/etc/udev/rules.d/70-scenic-gate.rules"
    park.boards.run(SCANNER_BOARD, "udevadm", "verify", path)


@pytest.fixture(scope="module")
def broker_was_away(park: Park) -> None:
    """Let every daemon have something to say: one that has just booted and is well says nothing."""
    boards = park.boards
    boards.run(CENTRE_BOARD, "systemctl", "stop", "mosquitto")
    for board in range(2, COUNT + 1):
        boards.until(
            lambda b=board: not boards.run(b, *LOG).startswith("no messages"),  # type: ignore[misc]
            "the gate says so",
        )
    boards.run(CENTRE_BOARD, "systemctl", "start", "mosquitto")
    park.wait_until_up()


@pytest.mark.usefixtures("broker_was_away")
@pytest.mark.parametrize("board", [SCANNER_BOARD, COUNT], ids=["debian 13", "debian 12"])
def test_a_technician_reads_the_daemons_log(board: int, park: Park) -> None:
    text = park.boards.run(board, *LOG)
    assert re.fullmatch(r"(\d{4}-\d\d-\d\dT\S+Z <\d> .+\n){1,5}", text), text


def test_the_log_is_in_memory_and_not_on_the_card(park: Park) -> None:
    boards = park.boards
    assert "system.journal" in boards.run(
        SCANNER_BOARD, "find", "/run/log/journal", "-name", "system.journal"
    )
    assert boards.run(SCANNER_BOARD, "ls", "/var/log/journal", check=False).startswith("ls:")


def test_the_firewalls_are_up(park: Park) -> None:
    boards = park.boards
    assert "technicians" in boards.run(SCANNER_BOARD, "nft", "list", "ruleset")
    assert "the door for boards" in boards.run(CENTRE_BOARD, "nft", "list", "ruleset")


def test_the_gates_figures_can_be_read_by_the_monitoring(park: Park) -> None:
    boards = park.boards

    def read() -> str:
        address = "http://127.0.0.1:9100/metrics"
        script = f"import urllib.request as r; print(r.urlopen('{address}').read().decode())"
        return boards.run(SCANNER_BOARD, "python3", "-c", script, check=False)

    boards.until(lambda: "scenic_gate_linked 1" in read(), "the exporter shows a linked gate")
    assert "node_memory_MemAvailable_bytes" in read()


def test_a_backup_of_the_serving_centre_is_whole_and_its_owners_alone(park: Park) -> None:
    boards = park.boards
    boards.run(CENTRE_BOARD, "systemctl", "start", "fleet-manager-backup.service")
    [line] = boards.run(
        CENTRE_BOARD, "find", "/var/backups/scenic-gate", "-type", "f", "-printf", "%m %u %p\n"
    ).splitlines()
    mode, owner, path = line.split()
    assert (mode, owner) == ("600", "scenic-gate-centre")
    names = boards.run(CENTRE_BOARD, "tar", "-tzf", path).split()
    inside = {name.removeprefix("scenic-gate-centre/") for name in names}
    assert {"centre.toml", "centre.db", "keys/ticket.pem", "keys/authority.pem"} <= inside
    assert not any(name.startswith("roots") for name in inside)


def test_a_restored_backup_is_a_centre(park: Park) -> None:
    boards = park.boards
    script = (
        "set -eu; rm -rf /tmp/restored; mkdir /tmp/restored; "
        "newest=$(ls /var/backups/scenic-gate/*.tar.gz | tail -n 1); "
        'tar -C /tmp/restored -xzpf "$newest"; '
        "cd /tmp/restored; "
        "/opt/scenic-gate/bin/fleet-manager --data scenic-gate-centre gate list --json"
    )
    boards.run(CENTRE_BOARD, "systemctl", "start", "fleet-manager-backup.service")
    text = boards.run(CENTRE_BOARD, "sh", "-c", script)
    rows = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert {row["gate"] for row in rows} == set(park.gates)


def test_the_handhelds_screen_shows_the_page_under_its_hardening(park: Park) -> None:
    """Compositor and browser are stand-ins: what is tried is the unit, its user and its rights."""
    boards = park.boards
    boards.write(SCANNER_BOARD, "/usr/bin/cage", CAGE, 0o755)
    boards.write(SCANNER_BOARD, "/usr/bin/chromium", CHROMIUM, 0o755)
    drop_in = "/etc/systemd/system/scenic-gate-kiosk.service.d/no-screen.conf"
    boards.write(SCANNER_BOARD, drop_in, NO_SCREEN)
    row = {"ansible_host": f"10.93.0.{10 + SCANNER_BOARD}"}
    document = json.loads(park.inventory().read_text())
    document["all"]["children"]["handhelds"] = {
        "vars": {"handheld_packages": []},
        "hosts": {"north-1": row},
    }
    words = ("--limit", "north-1", "--tags", "handheld", "--skip-tags", "accept")
    played = boards.play(boards.inventory(document), *words)
    assert not played.ill(), played.text
    boards.run(SCANNER_BOARD, "systemctl", "restart", "scenic-gate-kiosk")
    shown = ("cat", "/run/scenic-gate-kiosk/shown")
    boards.until(
        lambda: boards.run(SCANNER_BOARD, *shown, check=False).startswith("http://127.0.0.1"),
        "the browser has the page's link",
    )
    unit = "scenic-gate-kiosk.service"
    boards.run(SCANNER_BOARD, "systemd-analyze", "security", "--threshold=30", unit)
    boards.run(SCANNER_BOARD, "systemctl", "disable", "--quiet", "--now", unit)
