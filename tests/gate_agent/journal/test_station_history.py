"""What a gate knows of a ticket: its own records and what others report, or its own alone."""

from collections.abc import Iterator

import pytest

from gate_agent.errors import JournalError
from gate_agent.journal.history_table import NAMES, from_row
from gate_agent.journal.journal import Journal
from gate_agent.journal.remote_history import RemoteHistory
from gate_agent.journal.station_history import LastEntry, StationHistory
from gate_agent.validator.history import History
from gate_agent.validator.messages.short_news import ShortNews
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind
from tests.gate_agent.samples import NOW_S, ZONE

TICKET = bytes(7) + b"\1"
NOW_MS = NOW_S * 1000


class Station:
    """A gate that has recorded one person of a ticket, and heard of another elsewhere."""

    def __init__(self) -> None:
        self.journal = Journal.open(":memory:", ZONE, bytes)
        self.remote = RemoteHistory(self.journal.db, ZONE)
        self.shares = True
        self.history = StationHistory(self.journal, self.remote, lambda: self.shares)
        own = Passage(
            seq=1,
            kind=PassageKind.TAKEN,
            lane=1,
            direction=Direction.IN,
            wall_ms=NOW_MS,
            mono_ms=5,
            boot=77,
            clock=ClockState.TRUSTED,
            persons=1,
            ticket=TICKET,
            admits=4,
        )
        self.journal.commit([own])
        self.remote.take_short(ShortNews(1, TICKET, False, 1), NOW_MS)


@pytest.fixture
def station() -> Iterator[Station]:
    made = Station()
    yield made
    made.journal.close()


def test_what_other_gates_report_counts_like_the_gates_own_records(station: Station) -> None:
    assert station.history.of(TICKET).entered == 2


def test_the_last_entry_says_when_and_whether_it_was_here(station: Station) -> None:
    assert station.history.last_entry(TICKET) == LastEntry(NOW_MS, here=True, persons=2)
    station.remote.take_short(ShortNews(2, TICKET, False, 2), NOW_MS + 60_000)
    elsewhere = LastEntry(NOW_MS + 60_000, here=False, persons=4)
    assert station.history.last_entry(TICKET) == elsewhere
    assert station.history.last_entry(bytes(8)) is None


def test_a_gate_without_a_secret_for_its_link_counts_its_own_records_only(
    station: Station,
) -> None:
    station.shares = False
    assert station.history.of(TICKET).entered == 1
    station.shares = True  # its key was renewed, and with it the link got a secret
    assert station.history.of(TICKET).entered == 2


def test_a_damaged_row_of_another_gate_is_an_error_and_never_a_guess(station: Station) -> None:
    station.remote.write()
    station.journal.db.execute("UPDATE heard SET entered = 'x'")
    with pytest.raises(JournalError, match="damaged"):
        station.history.of(TICKET)


def test_the_columns_of_a_history_on_a_board_stay_as_they_are() -> None:
    """A field may get another name, a column must not: boards have files with these."""
    assert len(NAMES) == len(History._fields)
    row = (5, 20_000, 2, 3, 1, 7, 1, 8, 4)
    history = from_row(row)
    assert tuple(int(value) for value in history) == row
    assert NAMES[6] == "left_since"
    assert type(history[6]) is bool
