"""Test what a batch adds to a journal, as a function without a database."""

from dataclasses import replace

from fleet_manager.incident import Incident
from fleet_manager.passages.examine import Examined, JournalState, examine
from gate_agent.validator.passage import PassageKind
from tests.fleet_manager.scribe import Scribe

PEN = Scribe("gate-1", b"j" * 16)
for _ in range(4):
    PEN.write(PassageKind.FREE)


def journal(mark: int) -> JournalState:
    return JournalState(1, PEN.journal_id, PEN.gate, mark, PEN.heads[mark])


def examined(mark: int, first: int) -> Examined:
    """Return what the batch from `first` on adds to a journal that is stored up to `mark`."""
    return examine(journal(mark), PEN.batch(first), PEN.records[first - 1 : mark])


def test_new_records_are_appended_and_repeated_ones_skipped() -> None:
    for first in (1, 2, 3):
        result = examined(2, first)
        assert [passage.seq for passage in result.passages] == [3, 4]
        assert list(result.records) == PEN.records[2:]
        assert (result.head, result.incident) == (PEN.heads[4], None)


def test_a_batch_that_only_repeats_adds_nothing() -> None:
    assert examined(4, 2) == Examined((), (), PEN.heads[4])


def test_a_batch_that_begins_later_leaves_a_gap() -> None:
    assert examined(1, 3) == Examined((), (), PEN.heads[1], Incident.GAP)


def test_what_the_gate_has_no_more_is_lost_and_the_journal_goes_on() -> None:
    result = examine(journal(1), replace(PEN.batch(3), oldest=3), [])
    assert [passage.seq for passage in result.passages] == [3, 4]
    assert (result.head, result.incident, result.lost) == (PEN.heads[4], Incident.GAP, 1)
    assert result.detail == "records 2 to 2 are lost: the gate keeps none of them"


def test_what_follows_lost_records_must_be_readable() -> None:
    batch = replace(PEN.batch(3), oldest=3, records=(b"\xff",))
    result = examine(journal(1), batch, [])
    assert (result.head, result.lost, result.incident) == (PEN.heads[1], 0, Incident.MALFORMED)


def test_a_repeated_record_with_other_bytes_is_a_fork() -> None:
    stored = [PEN.records[1], b"other"]
    result = examine(journal(3), PEN.batch(2), stored)
    assert result == Examined((), (), PEN.heads[3], Incident.FORK, "record 3 differs")


def test_another_chain_before_the_new_records_is_a_fork() -> None:
    result = examine(journal(2), replace(PEN.batch(3), before=bytes(32)), [])
    assert result.incident is Incident.FORK
    assert result.detail == "the chain before record 3"


def test_examining_stops_before_a_record_that_cannot_be_read() -> None:
    batch = PEN.batch(1)
    for bad in (b"\xff", PEN.records[0]):
        result = examine(journal(0), replace(batch, records=(*batch.records[:2], bad)), [])
        assert [passage.seq for passage in result.passages] == [1, 2]
        assert list(result.records) == PEN.records[:2]
        assert result.head == PEN.heads[2]
        assert result.incident is Incident.MALFORMED
        assert result.detail.startswith("record 3: ")
