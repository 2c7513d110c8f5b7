"""A journal that cannot write: the lanes close until it can, and no turn of an arm is forgotten."""

import logging
from collections import Counter

from gate_agent.errors import JournalError
from gate_agent.events import Expired, LaneEvent, Presented, Turned
from gate_agent.health import Health
from gate_agent.journal import Journal

RETRY_MS = 1000
MAX_LATE = 1000
_log = logging.getLogger(__name__)


class Outage:
    """`retry_ms`: when to try the journal again, in monotonic ms; None while it can write."""

    def __init__(self, journal: Journal, health: Health) -> None:
        self._journal = journal
        self._health = health
        self._late: list[tuple[int, LaneEvent]] = []
        self.retry_ms: int | None = None

    @property
    def lasts(self) -> bool:
        """Whether nothing can be recorded at the moment."""
        return self.retry_ms is not None

    @property
    def turns_waiting(self) -> Counter[int]:
        """Passages that are not recorded yet, by lane."""
        return Counter(lane for lane, event in self._late if isinstance(event, Turned))

    def begin(self, error: JournalError, now_ms: int) -> None:
        """The journal could not write, or still cannot: the log hears of it once."""
        if not self.lasts:
            _log.error("%s; %s", error, error.hint())
        self._health.fault("journal", str(error))
        self.retry_ms = now_ms + RETRY_MS

    def keep(self, lane: int, event: LaneEvent) -> None:
        """What an arm did stays true while it cannot be written; a visitor can come again."""
        if isinstance(event, Presented | Expired):
            return
        if len(self._late) < MAX_LATE:
            self._late.append((lane, event))
        else:
            self._health.count("event dropped")

    def end(self) -> list[tuple[int, LaneEvent]]:
        """What happened meanwhile, lane by lane number, oldest first.

        Raises JournalError if the journal still cannot write; then all is kept.
        """
        self._journal.acknowledge(self._journal.acked, 0)
        self._health.recover("journal")
        self.retry_ms = None
        late, self._late = self._late, []
        return late
