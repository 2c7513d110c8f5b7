"""What a gate knows of a ticket's uses: its own records, and what other gates have reported."""

from collections.abc import Callable
from typing import NamedTuple

from gate_agent.journal.journal import Journal
from gate_agent.journal.remote_history import RemoteHistory
from gate_agent.validator.history import History, merged


class LastEntry(NamedTuple):
    """The newest entry with a ticket. `wall_ms`: when. `here`: at this gate. `persons`: that have
    come in with the ticket so far, anywhere."""

    wall_ms: int
    here: bool
    persons: int


class StationHistory:
    """`shares`: whether this gate has a secret for its link, and so takes part in the station's
    exchange. One that was enrolled without decides by its own journal alone."""

    def __init__(self, journal: Journal, remote: RemoteHistory, shares: Callable[[], bool]) -> None:
        self._journal = journal
        self._remote = remote
        self._shares = shares

    def of(self, ticket: bytes) -> History:
        """Return what is known of the ticket with this 8-byte id. Raises JournalError."""
        own = self._journal.history(ticket)
        return merged(own, self._remote.history(ticket)) if self._shares() else own

    def last_entry(self, ticket: bytes) -> LastEntry | None:
        """Return the newest entry with the ticket with this 8-byte id, None if nobody came in with
        it as far as is known. Raises JournalError."""
        own, history = self._journal.history(ticket), self.of(ticket)
        if not history.last_in_ms:
            return None
        here = own.last_in_ms == history.last_in_ms
        return LastEntry(history.last_in_ms, here, history.entered)
