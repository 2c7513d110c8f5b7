"""What a gate does for a visitor costs the same after a season as on the first day: counted in
steps of SQLite's machine, which no other work on this one changes."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gate_agent.journal.journal import Journal
from gate_agent.journal.remote_history import RemoteHistory
from gate_agent.validator.messages.short_news import ShortNews
from gate_agent.validator.passage import PassageKind
from tests.gate_agent.journal.test_journal import row
from tests.gate_agent.samples import ZONE
from tests.sqlite_steps import SLACK, steps_of

FEW, MANY = 60, 2000
NOW_MS = 1_790_000_000_000


class _Season:
    """A board on which so many persons went in here, and as many elsewhere."""

    def __init__(self, path: Path) -> None:
        self.journal = Journal.open(path, ZONE, os.urandom)
        self.heard = RemoteHistory(self.journal.db, ZONE)
        self.count = 0

    def go_on(self, count: int) -> None:
        while self.count < count:
            self.pass_one()
            self.hear_one()
            self.heard.write()

    def pass_one(self) -> None:
        self.count += 1
        ticket, first = self.count.to_bytes(8, "big"), self.journal.head + 1
        self.journal.commit([row(first, PassageKind.GRANTED, ticket=ticket, persons=1)])
        self.journal.acknowledge(first, NOW_MS)
        taken = row(first + 1, PassageKind.TAKEN, ticket=ticket, grant=first, persons=1)
        self.journal.commit([taken])
        assert len(self.journal.records(first, 2)[1]) == 2

    def hear_one(self) -> None:
        ticket = (1 << 40 | self.count).to_bytes(8, "big")
        assert self.heard.take_short(ShortNews(self.heard.number + 1, ticket, False, 1), NOW_MS)

    def tell(self) -> None:
        self.hear_one()
        self.heard.write()

    def look(self) -> None:
        self.journal.history((7).to_bytes(8, "big"))
        self.heard.history((7).to_bytes(8, "big"))
        self.journal.open_grants()


@pytest.mark.parametrize("act", [_Season.pass_one, _Season.tell, _Season.look])
def test_it_costs_the_same_after_many_visitors(
    act: Callable[[_Season], None], tmp_path: Path
) -> None:
    season = _Season(tmp_path / "journal.db")
    season.go_on(FEW)
    few = steps_of(season.journal.db, lambda: act(season))
    season.go_on(MANY)
    assert 0 < steps_of(season.journal.db, lambda: act(season)) <= few + SLACK
    season.journal.close()
