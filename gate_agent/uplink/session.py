"""The gate's side of the conversation with the centre: says what `sync` wants, and hears messages.
Part of the actor; runs on its thread."""

import logging
from collections.abc import Callable

from gate_agent import __version__
from gate_agent.deadlines import earliest
from gate_agent.events import Answered
from gate_agent.health import Health
from gate_agent.journal.journal import Journal
from gate_agent.journal.remote_history import RemoteHistory
from gate_agent.lists.downloads import ListDownloads
from gate_agent.lists.list_files import ListFiles
from gate_agent.ports import Clock, Link
from gate_agent.trust.in_force import HeldVersions, Trust
from gate_agent.trust.key_renewal import KeyRenewal
from gate_agent.uplink import outbox
from gate_agent.uplink.outbox import Acknowledged, OutboxEffect, SendRecords
from gate_agent.uplink.station import CLAIM_MS, StationLink
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.envelopes import (
    Ack,
    Batch,
    Birth,
    Chunk,
    GateState,
    ListOffer,
    Message,
    decode,
    encode,
    topic_of,
)
from gate_agent.validator.messages.notes import is_note
from gate_agent.validator.messages.renewal import Renewed, RenewOrder
from gate_agent.validator.messages.trust_messages import BeaconMessage, KeysOffer, RulesOffer
from gate_agent.validator.trust.keys import KeyUse, PublicKey

STATE_EVERY_MS = 60_000
_log = logging.getLogger(__name__)


