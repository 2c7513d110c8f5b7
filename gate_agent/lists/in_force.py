"""The lists in force: what they say of a ticket, and what may follow on them."""

from typing import TYPE_CHECKING, Protocol, TypeVar

from gate_agent.health import Health
from gate_agent.lists.list_files import ListFiles, Newest
from gate_agent.ports import Clock
from gate_agent.trust.in_force import Trust
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.listing import Listing, listing_of
from gate_agent.validator.lists.manifest import ListKind, Manifest, refuse_older
from gate_agent.validator.lists.ticket_list import TicketList
from gate_agent.validator.messages.envelopes import MAX_SERIES
from gate_agent.validator.tickets.series import MAIN_SERIES
from gate_agent.validator.tickets.ticket import Ticket

if TYPE_CHECKING:
    from gate_agent.lists.codes_in_force import CodesInForce

FAULT = "ticket list"


class _HasManifest(Protocol):
    @property
    def manifest(self) -> Manifest: ...


_Listed = TypeVar("_Listed", bound=_HasManifest)


class ListsInForce:
    """`serials`: by series. What was in force once is remembered apart from the lists."""

    def __init__(self, trust: Trust, store: ListFiles, clock: Clock, health: Health) -> None:
        self._trust = trust
        self._store = store
        self._clock = clock
        self._health = health
        self._codes: CodesInForce | None = None
        self._newest: dict[str, Newest] = {}
        self._reopened: set[str] = set()
        self._told: tuple[tuple[str, int, int], ...] | None = None
        self.serials: dict[str, TicketList] = {}

    def load(self) -> None:
        """Puts the lists on disk in force that are whole; says so in the faults if one is not."""
        try:
            self._newest = self._store.versions()
        except WireError as error:
            self._health.fault(FAULT, str(error))
        for series, kind in self._store.series()[:MAX_SERIES]:
            try:
                if kind is ListKind.SERIALS:
                    self.serials[series] = self._in_order(
                        self._store.load(series, self._trust.ring)
                    )
                else:
                    codes = self.codes()
                    codes.put(self._in_order(codes.load(series, self._trust.ring)))
            except WireError as error:
                self._health.fault(FAULT, str(error))
            else:
                self.note(self.manifests()[series])

    def _in_order(self, listed: _Listed) -> _Listed:
        """A whole list is not enough: somebody may have put back an older one."""
        manifest = listed.manifest
        newest = self._newest.get(manifest.series)
        if newest is not None and manifest.version < newest.version:
            raise WireError(f"list {manifest.series} is older than one that was in force")
        return listed

    def note(self, manifest: Manifest) -> None:
        """This list is in force."""
        self._told = None
        self._reopened.discard(manifest.series)
        before = self._newest.get(manifest.series)
        if before is None or before.version < manifest.version:
            fresh = Newest(manifest.kind, manifest.version, manifest.as_of_ms)
            self._newest[manifest.series] = fresh
        self._clock.learn(manifest.as_of_ms)

    def remember(self) -> None:
        """What is in force now must never go back. Raises JournalError."""
        self._store.remember(self._newest)

    def reopen(self) -> None:
        """A list key is not trusted any more. What is in force stays until the centre sends a list
        that another key signed, of whatever version; it forbids nothing. Raises JournalError."""
        self._newest, self._told = {}, None
        self._reopened = set(self.manifests())
        self.remember()

    def _binding(self) -> dict[str, Manifest]:
        """Of the lists in force whose signer is still trusted."""
        held = self.manifests()
        return {series: held[series] for series in held if series not in self._reopened}

    def codes(self) -> "CodesInForce":
        """Made when the first list of codes is there: most gates have none."""
        if self._codes is None:
            from gate_agent.lists.codes_in_force import CodesInForce

            self._codes = CodesInForce(self._store)
        return self._codes

    def forget(self, series: str) -> None:
        """What has arrived of a body is of no use."""
        if self._codes is not None:
            self._codes.forget(series)

    def manifests(self) -> dict[str, Manifest]:
        """Of every list in force, by series."""
        tables = {} if self._codes is None else self._codes.tables
        found = {series: listed.manifest for series, listed in self.serials.items()}
        return found | {series: table.manifest for series, table in tables.items()}

    def ticket(self, code: bytes) -> Ticket | None:
        """The ticket that an opaque code stands for, if a list knows it."""
        if self._codes is None:
            return None
        try:
            return self._codes.find(code)
        except WireError as error:
            self._health.fault(FAULT, str(error))
            return None

    def listing(self, ticket: Ticket) -> Listing | None:
        """What the ticket's list says of it; None without that list."""
        listed = self.serials.get(ticket.series)
        if listed is not None:
            return listing_of(listed, ticket.serial)
        table = None if self._codes is None else self._codes.tables.get(ticket.series)
        try:
            return None if table is None else table.listing(ticket)
        except WireError as error:
            self._health.fault(FAULT, str(error))
            return None

    def version(self, series: str = MAIN_SERIES) -> int:
        """Version of the list in force, 0 for none, or for one whose signer is not trusted now."""
        return next((version for name, version, _ in self.in_force() if name == series), 0)

    def in_force(self) -> tuple[tuple[str, int, int], ...]:
        """Series, version and as-of time of every list in force."""
        if self._told is None:
            self._told = tuple(
                (series, listed.version, listed.as_of_ms)
                for series, listed in sorted(self._binding().items())
            )
        return self._told

    # --- what may follow -----------------------------------------------------------------------

    def has(self, manifest: Manifest) -> bool:
        """Whether the very list in force is offered, perhaps by another way."""
        held = self._binding().get(manifest.series)
        return held is not None and (held.version, held.as_of_ms, held.result) == (
            manifest.version,
            manifest.as_of_ms,
            manifest.result,
        )

    def check_order(self, manifest: Manifest) -> None:
        """Against what is in force, and against what was in force before its file was damaged.
        Raises WireError."""
        listed = self._binding().get(manifest.series)
        newest = self._newest.get(manifest.series)
        if listed is not None:
            refuse_older(listed, manifest)
        elif newest is not None and (
            manifest.kind is not newest.kind
            or manifest.version < newest.version
            or manifest.as_of_ms < newest.as_of_ms
        ):
            raise WireError("a list that is older than one that was in force")
        if newest is None and len(self._newest) >= MAX_SERIES:
            raise WireError("more list series than a gate keeps")
