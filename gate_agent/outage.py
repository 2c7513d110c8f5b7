"""A journal that cannot write: the lanes close until it can, and no turn of an arm is forgotten."""

import logging
from collections import Counter, deque
from typing import NamedTuple

from gate_agent.errors import JournalError
from gate_agent.events import Answered, Expired, JudgedAgain, LaneEvent, Presented, Turned
from gate_agent.health import Health
from gate_agent.journal import Journal
from gate_agent.staff_events import Overridden
from gate_agent.validator.moment import Moment

RETRY_MS = 1000
MAX_LATE = 1000


class Occurrence(NamedTuple):
    """What happened at a lane, and when it did: that is what its record will say."""

    lane: int
    event: LaneEvent
    at: Moment


class Outage:
    """`retry_ms`: when to try the journal again, in monotonic ms; None while it can write."""

    def __init__(self, journal: Journal, health: Health) -> None:
        self._journal = journal
        self._health = health
        self._late: deque[Occurrence] = deque()
        self.retry_ms: int | None = None

    @property
    def lasts(self) -> bool:
        """Whether nothing can be recorded at the moment."""
        return self.retry_ms is not None

    @property
    def turns_waiting(self) -> Counter[int]:
        """Passages that are not recorded yet, by lane."""
        return Counter(late.lane for late in self._late if isinstance(late.event, Turned))

    def begin(self, error: JournalError, now_ms: int) -> None:
        """The journal could not write, or still cannot: the log gets one line."""
        self._health.fault("journal", str(error), error.hint(), logging.ERROR)
        self.retry_ms = now_ms + RETRY_MS

    def keep(self, late: Occurrence) -> None:
        """What an arm did stays true while it cannot be written; a visitor can come again."""
        if isinstance(late.event, Presented | JudgedAgain | Answered | Expired | Overridden):
            return
        if len(self._late) < MAX_LATE:
            self._late.append(late)
        else:
            self._health.count("event dropped")

    def end(self) -> None:
        """The journal can write again. Raises JournalError if it still cannot."""
        self._journal.commit(())
        self._health.recover("journal")
        self.retry_ms = None

    @property
    def oldest(self) -> Occurrence | None:
        """The first of what is not recorded yet; it stays until `forget_oldest`."""
        return self._late[0] if self._late else None

    def forget_oldest(self) -> None:
        """It is recorded now."""
        self._late.popleft()
