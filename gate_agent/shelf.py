"""The lists: those in force, and those on their way. Part of the actor; runs on its thread."""

import logging
from collections.abc import Callable, Mapping

from gate_agent import pull
from gate_agent.errors import JournalError
from gate_agent.events import Keep, PullEffect, Send
from gate_agent.health import Health
from gate_agent.list_store import ListStore, Newest
from gate_agent.ports import Clock
from gate_agent.trust import Trust
from gate_agent.validator.errors import WireError
from gate_agent.validator.listing import Listing, listing_of
from gate_agent.validator.manifest import (
    MAIN_SERIES,
    ListKind,
    Manifest,
    open_manifest,
    refuse_older,
)
from gate_agent.validator.messages import MAX_SERIES, Chunk, ListOffer, Message
from gate_agent.validator.ticket import Ticket
from gate_agent.validator.ticket_list import TicketList, open_body

_FAULT = "ticket list"
_log = logging.getLogger(__name__)


class Shelf:
    """`say` sends a message to the centre; `taken` is called when a list has come into force."""

    def __init__(
        self,
        trust: Trust,
        store: ListStore,
        clock: Clock,
        health: Health,
        say: Callable[[Message], None],
        taken: Callable[[], None],
    ) -> None:
        self._trust = trust
        self._store = store
        self._clock = clock
        self._health = health
        self._say = say
        self._taken = taken
        self._lists: dict[str, TicketList] = {}
        self._newest: dict[str, Newest] = {}
        self._pulls = pull.PullState()

    def load(self) -> None:
        """Puts the lists on disk in force that are whole; says so in the faults if one is not."""
        try:
            self._newest = self._store.versions()
        except WireError as error:
            self._health.fault(_FAULT, str(error))
        for series in self._store.series()[:MAX_SERIES]:
            try:
                found = self._store.load(series, self._trust.ring)
            except WireError as error:
                self._health.fault(_FAULT, str(error))
            else:
                if found is not None:
                    self._put(found)
        try:
            for manifest, sealed, got in list(self._store.parts(self._trust.ring)):
                self._resume(manifest, sealed, got)
        except JournalError as error:
            self._health.fault(_FAULT, str(error))

    def _resume(self, manifest: Manifest, sealed: bytes, got: int) -> None:
        try:
            self._check_order(manifest)
        except WireError:
            self._store.drop_part(manifest.series)
        else:
            self._pulls = pull.resumed(self._pulls, manifest, sealed, got)

    def _put(self, listed: TicketList) -> None:
        manifest = listed.manifest
        self._lists[manifest.series] = listed
        before = self._newest.get(manifest.series)
        if before is None or before.version < manifest.version:
            fresh = Newest(manifest.kind, manifest.version, manifest.as_of_ms)
            self._newest[manifest.series] = fresh
        self._clock.learn(manifest.as_of_ms)

    # --- what the lists say --------------------------------------------------------------------

    def listing(self, ticket: Ticket) -> Listing | None:
        """What the ticket's list says of it; None without that list."""
        listed = self._lists.get(ticket.series)
        return None if listed is None else listing_of(listed, ticket.serial)

    def version(self, series: str = MAIN_SERIES) -> int:
        """Version of the list in force, 0 for none."""
        listed = self._lists.get(series)
        return 0 if listed is None else listed.manifest.version

    def in_force(self) -> tuple[tuple[str, int, int], ...]:
        """Series, version and as-of time of every list in force."""
        return tuple(
            (series, listed.manifest.version, listed.manifest.as_of_ms)
            for series, listed in sorted(self._lists.items())
        )

    # --- fetching ------------------------------------------------------------------------------

    def link_up(self) -> None:
        """Go on with what was cut off."""
        self._take(pull.link_up(self._pulls, self._now_ms()))

    def link_down(self) -> None:
        """Nothing can be asked for."""
        self._pulls = pull.link_down(self._pulls)

    def tick(self) -> None:
        """Ask again for what did not come."""
        self._take(pull.time_passed(self._pulls, self._now_ms()))

    def deadline_ms(self) -> int | None:
        """When `tick` is due."""
        return pull.deadline_ms(self._pulls)

    def offered(self, offer: ListOffer) -> None:
        """Raises WireError for a list that nobody trusted signed, or that may not follow."""
        manifest = open_manifest(offer.manifest, self._trust.ring)
        listed = self._lists.get(manifest.series)
        newest = self._newest.get(manifest.series)
        if listed is not None and _is_same(listed.manifest, manifest):
            return
        self._check_order(manifest)
        if newest is None and len(self._newest) >= MAX_SERIES:
            raise WireError("more list series than a gate keeps")
        have, now_ms = self.version(manifest.series), self._now_ms()
        self._take(pull.offered(self._pulls, manifest, offer.manifest, offer.instead, have, now_ms))

    def chunk(self, chunk: Chunk) -> None:
        """Raises WireError if it completes a body that is not what it should be."""
        self._take(pull.chunk_arrived(self._pulls, chunk, self._now_ms()))

    def _check_order(self, manifest: Manifest) -> None:
        """Against what is in force, and against what was in force before its file was damaged."""
        listed = self._lists.get(manifest.series)
        newest = self._newest.get(manifest.series)
        if listed is not None:
            refuse_older(listed.manifest, manifest)
        elif newest is not None and (
            manifest.kind is not newest.kind
            or manifest.version < newest.version
            or manifest.as_of_ms < newest.as_of_ms
        ):
            raise WireError("a list that is older than one that was in force")

    def _now_ms(self) -> int:
        return self._clock.now().mono_ms

    def _take(self, result: pull.Result) -> None:
        before = self._pulls.pulls
        self._pulls, effects = result
        for effect in effects:
            self._perform(effect, before)

    def _perform(self, effect: PullEffect, before: Mapping[str, pull.Pull]) -> None:
        match effect:
            case Send(message):
                self._say(message)
            case Keep(series):
                self._keep(effect, before[series])

    def _keep(self, keep: Keep, of: pull.Pull) -> None:
        """Every check before anything is raised; then disk; then in force."""
        series = keep.series
        try:
            if not keep.whole:
                self._store.grow(series, of.sealed, keep.offset, keep.data)
                return
            self._complete(keep, of)
        except JournalError as error:
            self._pulls = pull.given_up(self._pulls, series)
            self._health.fault(_FAULT, str(error))
        except WireError:
            self._forget_part(series)
            raise

    def _complete(self, keep: Keep, of: pull.Pull) -> None:
        series, manifest = keep.series, of.manifest
        self._check_order(manifest)
        body = keep.data
        if keep.offset:
            self._store.grow(series, of.sealed, keep.offset, keep.data)
            body = self._store.body(series)
        if manifest.kind is not ListKind.SERIALS:
            raise WireError("a list of another kind")
        fresh = open_body(manifest, body, self._lists.get(series))
        self._store.save(of.sealed, fresh)
        self._put(fresh)
        self._store.remember(self._newest)
        if keep.offset:
            self._forget_part(series)
        self._health.recover(_FAULT)
        self._health.count("list taken")
        self._taken()

    def _forget_part(self, series: str) -> None:
        try:
            self._store.drop_part(series)
        except JournalError as error:
            self._health.fault(_FAULT, str(error))


def _is_same(held: Manifest, offered: Manifest) -> bool:
    """Whether both lead to one list, if by different ways."""
    return (held.version, held.as_of_ms, held.result) == (
        offered.version,
        offered.as_of_ms,
        offered.result,
    )