class Uplink:
    """`shelf`: the lists in force, and those on their way. `trust`: keys and rules.
    `neighbours`: the other gates, whom this one hears and asks through the centre."""

    def __init__(
        self,
        park: str,
        gate: str,
        own: KeyRenewal,
        journal: Journal,
        lists: ListFiles,
        trust: Trust,
        clock: Clock,
        link: Link,
        health: Health,
        claim_ms: int = CLAIM_MS,
    ) -> None:
        self._park, self._gate = park, gate
        self._own, self._journal = own, journal
        self.trust = trust
        self._clock = clock
        self._link = link
        self._health = health
        self._sync = outbox.OutboxState(acked=journal.acked, sent=journal.acked)
        self._state_ms: int | None = None
        self.neighbours = StationLink(
            park,
            gate,
            own.identity.link,
            journal.journal_id,
            RemoteHistory(journal.db, journal.zone),
            clock,
            link,
            health,
            claim_ms,
        )
        self.shelf = ListDownloads(trust, lists, clock, health, self._say, self.report_soon)
        trust.reopen = self.shelf.reopen

    def load(self) -> None:
        """Puts what is on disk in force, as far as it is whole."""
        self.trust.load()
        self.shelf.load()

    @property
    def list_version(self) -> int:
        """Version of the park's own list in force, 0 for none."""
        return self.shelf.version()

    @property
    def linked(self) -> bool:
        """Whether the broker can be reached."""
        return self._sync.linked

    @property
    def waiting(self) -> int:
        """Records that the centre has not acknowledged."""
        return self._journal.head - self._sync.acked

    @property
    def public(self) -> bytes:
        """This gate's own key."""
        return self._own.identity.public

    @property
    def in_flight(self) -> int:
        """Records sent on this connection and not acknowledged."""
        return max(0, self._sync.sent - self._sync.acked)

    def link_up(self) -> None:
        """Introduce this gate, then send what is waiting."""
        self._say(
            Birth(
                journal_id=self._journal.journal_id,
                boot=self._clock.now().boot,
                software=__version__,
                mark=self._sync.acked,
                head=self._journal.head,
                lists=tuple((series, version) for series, version, _ in self.shelf.in_force()),
                rules_version=self.trust.rules.version,
                keys_version=self.trust.keys_version,
            )
        )
        self._state_ms = self._now_ms()
        self.shelf.link_up()
        self.neighbours.link_up()
        self._take(outbox.link_up(self._sync, self._journal.head, self._now_ms()))

    def link_down(self) -> None:
        """Nothing more can be said for now."""
        self._state_ms = None
        self.shelf.link_down()
        self.neighbours.link_down()
        self._sync = outbox.link_down(self._sync)

    def recorded(self) -> None:
        """The journal has new records."""
        self._take(outbox.recorded(self._sync, self._journal.head, self._now_ms()))

    def received(self, topic: str, payload: bytes) -> Answered | None:
        """A message: counted and dropped unless the centre signed it and it fits. Gives the answer
        to a claim. Raises JournalError if what follows from it cannot be made durable."""
        if is_note(topic):
            return self.neighbours.received(topic, payload)
        try:
            message = decode(topic, payload, self._find_key)
            self._hear(topic, message)
        except WireError as error:
            self._health.count("message refused")
            _log.warning("message refused: %s", error)
        return None

    def _find_key(self, use: KeyUse, name: bytes, gate: str) -> PublicKey | None:
        if use is not KeyUse.CENTRE or gate != self._gate:
            return None
        return self.trust.ring.find(use, name)

    def _hear(self, topic: str, message: Message) -> None:
        if topic != topic_of(self._park, self._gate, type(message)):
            raise WireError("a message for a gate of another park")
        now_ms = self._now_ms()
        if isinstance(message, Ack):
            if message.journal_id != self._journal.journal_id:
                raise WireError("an acknowledgement for another journal")
            self._take(outbox.acknowledged(self._sync, message, self._journal.head, now_ms))
        elif isinstance(message, ListOffer):
            self.shelf.offered(message)
        elif isinstance(message, Chunk):
            self.shelf.chunk(message)
        elif isinstance(message, RenewOrder | Renewed):
            self._renew(message)
        elif isinstance(message, RulesOffer | BeaconMessage | KeysOffer):
            # What becomes of a list that is on its way is told then, if a beacon names it now.
            silent = isinstance(message, BeaconMessage) and self.shelf.fetching
            if self.trust.hear(message, self.held()) and not silent:
                self.report_soon()

    def _renew(self, message: RenewOrder | Renewed) -> None:
        before, answer = self._own.identity, self._own.hear(message)
        if answer is not None:
            self._say(answer)
        if (me := self._own.identity) is not before:
            # The connection goes on; what is signed with the new key tells the centre.
            self.neighbours.rekey(me.link)
            self._link.rekey(me.certificate, me.private)
            self.report_soon()

    def held(self) -> HeldVersions:
        """Version and as-of time of each list in force."""
        return {series: (version, at) for series, version, at in self.shelf.in_force()}

    def tick(self, lanes: Callable[[], tuple[tuple[int, str, str], ...]]) -> None:
        """Do what is due. `lanes` gives number, mode and phase of each, for the state message."""
        now_ms = self._now_ms()
        self._take(outbox.time_passed(self._sync, self._journal.head, now_ms))
        self.shelf.tick()
        self.trust.tick()
        self.neighbours.tick()
        if self._state_ms is not None and now_ms >= self._state_ms:
            self._state_ms = now_ms + STATE_EVERY_MS
            now = self._clock.now()
            faults = (f"{device}: {text}"[:200] for device, text in self._health.faults.items())
            self._say(
                GateState(
                    boot=now.boot,
                    wall_ms=now.wall_ms,
                    clock=now.state.value,
                    waiting=self.waiting,
                    lists=self.shelf.in_force(),
                    lanes=lanes(),
                    faults=tuple(faults),
                    rules_version=self.trust.rules.version,
                    mono_ms=now.mono_ms,
                    vouched_ms=self.trust.vouched_ms(self.held()),
                    freshness=self.trust.freshness(self.held()).value,
                    keys_version=self.trust.keys_version,
                )
            )
            self._journal.keep_mark()

    def report_soon(self) -> None:
        """Something worth telling has changed: send the state at the next tick."""
        if self._state_ms is not None:
            self._state_ms = self._now_ms()

    def deadline_ms(self) -> int | None:
        """When `tick` is due, in monotonic milliseconds."""
        return earliest(
            outbox.deadline_ms(self._sync), self._state_ms, self.shelf.deadline_ms(),
            self.trust.deadline_ms, self.neighbours.deadline_ms(),
        )  # fmt: skip

    def _now_ms(self) -> int:
        return self._clock.now().mono_ms

    def _take(self, result: outbox.Result) -> None:
        self._sync, effects = result
        for effect in effects:
            self._perform(effect)

    def _perform(self, effect: OutboxEffect) -> None:
        match effect:
            case SendRecords(first, count):
                self._send_records(first, count)
            case Acknowledged(mark):
                self._journal.acknowledge(mark, self._clock.bound.signed_ms)

    def _send_records(self, first: int, count: int) -> None:
        before, records = self._journal.records(first, count)
        while records:
            self._say(Batch(self._journal.journal_id, first, before, records))
            first, count = first + len(records), count - len(records)
            if count == 0:
                return
            before, records = self._journal.records(first, count)
        self._health.fault("outbox", f"record {first} is wanted, but gone or damaged")

    def _say(self, message: Message) -> None:
        topic, me = topic_of(self._park, self._gate, type(message)), self._own.identity
        try:
            payload = encode(topic, message, me.key_id, me.sign)
        except WireError as error:
            self._health.fault("outbox", str(error))
            return
        self._link.publish(topic, payload)
