"""A journal that cannot write: lanes close until it can, and no turn of an arm is forgotten."""

import logging
from collections import Counter, deque

from gate_agent.errors import JournalError
from gate_agent.events import (
    Answered,
    Expired,
    JudgedAgain,
    Overridden,
    Presented,
    Turned,
)
from gate_agent.health import Health
from gate_agent.journal.journal import Journal
from gate_agent.lane.state import Occurrence

RETRY_MS = 1000
MAX_LATE = 1000


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
        """Number of passages that are not recorded yet, by lane."""
        return Counter(late.lane for late in self._late if isinstance(late.event, Turned))

    def begin(self, error: JournalError, now_ms: int) -> None:
        """Begin an outage, or go on with it; the log gets a line for each reason."""
        if not self.lasts:
            self._health.count("outage")
        self._health.fault("journal", str(error), error.hint, logging.ERROR)
        self.retry_ms = now_ms + RETRY_MS

    def store(self, late: Occurrence) -> None:
        """Hold back what an arm did until it can be recorded; a visitor can come again."""
        if isinstance(late.event, Presented | JudgedAgain | Answered | Expired | Overridden):
            return
        if len(self._late) < MAX_LATE:
            self._late.append(late)
        else:
            self._health.discard("event dropped", f"{MAX_LATE} movements wait for the card")

    def end(self) -> None:
        """End the outage. Raises JournalError if the journal still cannot write a record."""
        self._journal.probe()
        self._health.recover("journal")
        self.retry_ms = None

    @property
    def oldest(self) -> Occurrence | None:
        """The first of what is not recorded yet; it stays until `forget_oldest`."""
        return self._late[0] if self._late else None

    def forget_oldest(self) -> None:
        """Drop the oldest: it is recorded now."""
        self._late.popleft()
