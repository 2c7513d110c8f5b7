"""The lists: those in force, and those on their way. Part of the actor; runs on its thread."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from gate_agent.errors import JournalError
from gate_agent.health import Health
from gate_agent.lists import fetch
from gate_agent.lists.fetch import FetchEffect, SendMessage, StoreChunk
from gate_agent.lists.in_force import FAULT, ListsInForce
from gate_agent.lists.list_files import ListFiles
from gate_agent.ports import Clock
from gate_agent.trust.in_force import Trust
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.listing import Listing
from gate_agent.validator.lists.manifest import ListKind, Manifest, open_manifest
from gate_agent.validator.lists.ticket_list import open_body
from gate_agent.validator.messages.envelopes import Chunk, ListOffer, Message
from gate_agent.validator.tickets.series import MAIN_SERIES
from gate_agent.validator.tickets.ticket import Ticket

SPOILT = "changes to another list"
"""Counter of the health: what came did not make the list that its manifest names."""


class ListDownloads:
    """`say` sends a message to the centre; `taken` is called when a list has come into force."""

    def __init__(
        self,
        trust: Trust,
        store: ListFiles,
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
        self._lists = ListsInForce(trust, store, clock, health)
        self._pulls = fetch.FetchState()

    def load(self) -> None:
        """Puts the lists on disk in force that are whole, and goes on with what was on its way."""
        self._lists.load()
        try:
            for manifest, sealed, got in list(self._store.parts(self._trust.ring)):
                self._resume(manifest, sealed, got)
        except JournalError as error:
            self._health.fault(FAULT, str(error))

    def _resume(self, manifest: Manifest, sealed: bytes, got: int) -> None:
        if self._may_follow(manifest):
            self._pulls = fetch.resumed(self._pulls, manifest, sealed, got)
        else:
            self._store.drop_part(manifest.series)

    def _may_follow(self, manifest: Manifest) -> bool:
        try:
            self._lists.check_order(manifest)
        except WireError:
            return False
        return fetch.fits(manifest, self.version(manifest.series))

    def ticket(self, code: bytes) -> Ticket | None:
        """The ticket that an opaque code stands for, if a list knows it."""
        return self._lists.ticket(code)

    def listing(self, ticket: Ticket) -> Listing | None:
        """What the ticket's list says of it; None without that list."""
        return self._lists.listing(ticket)

    def version(self, series: str = MAIN_SERIES) -> int:
        """Version of the list in force, 0 for none."""
        return self._lists.version(series)

    def in_force(self) -> tuple[tuple[str, int, int], ...]:
        """Series, version and as-of time of every list in force."""
        return self._lists.in_force()

    @property
    def ground(self) -> tuple[object, ...]:
        """What tickets are judged by now: the lists in force, the versions of rules and keys."""
        return self.in_force(), self._trust.rules.version, self._trust.keys_version

    @property
    def fetching(self) -> bool:
        """Whether a list is on its way."""
        return bool(self._pulls.pulls)

    def reopen(self) -> None:
        """A list key is not trusted any more: nothing that it signed forbids what comes now."""
        self._pulls = replace(self._pulls, pulls={})
        try:
            self._lists.reopen()
        except JournalError as error:
            self._health.fault(FAULT, str(error))

    # --- fetching ------------------------------------------------------------------------------

    def link_up(self) -> None:
        """Go on with what was cut off."""
        self._take(fetch.link_up(self._pulls, self._now_ms()))

    def link_down(self) -> None:
        """Nothing can be asked for."""
        self._pulls = fetch.link_down(self._pulls)

    def tick(self) -> None:
        """Ask again for what did not come."""
        self._take(fetch.time_passed(self._pulls, self._now_ms()))

    def deadline_ms(self) -> int | None:
        """When `tick` is due."""
        return fetch.deadline_ms(self._pulls)

    def offered(self, offer: ListOffer) -> None:
        """Raises WireError for a list that nobody trusted signed, or that may not follow."""
        manifest = open_manifest(offer.manifest, self._trust.ring)
        if self._lists.has(manifest):
            return
        self._lists.check_order(manifest)
        have, now_ms = self.version(manifest.series), self._now_ms()
        self._take(
            fetch.offered(self._pulls, manifest, offer.manifest, offer.instead, have, now_ms)
        )

    def chunk(self, chunk: Chunk) -> None:
        """Raises WireError if it completes a body that is not what it should be."""
        self._take(fetch.chunk_arrived(self._pulls, chunk, self._now_ms()))

    def _now_ms(self) -> int:
        return self._clock.now().mono_ms

    def _take(self, result: fetch.Result) -> None:
        before = self._pulls.pulls
        self._pulls, effects = result
        for effect in effects:
            self._perform(effect, before)

    def _perform(self, effect: FetchEffect, before: Mapping[str, fetch.Fetch]) -> None:
        match effect:
            case SendMessage(message):
                self._say(message)
            case StoreChunk(series):
                self._keep(effect, before[series])

    def _keep(self, keep: StoreChunk, of: fetch.Fetch) -> None:
        """Every check before anything is raised; then disk; then in force."""
        try:
            if of.manifest.kind is ListKind.CODES:
                self._keep_codes(keep, of)
            elif keep.whole:
                self._complete(keep, of)
            else:
                self._store.grow(keep.series, of.sealed, keep.offset, keep.data)
        except JournalError as error:
            self._give_up(keep.series)
            self._health.fault(FAULT, str(error))
        except WireError:
            self._give_up(keep.series)
            self._forget_part(keep.series)
            if of.manifest.base:
                self._health.count(SPOILT)
            self._take(fetch.spoilt(self._pulls, of.manifest, self._now_ms()))
            raise

    def _complete(self, keep: StoreChunk, of: fetch.Fetch) -> None:
        self._lists.check_order(of.manifest)
        body = keep.data
        if keep.offset:
            self._store.grow(keep.series, of.sealed, keep.offset, keep.data)
            body = self._store.body(keep.series)
        fresh = open_body(of.manifest, body, self._lists.serials.get(keep.series))
        self._store.save(of.sealed, fresh)
        self._lists.serials[keep.series] = fresh
        self._taken_in(of.manifest, part=keep.offset > 0)

    def _keep_codes(self, keep: StoreChunk, of: fetch.Fetch) -> None:
        codes = self._lists.codes()
        self._store.grow(keep.series, of.sealed, keep.offset, keep.data)
        codes.piece(of.manifest, of.sealed, keep.offset, keep.data)
        if keep.whole:
            self._lists.check_order(of.manifest)
            codes.complete(of.manifest, of.sealed, self._trust.ring)
            self._taken_in(of.manifest, part=of.manifest.base > 0)

    def _taken_in(self, manifest: Manifest, *, part: bool) -> None:
        self._lists.note(manifest)
        self._lists.remember()
        if part:
            self._forget_part(manifest.series)
        self._health.recover(FAULT)
        self._health.count("list taken")
        self._taken()

    def _give_up(self, series: str) -> None:
        self._pulls = fetch.given_up(self._pulls, series)
        self._lists.forget(series)

    def _forget_part(self, series: str) -> None:
        try:
            self._store.drop_part(series)
        except JournalError as error:
            self._health.fault(FAULT, str(error))
