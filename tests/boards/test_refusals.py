"""What is wrong with a host is one sentence at that host; the others go on, and the next run picks
it up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.boards.boards import COUNT, Played, sentences
from tests.boards.park import Park, release_of
from tests.boards.test_park import SCANNER_BOARD

HARD = ("--limit", "gates", "--tags", "release")
IN_1970 = """#!/bin/sh
# In place of a board's clock, which the boards here have from their host.
exec /usr/bin/date --date=@60 "$@"
"""
CLOCK = "/usr/local/bin/date"
FULL = ("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", "/var/tmp")
DROP_IN = "/etc/systemd/system/gate-agent.service.d/by-nobody.conf"


def runs(park: Park, board: int, release: Path) -> bool:
    """Return whether a board runs a release."""
    current = park.boards.run(board, "readlink", "/opt/scenic-gate/current")
    return release.name.endswith(current.strip().rpartition("/")[2])


def the_sentence(played: Played, gate: str) -> str:
    """Return the one sentence that a playbook said of a gate that failed."""
    assert "Traceback" not in played.text
    [said] = [line for line in sentences(played.text) if line.startswith(f"{gate}: ")]
    return said


@pytest.fixture(scope="module")
def next_release(folder: Path) -> Path:
    """Return a release that no board has."""
    return release_of(folder, "0.1.2")


@pytest.fixture
def mended(park: Park) -> Iterator[None]:
    """Take away from the boards what a test has put there."""
    yield
    for board in (SCANNER_BOARD, COUNT):
        park.boards.run(board, "rm", "-f", CLOCK)
        park.boards.run(board, "umount", "-q", "/var/tmp", check=False)


@pytest.mark.usefixtures("mended")
def test_a_half_copied_release_a_full_disk_and_a_clock_in_1970(
    park: Park, next_release: Path
) -> None:
    boards = park.boards
    inventory = park.inventory(release=next_release)
    lost = next_release / "requirements/board-313-x86_64.txt"
    aside = next_release.with_name("lost")
    lost.rename(aside)
    boards.run(COUNT, *FULL)
    first = boards.play(inventory, *HARD)
    assert {"north-1", park.last} <= first.ill(), first.text
    said = the_sentence(first, "north-1")
    assert "has no requirements/board-313-x86_64.txt: it was copied in part" in said
    assert "copy the whole folder again" in said
    assert "not enough room in /var/tmp: 2 MiB are free" in the_sentence(first, park.last)

    aside.rename(lost)
    boards.run(COUNT, "umount", "/var/tmp")
    boards.write(SCANNER_BOARD, CLOCK, IN_1970, 0o755)
    second = boards.play(inventory, *HARD)
    assert second.ill() == {"north-1"}, second.text
    assert "its clock says 1970-01-01, and the release was made" in the_sentence(second, "north-1")
    assert runs(park, COUNT, next_release)
    assert not runs(park, SCANNER_BOARD, next_release)

    boards.run(SCANNER_BOARD, "rm", CLOCK)
    third = boards.play(inventory, *HARD)
    assert not third.ill(), third.text
    assert runs(park, SCANNER_BOARD, next_release)


def test_a_certificate_for_another_name(park: Park, next_release: Path) -> None:
    """The last board reaches the centre by a name that is not in the broker's certificate."""
    boards = park.boards
    script = "echo 10.93.0.11 other.example >>/etc/hosts"
    boards.run(COUNT, "sh", "-c", script)
    row = {"ansible_host": f"10.93.0.{10 + COUNT}", "centre_host": "other.example"}
    words = ("--limit", "gates", "--tags", "gate")
    wrong = park.inventory({park.last: row}, release=next_release)
    played = boards.play(wrong, *words, "-e", "accepted_link_tries=5")
    assert played.ill() == {park.last}, played.text
    said = the_sentence(played, park.last)
    assert "the gate does not reach the centre" in said
    assert "certificate" in said
    assert "other.example" in said
    again = boards.play(park.inventory(release=next_release), *words)
    assert not again.ill(), again.text
    assert park.status(COUNT)["linked"]


def test_what_the_playbook_has_set_up_is_accepted_and_what_was_changed_before_it_is_not(
    park: Park, next_release: Path
) -> None:
    boards = park.boards
    for row in park.gate_rows().values():
        assert row["config"], row
        assert row["config"] == row["config_accepted"], row
    boards.write(COUNT, DROP_IN, "[Service]\nNice=5\n")
    boards.until(lambda: bool(park.gate_rows()[park.last]["config_drifts"]), "the centre sees it")
    words = ("--limit", "gates", "--tags", "monitoring")
    played = boards.play(park.inventory(release=next_release), *words)
    assert played.ill() == {park.last}, played.text
    said = the_sentence(played, park.last)
    assert "set up otherwise than was accepted before this run began" in said
    assert f"fleet-manager gate set {park.last} --accept-config" in said
    boards.run(COUNT, "rm", DROP_IN)
    boards.until(
        lambda: not park.gate_rows()[park.last]["config_drifts"], "it is as was accepted again"
    )
