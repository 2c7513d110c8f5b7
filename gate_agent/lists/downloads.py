"""The lists on their way from the centre. Part of the actor; runs on its thread."""

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
from gate_agent.validator.lists.manifest import ListKind, Manifest, open_manifest
from gate_agent.validator.messages.envelopes import Chunk, ListOffer, Message

SPOILT = "changes to another list"
"""Counter of the health: what came did not make the list that its manifest names."""


class ListDownloads:
    """Fetches bodies into `files`; what has arrived whole goes to `lists`. `send` sends a message
    to the centre."""

    def __init__(
        self,
        trust: Trust,
        lists: ListsInForce,
        files: ListFiles,
        clock: Clock,
        health: Health,
        send: Callable[[Message], None],
    ) -> None:
        self._trust = trust
        self._lists = lists
        self._files = files
        self._clock = clock
        self._health = health
        self._send = send
        self._fetch = fetch.FetchState()

    def resume(self) -> None:
        """Resume the bodies on disk that had begun to arrive; the lists in force must be loaded."""
        try:
            for manifest, sealed, size in list(self._files.parts(self._trust.ring)):
                if self._may_follow(manifest):
                    self._fetch = fetch.resumed(self._fetch, manifest, sealed, size)
                else:
                    self._files.drop_part(manifest.series)
        except JournalError as error:
            self._health.fault(FAULT, str(error))

    def _may_follow(self, manifest: Manifest) -> bool:
        try:
            self._lists.check_order(manifest)
        except WireError:
            return False
        return fetch.fits(manifest, self._lists.version(manifest.series))

    @property
    def fetching(self) -> bool:
        """Whether a list is on its way."""
        return bool(self._fetch.bodies)

    def reopen(self) -> None:
        """Start anew: a key that signed lists is not trusted any more, and nothing that it signed
        forbids what comes now."""
        self._fetch = replace(self._fetch, bodies={})
        try:
            self._lists.reopen()
        except JournalError as error:
            self._health.fault(FAULT, str(error))

    def link_up(self) -> None:
        """Ask on for the bodies that were cut off."""
        self._apply(fetch.link_up(self._fetch, self._now_ms()))

    def link_down(self) -> None:
        """Ask for nothing until the link is up again."""
        self._fetch = fetch.link_down(self._fetch)

    def tick(self) -> None:
        """Ask again for what did not come."""
        self._apply(fetch.time_passed(self._fetch, self._now_ms()))

    def deadline_ms(self) -> int | None:
        """Return when `tick` is due, in monotonic milliseconds; None for never."""
        return fetch.deadline_ms(self._fetch)

    def receive_offer(self, offer: ListOffer) -> None:
        """Fetch an offered list, unless it is in force. Raises WireError for one that nobody
        trusted signed, or that may not follow."""
        manifest = open_manifest(offer.manifest, self._trust.ring)
        if self._lists.has(manifest):
            return
        self._lists.check_order(manifest)
        have, now_ms = self._lists.version(manifest.series), self._now_ms()
        self._apply(
            fetch.offered(self._fetch, manifest, offer.manifest, offer.instead, have, now_ms)
        )

    def receive_chunk(self, chunk: Chunk) -> bool:
        """Store the next bytes of a body; return whether a list has come into force with them.
        Raises WireError if they complete a body that is not what it should be."""
        return self._apply(fetch.chunk_arrived(self._fetch, chunk, self._now_ms()))

    def _now_ms(self) -> int:
        return self._clock.now().mono_ms

    def _apply(self, result: fetch.Result) -> bool:
        before = self._fetch.bodies
        self._fetch, effects = result
        in_force = False
        for effect in effects:
            in_force = self._perform(effect, before) or in_force
        return in_force

    def _perform(self, effect: FetchEffect, before: Mapping[str, fetch.Fetch]) -> bool:
        match effect:
            case SendMessage(message):
                self._send(message)
                return False
            case StoreChunk(series):
                return self._store(effect, before[series])

    def _store(self, chunk: StoreChunk, body: fetch.Fetch) -> bool:
        """Check everything before anything is raised; then disk; then in force."""
        try:
            if body.manifest.kind is ListKind.CODES:
                return self._store_codes(chunk, body)
            if chunk.whole:
                return self._complete_serials(chunk, body)
            self._files.grow(chunk.series, body.sealed, chunk.offset, chunk.data)
        except JournalError as error:
            self._give_up(chunk.series)
            self._health.fault(FAULT, str(error))
        except WireError:
            self._give_up(chunk.series)
            self._drop_part(chunk.series)
            if body.manifest.base:
                self._health.count(SPOILT)
            self._apply(fetch.spoilt(self._fetch, body.manifest, self._now_ms()))
            raise
        return False

    def _complete_serials(self, chunk: StoreChunk, body: fetch.Fetch) -> bool:
        self._lists.check_order(body.manifest)
        data = chunk.data
        if chunk.offset:
            self._files.grow(chunk.series, body.sealed, chunk.offset, chunk.data)
            data = self._files.body(chunk.series)
        self._lists.put_serials(body.manifest, body.sealed, data)
        return self._taken(body.manifest, part=chunk.offset > 0)

    def _store_codes(self, chunk: StoreChunk, body: fetch.Fetch) -> bool:
        self._files.grow(chunk.series, body.sealed, chunk.offset, chunk.data)
        self._lists.check_codes(body.manifest, body.sealed, chunk.offset, chunk.data)
        if not chunk.whole:
            return False
        self._lists.check_order(body.manifest)
        self._lists.put_codes(body.manifest, body.sealed)
        return self._taken(body.manifest, part=body.manifest.base > 0)

    def _taken(self, manifest: Manifest, *, part: bool) -> bool:
        """Clear up after a list that has come into force. `part`: its body lies on disk."""
        if part:
            self._drop_part(manifest.series)
        self._health.recover(FAULT)
        self._health.count("list taken")
        return True

    def _give_up(self, series: str) -> None:
        self._fetch = fetch.given_up(self._fetch, series)
        self._lists.forget_body(series)

    def _drop_part(self, series: str) -> None:
        try:
            self._files.drop_part(series)
        except JournalError as error:
            self._health.fault(FAULT, str(error))
