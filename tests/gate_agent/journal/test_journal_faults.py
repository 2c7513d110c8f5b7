"""The journal when the process is killed, the disk is full or a write fails: nothing told is lost,
and nothing of a failed commit stays."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gate_agent.errors import JournalError
from gate_agent.journal.inspect import _Walk
from gate_agent.journal.journal import PROBE_BYTES, Journal
from gate_agent.validator.passage import genesis
from tests.gate_agent.journal import journal_child
from tests.gate_agent.samples import ZONE

ROOT = Path(__file__).parents[3]
ROUNDS = 6


def child(path: Path, what: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", journal_child.__name__, str(path), what],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def whole(journal: Journal) -> bool:
    """Walks the whole chain."""
    walk = _Walk(genesis(journal.journal_id), 0)
    for seq, record, after in journal._db.execute("SELECT * FROM passages ORDER BY seq"):
        walk.step(seq, record, after)
    return walk.state == "whole" and walk.head == journal.head


@pytest.mark.process
def test_what_was_told_is_there_after_a_kill_at_any_moment(tmp_path: Path) -> None:
    rng = random.Random(7)
    path = tmp_path / "journal.db"
    told = 0
    for _ in range(ROUNDS):
        with child(path, "kill") as process:
            assert process.stdout is not None
            for _ in range(rng.randint(1, 40)):
                told = int(process.stdout.readline())
            process.send_signal(signal.SIGKILL)
            for line in process.stdout:
                if line.endswith("\n"):
                    told = int(line)
        assert process.returncode == -signal.SIGKILL
        journal = Journal.open(path, ZONE, os.urandom)
        assert told <= journal.head <= told + 1
        assert whole(journal)
        open_grants = journal.open_grants()
        assert len(open_grants) == journal.head % 2
        if open_grants:
            granted, persons = open_grants[0]
            assert (granted.seq, persons) == (journal.head, 1)
            taken = journal_child.grant(granted.seq)[1]
            journal.commit([taken])
        told = journal.head
        journal.close()
    assert told > ROUNDS


@pytest.mark.process
@pytest.mark.parametrize("limit", [40_000, 41_234, 65_536])
def test_a_full_disk_is_an_error_and_no_record_is_half_there(tmp_path: Path, limit: int) -> None:
    path = tmp_path / "journal.db"
    with child(path, str(limit)) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.read())
    assert process.returncode == 0
    assert said["failed"].startswith(f"cannot write the journal {path}: ")
    assert said["again"]
    assert all(said["probes"]), "while no record fits, no probe passes"
    assert said["mended"] == ""
    assert said["head"] == said["full_at"] + 2
    journal = Journal.open(path, ZONE, os.urandom)
    assert journal.head == said["head"]
    assert whole(journal)
    assert journal.open_grants() == []
    journal.close()


def test_a_commit_that_fails_at_any_instruction_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = Journal.open(path, ZONE, os.urandom)
    failures = at = 0
    while True:
        at += 7
        head, ran, fired = journal.head, 0, False

        def interrupt(limit: int = at) -> int:
            nonlocal ran, fired
            ran += 1
            if ran != limit:
                return 0
            fired = True
            return 1

        journal._db.set_progress_handler(interrupt, 1)
        rows = journal_child.grant(head + 1)
        try:
            journal.commit(rows)
        except JournalError:
            failures += 1
            journal._db.set_progress_handler(None, 0)
            assert journal.head == head
            assert journal.history(head.to_bytes(8, "big")).reserved == 0
            assert journal.history(rows[0].ticket or b"").entered == 0
            assert journal.open_grants() == []
            assert whole(journal)
            journal.commit(rows)
        journal._db.set_progress_handler(None, 0)
        assert journal.head == head + 2
        if not fired:
            break
    assert failures > 10
    journal.close()


def test_somebody_else_holds_the_file(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = Journal.open(path, ZONE, os.urandom)
    journal._db.execute("PRAGMA busy_timeout = 1")
    other = Journal.open(path, ZONE, os.urandom)
    other._db.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="locked"):
        journal.commit(journal_child.grant(1))
    with pytest.raises(JournalError, match="locked"):
        journal.probe()
    other._db.execute("ROLLBACK")
    journal.commit(journal_child.grant(1))
    assert journal.head == 2
    other.close()
    journal.close()


def test_a_probe_leaves_nothing_behind_and_lets_a_record_fit(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = Journal.open(path, ZONE, os.urandom)
    pages = journal.db.execute("PRAGMA page_count").fetchone()[0]
    for _ in range(3):
        journal.probe()
    grown = journal.db.execute("PRAGMA page_count").fetchone()[0] - pages
    assert grown * 4096 < 2 * PROBE_BYTES, "the second probe uses the room of the first"
    assert [key for (key,) in journal.db.execute("SELECT key FROM meta ORDER BY key")] == [
        "acked",
        "bound_ms",
        "journal_id",
    ]
    journal.commit(journal_child.grant(1))
    assert journal.head == 2
    assert whole(journal)
    journal.close()


def test_records_of_another_program_close_the_lane_until_the_journal_goes_on_behind_them(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.db"
    journal, other = (Journal.open(path, ZONE, os.urandom) for _ in range(2))
    other.commit(journal_child.grant(1))
    with pytest.raises(JournalError, match="cannot write the journal") as caught:
        journal.commit(journal_child.grant(1))
    assert "second gate-agent" in caught.value.hint
    journal.probe()
    assert journal.head == 2
    journal.commit(journal_child.grant(3))
    assert journal.head == 4
    assert whole(journal)
    other.close()
    journal.close()


def test_a_journal_that_has_lost_records_is_written_no_more(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal, other = (Journal.open(path, ZONE, os.urandom) for _ in range(2))
    journal.commit(journal_child.grant(1))
    other.db.execute("DELETE FROM passages")
    with pytest.raises(JournalError, match="records 1 to 2 are gone"):
        journal.probe()
    other.close()
    journal.close()


def test_a_file_that_was_removed_takes_no_record(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = Journal.open(path, ZONE, os.urandom)
    journal.commit(journal_child.grant(1))
    path.rename(tmp_path / "moved.db")
    for write in (journal.probe, lambda: journal.commit(journal_child.grant(3))):
        with pytest.raises(JournalError, match="was removed or replaced") as caught:
            write()
        assert "systemctl restart gate-agent" in caught.value.hint
    (tmp_path / "moved.db").rename(path)
    journal.probe()
    journal.commit(journal_child.grant(3))
    assert journal.head == 4
    journal.close()


def test_only_the_call_that_makes_a_journal_says_that_it_is_new(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    news = []
    for _ in range(2):
        journal = Journal.open(path, ZONE, os.urandom)
        news.append(journal.is_new)
        journal.close()
    assert news == [True, False]
