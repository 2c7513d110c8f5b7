"""From empty Debian trees to a park that lets visitors in: one playbook, twice."""

import os
import time
from pathlib import Path

from tests.boards.boards import COUNT, Played, sentences
from tests.boards.park import CENTRE, Deployed, Park, note_figures

SCANNER_BOARD = 2
"""The board of north-1; Debian 13. The centre's and the last board have Debian 12."""


def test_wrong_rows_of_an_inventory_are_refused_at_their_own_hosts_and_the_others_go_on(
    opened: tuple[Park, Played],
) -> None:
    """Nothing was touched at the wrong rows' address: the fixture looks there."""
    _park, played = opened
    wrong = {"North_1", "twin-a", "twin-b", "south-8"}
    assert played.ill() == wrong, played.text
    assert {played.hosts[host]["changed"] for host in wrong} == {0}
    said = "\n".join(sentences(played.text))
    for begin in (
        "North_1: gate_id: North_1: must be 1 to 20 of a-z, 0-9 and -",
        "twin-a: gate_id: south-9: another host has this id as well",
        "twin-b: gate_id: south-9: another host has this id as well",
        "south-8: gate_station: nrth: must be one of north",
    ):
        assert said.count(begin) == 1, said
    assert "Traceback" not in played.text
    assert played.hosts["north-1"]["changed"] > 10
    assert played.hosts[CENTRE]["changed"] > 10


def test_a_visitor_enters_at_a_board_that_the_playbook_made_and_is_counted(
    opened: tuple[Park, Played], folder: Path
) -> None:
    park, _played = opened
    park.boards.fleet("product", "add", "day", "--name-zh", "一日票", "--name-en", "Day ticket")
    code = park.sell()
    park.boards.until(
        lambda: bool(park.status(SCANNER_BOARD).get("lists")), "north-1 has a ticket list"
    )
    park.show(SCANNER_BOARD, code)
    park.boards.until(lambda: park.entries() == 1, "the visitor is counted at the centre")
    passage_s = time.monotonic() - park.boards.began_s
    note_figures(folder, passage_s=passage_s, load=os.getloadavg()[0])


def test_the_second_run_changes_nothing_and_a_board_that_is_off_is_one_line(
    deployed: Deployed,
) -> None:
    played = deployed.second
    last = deployed.park.last
    assert played.ill() == {last}, played.text
    assert played.hosts[last]["unreachable"] == 1
    assert set(played.changed().values()) == {0}, played.text


def test_a_board_that_was_off_is_set_up_by_the_next_run(deployed: Deployed) -> None:
    played = deployed.late
    assert not played.ill(), played.text
    assert played.changed()[deployed.park.last] > 10


def test_every_board_has_enrolled_itself_and_is_linked(deployed: Deployed) -> None:
    """No key was copied: each board drew its own, and the centre knows the public one."""
    park = deployed.park
    assert set(park.gate_rows()) == set(park.gates)
    boards = range(2, COUNT + 1)
    park.boards.until(
        lambda: all(park.status(board).get("linked") for board in boards), "every gate is linked"
    )
    for board in boards:
        listed = park.boards.run(
            board, "find", "/etc/scenic-gate/identity", "-printf", "%f %m %u\n"
        )
        assert "key.pem 600 scenic-gate" in listed.splitlines()


def test_a_board_takes_anothers_place_only_if_that_is_said(deployed: Deployed) -> None:
    """The last board is as a new one: without keys, and without a journal."""
    park, boards = deployed.park, deployed.park.boards
    boards.run(COUNT, "systemctl", "stop", "gate-agent")
    boards.run(COUNT, "rm", "-rf", "/etc/scenic-gate/identity", "/var/lib/scenic-gate")
    words = ("--limit", park.last, "--tags", "gate")
    refused = boards.play(park.inventory(), *words)
    assert refused.ill() == {park.last}, refused.text
    [said] = sentences(refused.text)
    assert said.startswith(f"{park.last}: gate {park.last} is enrolled at the centre")
    assert f"-e gate_replace=true --limit {park.last}" in said
    replaced = boards.play(park.inventory(), *words, "-e", "gate_replace=true")
    assert not replaced.ill(), replaced.text
    boards.until(lambda: bool(park.status(COUNT).get("linked")), "the new board is linked")


def test_no_unit_of_the_machines_has_failed(deployed: Deployed) -> None:
    for board in range(1, COUNT + 1):
        failed = deployed.park.boards.run(board, "systemctl", "--failed", "--plain", "--no-legend")
        assert failed.strip() == "", f"board {board}: {failed}"


def test_the_same_code_is_refused_the_second_time(deployed: Deployed) -> None:
    park = deployed.park
    code = park.sell()
    before = park.entries()
    park.show(SCANNER_BOARD, code)
    park.boards.until(lambda: park.entries() == before + 1, "the visitor is counted")

    def is_refused() -> bool:
        park.show(SCANNER_BOARD, code)  # at once after the first, it is the same visit
        return '"denied": 0,' not in park.boards.fleet("counts", "--json")

    park.boards.until(is_refused, "the code is refused")
    assert park.entries() == before + 1


def test_a_daemon_that_hangs_is_restarted_by_its_watchdog(deployed: Deployed) -> None:
    park = deployed.park
    show = ("systemctl", "show", "--value", "gate-agent", "--property")
    before = int(park.boards.run(SCANNER_BOARD, *show, "NRestarts"))
    hung = park.boards.run(SCANNER_BOARD, *show, "MainPID").strip()
    park.boards.run(SCANNER_BOARD, "kill", "-STOP", hung)
    park.boards.until(
        lambda: int(park.boards.run(SCANNER_BOARD, *show, "NRestarts")) > before,
        "systemd has begun it again",
    )
    park.boards.until(lambda: bool(park.status(SCANNER_BOARD).get("linked")), "it serves again")
    assert park.boards.run(SCANNER_BOARD, *show, "MainPID").strip() != hung
    assert "watchdog" in park.boards.run(SCANNER_BOARD, "journalctl", "--unit=gate-agent").lower()


def test_a_check_with_diff_says_what_would_change_and_changes_nothing(deployed: Deployed) -> None:
    park = deployed.park
    words = ("--limit", "north-1", "--tags", "board", "-e", "board_dns=false")
    played = park.boards.play(park.inventory(), *words, "--check", "--diff")
    assert played.hosts["north-1"]["changed"] == 2, played.text  # with its handler
    removed = [line for line in played.text.splitlines() if line.startswith("-  ")]
    assert len(removed) == 1, played.text
    assert "th dport 53 accept" in removed[0]
    rules = park.boards.run(SCANNER_BOARD, "cat", "/etc/nftables.conf")
    assert "th dport 53 accept" in rules
