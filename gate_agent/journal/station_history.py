"""What a gate knows of a ticket's uses: its own records, and what other gates have reported."""

from collections.abc import Callable

from gate_agent.journal.journal import Journal
from gate_agent.journal.remote_history import RemoteHistory
from gate_agent.validator.history import History, merged


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
