"""The lists in force: what they say of a ticket, what may follow on them, and what follows."""

from typing import TYPE_CHECKING, Protocol, TypeVar

from gate_agent.health import Health
from gate_agent.lists.list_files import ListFiles, Newest
from gate_agent.ports import Clock
from gate_agent.trust.in_force import HeldVersions, Trust
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.listing import Listing, listing_of
from gate_agent.validator.lists.manifest import ListKind, Manifest, refuse_older
from gate_agent.validator.lists.ticket_list import TicketList, open_body
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
    """Lists of serials, and lists of codes if the gate has any. The newest version that was ever
    in force is stored apart from the lists, so that a damaged file opens no way for an older
    one."""

    def __init__(self, trust: Trust, files: ListFiles, clock: Clock, health: Health) -> None:
        self._trust = trust
        self._files = files
        self._clock = clock
        self._health = health
        self._serials: dict[str, TicketList] = {}
        self._codes: CodesInForce | None = None
        self._newest: dict[str, Newest] = {}
        self._reopened: set[str] = set()
        self._in_force: tuple[tuple[str, int, int], ...] | None = None

    def load(self) -> None:
        """Put the lists on disk in force that are whole; show in the faults if one is not."""
        try:
            self._newest = self._files.versions()
        except WireError as error:
            self._health.fault(FAULT, str(error))
        for series, kind in self._files.series()[:MAX_SERIES]:
            try:
                if kind is ListKind.SERIALS:
                    self._serials[series] = self._in_order(
                        self._files.load(series, self._trust.ring)
                    )
                else:
                    codes = self._code_lists()
                    codes.put(self._in_order(codes.load(series, self._trust.ring)))
            except WireError as error:
                self._health.fault(FAULT, str(error))
            else:
                self._enter(self._manifests()[series])

    def _in_order(self, listed: _Listed) -> _Listed:
        """Return the list. Raises WireError if an older one was put back on the card."""
        manifest = listed.manifest
        newest = self._newest.get(manifest.series)
        if newest is not None and manifest.version < newest.version:
            raise WireError(f"list {manifest.series} is older than one that was in force")
        return listed

    def _enter(self, manifest: Manifest) -> None:
        """Note that this list is in force now."""
        self._in_force = None
        self._reopened.discard(manifest.series)
        before = self._newest.get(manifest.series)
        if before is None or before.version < manifest.version:
            fresh = Newest(manifest.kind, manifest.version, manifest.as_of_ms)
            self._newest[manifest.series] = fresh
        self._clock.raise_lower_bound(manifest.as_of_ms)

    def reopen(self) -> None:
        """Let any version follow: a key that signed lists is not trusted any more. What is in force
        stays until the centre sends a list that another key signed. Raises JournalError."""
        self._newest, self._in_force = {}, None
        self._reopened = set(self._manifests())
        self._files.store_versions(self._newest)

    def _binding(self) -> dict[str, Manifest]:
        """Return the manifests of lists in force whose signer is still trusted."""
        manifests = self._manifests()
        return {series: manifests[series] for series in manifests if series not in self._reopened}

    def _code_lists(self) -> "CodesInForce":
        """Return the lists of codes, made when the first one is there: most gates have none."""
        if self._codes is None:
            from gate_agent.lists.codes_in_force import CodesInForce

            self._codes = CodesInForce(self._files)
        return self._codes

    def _manifests(self) -> dict[str, Manifest]:
        """Return the manifest of every list in force, by series."""
        tables = {} if self._codes is None else self._codes.tables
        serials = {series: listed.manifest for series, listed in self._serials.items()}
        return serials | {series: table.manifest for series, table in tables.items()}

    # --- what they say ---------------------------------------------------------------------------

    def find_ticket(self, code: bytes) -> Ticket | None:
        """Return the ticket that an opaque code stands for; None if no list has it."""
        if self._codes is None:
            return None
        try:
            return self._codes.find(code)
        except WireError as error:
            self._health.fault(FAULT, str(error))
            return None

    def listing(self, ticket: Ticket) -> Listing | None:
        """Return what the ticket's list says of it; None without that list."""
        listed = self._serials.get(ticket.series)
        if listed is not None:
            return listing_of(listed, ticket.serial)
        table = None if self._codes is None else self._codes.tables.get(ticket.series)
        try:
            return None if table is None else table.listing(ticket)
        except WireError as error:
            self._health.fault(FAULT, str(error))
            return None

    def version(self, series: str = MAIN_SERIES) -> int:
        """Return the version in force, 0 for none, or for one whose signer is not trusted now."""
        return next((version for name, version, _ in self.in_force() if name == series), 0)

    def in_force(self) -> tuple[tuple[str, int, int], ...]:
        """Return series, version and as-of time (ms) of every list in force, by series."""
        if self._in_force is None:
            self._in_force = tuple(
                (series, listed.version, listed.as_of_ms)
                for series, listed in sorted(self._binding().items())
            )
        return self._in_force

    def held(self) -> HeldVersions:
        """Return version and as-of time (ms) of each list in force, by series."""
        return {series: (version, as_of_ms) for series, version, as_of_ms in self.in_force()}

    # --- what may follow, and what follows -------------------------------------------------------

    def has(self, manifest: Manifest) -> bool:
        """Return whether this very list is in force, perhaps by another body."""
        listed = self._binding().get(manifest.series)
        return listed is not None and (listed.version, listed.as_of_ms, listed.result) == (
            manifest.version,
            manifest.as_of_ms,
            manifest.result,
        )

    def check_order(self, manifest: Manifest) -> None:
        """Raise WireError for a list that may not follow: it is older than what is in force, or
        than what was in force before its file was damaged; or the gate has too many series."""
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

    def put_serials(self, manifest: Manifest, sealed: bytes, body: bytes) -> None:
        """Put a list of serials in force that has arrived whole: check, then disk, then in force.
        Raises WireError for a body that is not what `manifest` names, JournalError."""
        fresh = open_body(manifest, body, self._serials.get(manifest.series))
        self._files.save(sealed, fresh)
        self._serials[manifest.series] = fresh
        self._enter(manifest)
        self._files.store_versions(self._newest)

    def check_codes(self, manifest: Manifest, sealed: bytes, offset: int, data: bytes) -> None:
        """Read bytes of a body of codes, which are stored already. Raises WireError as soon as
        they can belong to no list."""
        self._code_lists().feed(manifest, sealed, offset, data)

    def put_codes(self, manifest: Manifest, sealed: bytes) -> None:
        """Put a list of codes in force of which every byte was read: check, then disk, then in
        force. Raises WireError, JournalError."""
        self._code_lists().complete(manifest, sealed, self._trust.ring)
        self._enter(manifest)
        self._files.store_versions(self._newest)

    def forget_body(self, series: str) -> None:
        """Drop what was read of a body that is on its way: it is of no use."""
        if self._codes is not None:
            self._codes.forget(series)
