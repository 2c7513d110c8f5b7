"""A board brings itself to the wished release, and back."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from fleet_manager.gates import gates
from fleet_manager.terminal import gate_lines
from gate_agent.errors import FolderTakenError, GateError
from gate_agent.journal.journal import Journal
from gate_agent.release.installer import install
from gate_agent.release.manifest import ReleaseError
from gate_agent.update import fetch
from gate_agent.update.update import Updater
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind
from tests.deploy.tiny_release import board_installer
from tests.deploy.update_rig import ZONE, CuttingLine, Rig


def test_a_wished_release_is_fetched_tried_and_kept(rig: Rig) -> None:
    wished = rig.wish("2.0.0")
    board = rig.board()
    assert rig.update(board) == f"{wished} runs well"
    assert (rig.store.current, rig.store.healthy, board.running) == (wished, wished, wished)
    assert 300 <= board.waited_s < 330
    assert board.starts == 1
    assert rig.fault() == ""
    assert rig.update() == f"runs {wished}, as wished"


def test_without_a_wish_nothing_is_done(rig: Rig) -> None:
    before = rig.store.current
    assert rig.update() == "nothing is wished for this gate"
    assert rig.store.current == before


def test_only_what_the_board_has_not_got_is_fetched(rig: Rig) -> None:
    rig.wish("2.0.0")
    site = rig.site()
    Updater(site).run()
    manifest = (rig.made["2.0.0"] / "release.json").stat().st_size
    small = sum(
        (rig.made["2.0.0"] / "packages" / name).stat().st_size
        for name in ("gate_agent/word.py", "scenic_gate-2.0.0.dist-info/METADATA")
    )
    # The first update also fetches what an installation leaves out: the installer and the list.
    beside = sum(path.stat().st_size for path in rig.made["2.0.0"].glob("*.pyz"))
    assert site.client.received < manifest + small + beside + 4096


def test_a_library_is_fetched_once_and_kept_for_the_next_release(rig: Rig) -> None:
    rig.wish("library")
    assert rig.update().endswith("runs well")
    rig.wish("next")
    [wheel] = (rig.centre.config.folder / "releases").glob("4.0.0-*/wheels/*.whl")
    wheel.unlink()
    shutil.rmtree(rig.store.libraries)  # as after a repair of the card
    assert rig.update().endswith("runs well")


@pytest.mark.parametrize("conduct", ["dies", "faulty", "unlinked", "loops"])
def test_a_release_that_is_unwell_is_left_by_itself_and_not_tried_again(
    rig: Rig, conduct: str
) -> None:
    before = rig.store.current
    wished = rig.wish("2.0.0")
    rig.conduct(v2_0_0=conduct)
    board = rig.board()
    assert rig.update(board).startswith(f"went back to {before}")
    assert (rig.store.current, rig.store.healthy, board.running) == (before, before, before)
    assert board.waited_s < 300
    assert wished in rig.fault()
    assert rig.update().startswith(f"{wished} was unwell here and is not tried again")
    assert rig.store.current == before


def test_a_release_that_was_unwell_is_tried_again_if_it_is_wished_anew(rig: Rig) -> None:
    rig.wish("2.0.0")
    rig.conduct(v2_0_0="dies")
    assert rig.update().startswith("went back")
    wished = rig.wish("2.0.0")
    rig.conduct()
    assert rig.update() == f"{wished} runs well"
    assert rig.fault() == ""


def test_a_release_that_fails_check_is_never_switched_to(rig: Rig) -> None:
    before = rig.store.current
    wished = rig.wish("refuses")
    board = rig.board()
    with pytest.raises(ReleaseError, match="no such key"):
        rig.update(board)
    assert (rig.store.current, board.starts) == (before, 0)
    assert "no such key" in rig.fault()
    assert rig.update().startswith(f"{wished} was unwell here")


@pytest.mark.parametrize(
    ("release", "said"),
    [("check crashes", "planted"), ("does not import", "no_such_library")],
)
def test_a_release_that_does_not_run_here_is_tried_once_and_reported(
    rig: Rig, release: str, said: str
) -> None:
    before = rig.store.current
    wished = rig.wish(release)
    with pytest.raises(ReleaseError, match=said):
        rig.update()
    assert rig.store.current == before
    assert said in rig.fault()
    assert rig.update().startswith(f"{wished} was unwell here")
    assert said in rig.fault()


def test_the_fault_goes_when_the_centre_wishes_what_runs(rig: Rig) -> None:
    assert rig.update(rig.board()) == "nothing is wished for this gate"
    first = rig.wish("2.0.0")
    assert rig.update() == f"{first} runs well"
    rig.wish("refuses")
    with pytest.raises(ReleaseError, match="no such key"):
        rig.update()
    assert rig.fault()
    rig.wish("2.0.0")
    assert rig.update() == f"runs {first}, as wished"
    assert rig.fault() == ""


def test_a_card_that_is_too_full_is_reported_and_the_next_round_goes_on(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    wished = rig.wish("2.0.0")
    monkeypatch.setattr(fetch, "SPARE_BYTES", 1 << 60)
    with pytest.raises(ReleaseError, match="not enough room"):
        rig.update()
    assert "not enough room" in rig.fault()
    monkeypatch.undo()
    assert rig.update() == f"{wished} runs well"
    assert rig.fault() == ""


def test_a_release_is_watched_for_as_long_as_is_said(rig: Rig) -> None:
    rig.wish("2.0.0")
    board = rig.board()
    assert Updater(replace(rig.site(board), watch_s=40)).run().endswith("runs well")
    assert 40 <= board.waited_s < 50


def test_a_centre_that_is_away_is_no_fault_of_the_release(rig: Rig) -> None:
    wished = rig.wish("2.0.0")
    rig.conduct(v2_0_0="unlinked")
    board = rig.board()
    with CuttingLine(rig.port) as line:
        site = rig.site(board, port=line.port)

        def cut_when_it_switches(said: str) -> None:
            if said.startswith("switching"):
                line.left = 0
                site.client.close()

        site.say = cut_when_it_switches
        assert Updater(site).run().startswith(f"{wished} is still watched")
    assert rig.store.current == wished
    rig.conduct()
    assert rig.update() == f"{wished} runs well"


def test_a_gate_at_which_somebody_is_waits_for_rest(rig: Rig) -> None:
    before = rig.store.current
    wished = rig.wish("2.0.0")
    board = rig.board()
    board.lanes[0]["phase"] = "released"
    board.write_status()
    assert rig.update(board) == f"{wished} is unpacked and waits for rest: somebody is at lane 1"
    assert (rig.store.current, board.starts) == (before, 0)
    board.lanes[0]["phase"] = "idle"
    board.write_status()
    assert rig.update(board) == f"{wished} runs well"


def test_a_release_is_not_tried_before_its_time(rig: Rig) -> None:
    before = rig.store.current
    later_ms = rig.centre.clock() + 3_600_000
    wished = rig.wish("2.0.0", not_before_ms=later_ms)
    assert rig.update().startswith(f"{wished} is wished from ")
    assert not rig.store.has(wished)
    assert rig.update(rig.board(later_ms + 1)) == f"{wished} runs well"
    assert rig.store.previous == before


def test_a_release_that_a_person_installs_meanwhile_ends_the_trial(rig: Rig) -> None:
    rig.wish("2.0.0")
    board = rig.board()
    site = rig.site(board)
    waits = board.wait

    def wait(seconds: float) -> None:
        waits(seconds)
        if board.waited_s == 20:
            install(board_installer(rig.store), rig.made["3.0.0"])

    board.wait = wait  # type: ignore[method-assign]
    assert Updater(site).run().startswith("another release than 2.0.0")
    assert rig.store.current.startswith("3.0.0")
    assert rig.state()["trial"] is None


def test_two_updaters_never_work_at_once(rig: Rig) -> None:
    rig.wish("2.0.0")
    board = rig.board()
    site = rig.site(board)

    def start_another(said: str) -> None:
        if said.startswith("switching"):
            with pytest.raises(FolderTakenError):
                rig.update()

    site.say = start_another
    assert Updater(site).run().endswith("runs well")


def test_a_damaged_state_is_for_a_person_to_decide(rig: Rig) -> None:
    rig.wish("2.0.0")
    (rig.folder / "updates").mkdir()
    (rig.folder / "updates/state.json").write_text('{"number": ')
    with pytest.raises(GateError, match="it is damaged"):
        rig.update()


def record(journal: Journal) -> None:
    boot = Passage(
        seq=journal.head + 1,
        kind=PassageKind.BOOT,
        wall_ms=1_800_000_000_000,
        mono_ms=0,
        boot=1,
        clock=ClockState.TRUSTED,
        lane=0,
        direction=Direction.IN,
        detail="1.0.0",
    )
    journal.commit([boot])


def open_journal(rig: Rig) -> Journal:
    return Journal.open(rig.folder / "board/data/journal.db", ZONE, bytes)


def change_format(rig: Rig) -> None:
    """Do what the daemon of the new release does when it starts."""
    with closing(sqlite3.connect(rig.folder / "board/data/journal.db")) as db:
        db.execute("PRAGMA user_version = 2")


def test_the_journal_comes_back_with_the_release_that_reads_it(rig: Rig) -> None:
    journal = open_journal(rig)
    record(journal)
    name, head = journal.journal_id, journal.head
    journal.close()
    wished = rig.wish("journal")
    rig.conduct(v2_2_0="dies")
    board = rig.board()
    restart = board.restart

    def restart_and_change() -> None:
        restart()
        if board.running == wished:
            change_format(rig)

    board.restart = restart_and_change  # type: ignore[method-assign]
    assert rig.update(board).startswith("went back")
    again = open_journal(rig)
    assert (again.journal_id, again.head) == (name, head)
    again.close()


def test_what_was_recorded_in_a_trial_is_put_aside_and_never_lost(rig: Rig) -> None:
    journal = open_journal(rig)
    record(journal)
    journal.close()
    wished = rig.wish("journal")
    rig.conduct(v2_2_0="dies")
    board = rig.board()
    restart = board.restart

    def restart_and_record() -> None:
        restart()
        if board.running == wished:
            other = open_journal(rig)
            record(other)
            other.close()
            change_format(rig)

    board.restart = restart_and_record  # type: ignore[method-assign]
    assert rig.update(board).startswith("went back")
    data = rig.folder / "board/data"
    assert not (data / "journal.db").exists()  # the gate begins a new one
    with closing(sqlite3.connect(data / f"journal.db.of-{wished}")) as db:
        assert db.execute("SELECT max(seq) FROM passages").fetchone() == (2,)
    assert f"journal.db.of-{wished}" in rig.fault()


def test_a_journal_that_cannot_be_copied_leaves_the_gate_at_work(rig: Rig) -> None:
    before = rig.store.current
    open_journal(rig).close()
    wished = rig.wish("journal")
    (rig.folder / f"board/data/journal.db.before-{wished}.part").mkdir()
    board = rig.board()
    with pytest.raises(OSError, match="part"):
        rig.update(board)
    assert (rig.store.current, board.running) == (before, before)
    assert rig.state()["trial"] is None


def test_a_release_that_is_left_lets_a_visitor_pass_first(rig: Rig) -> None:
    rig.wish("2.0.0")
    rig.conduct(v2_0_0="faulty")
    board = rig.board()
    site = rig.site(board)
    busy_until: list[float] = []

    def come(said: str) -> None:
        if "is unwell" in said:
            board.lanes[0]["phase"] = "released"
            board.write_status()
            busy_until.append(board.mono_s() + 10)

    wait = board.wait

    def leave(seconds: float) -> None:
        if busy_until and board.mono_s() >= busy_until[0]:
            board.lanes[0]["phase"] = "idle"
        wait(seconds)

    site.say, board.wait = come, leave  # type: ignore[method-assign]
    assert Updater(site).run().startswith("went back")
    assert board.waited_s >= 70


def test_a_release_with_the_same_journal_makes_no_copy(rig: Rig) -> None:
    open_journal(rig).close()
    rig.wish("2.0.0")
    rig.update()
    assert [path.name for path in (rig.folder / "board/data").glob("journal.db*")] == ["journal.db"]


def test_the_centre_shows_what_is_wished_and_what_runs(rig: Rig) -> None:
    wished = rig.wish("2.0.0")
    with rig.centre.store.read() as connection:
        [gate] = gates.every(connection)
        line = gate_lines.read(connection, gate, rig.centre.clock())
    assert gate_lines.values(line)["wished"] == wished
    assert gate_lines.values(line)["drift"] is True
    assert f"- -> {wished}" in gate_lines.row(line, rig.centre.calendar)
    assert json.dumps(gate_lines.values(line))
