"""The gate's side of the conversation with the centre: sends what the outbox wants, and hands each
message to the part that it is for. Part of the actor; runs on its thread."""

import logging
from collections.abc import Callable

from gate_agent import __version__
from gate_agent.deadlines import next_deadline
from gate_agent.effects import AskCentre
from gate_agent.events import Answered
from gate_agent.health import Health
from gate_agent.journal.journal import Journal
from gate_agent.lane.state import ClaimPolicy
from gate_agent.lists.downloads import ListDownloads
from gate_agent.lists.in_force import ListsInForce
from gate_agent.ports import Clock, Link
from gate_agent.trust.in_force import Trust
from gate_agent.trust.key_renewal import KeyRenewal
from gate_agent.uplink import outbox
from gate_agent.uplink.nonce import Draw, draw_nonce
from gate_agent.uplink.outbox import Acknowledged, AskMark, OutboxEffect, SendRecords
from gate_agent.uplink.rivals import RivalWatch
from gate_agent.uplink.sender import MessageSender
from gate_agent.uplink.station import StationLink
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
    topic_of,
)
from gate_agent.validator.messages.notes import is_note
from gate_agent.validator.messages.renewal import Renewed, RenewOrder
from gate_agent.validator.messages.trust_messages import BeaconMessage, KeysOffer, RulesOffer
from gate_agent.validator.trust.keys import KeyUse, PublicKey

STATE_EVERY_MS = 60_000
_log = logging.getLogger(__name__)


class Uplink:
    """Dispatches to `trust`, `downloads`, `own` and `station`; reads `lists` and `journal` to say
    how the gate is. What a gate decides offline does not come through here. `down_reason`: why the
    broker cannot be reached, empty while it can or nobody knows."""

    def __init__(
        self,
        park: str,
        gate: str,
        *,
        own: KeyRenewal,
        journal: Journal,
        trust: Trust,
        lists: ListsInForce,
        downloads: ListDownloads,
        station: StationLink,
        sender: MessageSender,
        clock: Clock,
        link: Link,
        health: Health,
        draw: Draw,
    ) -> None:
        self._park, self._gate = park, gate
        self._own, self._journal = own, journal
        self._trust, self._lists = trust, lists
        self._downloads, self._station = downloads, station
        self._send = sender.send
        self._clock = clock
        self._link = link
        self._health = health
        self._draw = draw
        self._outbox = outbox.OutboxState(acked=journal.acked, sent=journal.acked)
        self._state_ms: int | None = None
        self._unproven = False
        self._rivals = RivalWatch()
        self.down_reason = self._reason_logged = ""

    @property
    def linked(self) -> bool:
        """Whether the broker can be reached."""
        return self._outbox.linked

    @property
    def waiting(self) -> int:
        """Number of records that the centre has not acknowledged."""
        return self._journal.head - self._outbox.acked

    @property
    def in_flight(self) -> int:
        """Number of records sent on this connection and not acknowledged."""
        return max(0, self._outbox.sent - self._outbox.acked)

    # --- the link, records and time ---------------------------------------------------------------

    def link_up(self) -> None:
        """Introduce this gate, then send the records that wait. Raises JournalError."""
        self.down_reason = ""
        self._rivals.link_up(self._now_ms())
        self._introduce()
        self._state_ms, self._unproven = self._now_ms(), True
        self._downloads.link_up()
        self._station.link_up()
        self._apply(outbox.link_up(self._outbox, self._journal.head, self._now_ms()))

    def _introduce(self) -> None:
        """Say who this gate is and what it has; the answer is the centre's mark."""
        nonce = draw_nonce(self._draw)
        self._outbox = outbox.introduced(self._outbox, nonce, self._now_ms())
        self._send(
            Birth(
                journal_id=self._journal.journal_id,
                boot=self._clock.now().boot,
                mark=self._outbox.acked,
                head=self._journal.head,
                lists=tuple((series, version) for series, version, _ in self._lists.in_force()),
                rules_version=self._trust.rules.version,
                keys_version=self._trust.keys_version,
                nonce=nonce,
            )
        )

    def link_down(self, why: str = "") -> None:
        """Stop sending until the link is up again. `why` is logged when it is another than before:
        a cable that is out for a night is one line."""
        if why and why != self._reason_logged:
            _log.warning("no link to the centre: %s", why)
            self._reason_logged = why
        self.down_reason = why
        self._rivals.link_down(self._now_ms())
        self._check_rivals()
        self._state_ms = None
        self._downloads.link_down()
        self._station.link_down()
        self._outbox = outbox.link_down(self._outbox)

    def recorded(self) -> None:
        """Send the journal's new records, as far as the window allows. Raises JournalError."""
        self._apply(outbox.recorded(self._outbox, self._journal.head, self._now_ms()))

    def tick(self, lanes: Callable[[], tuple[tuple[int, str, str], ...]]) -> None:
        """Do what is due. `lanes` gives number, mode and phase of each, for the state message.
        Raises JournalError."""
        now_ms = self._now_ms()
        self._check_rivals()
        self._apply(outbox.time_passed(self._outbox, self._journal.head, now_ms))
        self._downloads.tick()
        self._trust.tick()
        self._station.tick()
        self._trust.end_fault_when_caught_up(self._lists.held())
        if self._state_ms is not None and now_ms >= self._state_ms:
            self._state_ms = now_ms + STATE_EVERY_MS
            self._send(self._gate_state(lanes()))
            self._journal.store_mark()

    def report_soon(self) -> None:
        """Send the state at the next tick: something in it has changed."""
        if self._state_ms is not None:
            self._state_ms = self._now_ms()

    def deadline_ms(self) -> int | None:
        """Return when `tick` is due, in monotonic milliseconds."""
        return next_deadline(
            outbox.deadline_ms(self._outbox),
            self._state_ms,
            self._downloads.deadline_ms(),
            self._trust.deadline_ms,
            self._station.deadline_ms(),
            self._rivals.deadline_ms(),
        )

    def _gate_state(self, lanes: tuple[tuple[int, str, str], ...]) -> GateState:
        now, held = self._clock.now(), self._lists.held()
        faults = (f"{device}: {text}"[:200] for device, text in self._health.faults.items())
        return GateState(
            boot=now.boot,
            wall_ms=now.wall_ms,
            clock=now.state.value,
            waiting=self.waiting,
            lists=self._lists.in_force(),
            lanes=lanes,
            faults=tuple(faults),
            rules_version=self._trust.rules.version,
            mono_ms=now.mono_ms,
            vouched_ms=self._trust.vouched_ms(held),
            freshness=self._trust.freshness(held).value,
            keys_version=self._trust.keys_version,
            journal_id=self._journal.journal_id,
            head=self._journal.head,
            software=__version__,
            beacon_ms=self._trust.newest_beacon_ms,
        )

    # --- messages --------------------------------------------------------------------------------

    def receive(self, topic: str, payload: bytes) -> Answered | None:
        """Handle a message; count and drop one that the centre did not sign or that does not fit.
        Return the centre's answer if it is one to a claim. Raises JournalError if what follows
        from it cannot be made durable."""
        if is_note(topic):
            return self._station.receive(topic, payload)
        try:
            message = decode(topic, payload, self._find_key)
            self._handle(topic, message)
        except WireError as error:
            self._health.discard("message refused", str(error))
        return None

    def _find_key(self, use: KeyUse, name: bytes, gate: str) -> PublicKey | None:
        if use is not KeyUse.CENTRE or gate != self._gate:
            return None
        return self._trust.ring.find(use, name)

    def _handle(self, topic: str, message: Message) -> None:
        if topic != topic_of(self._park, self._gate, type(message)):
            raise WireError("a message for a gate of another park")
        if isinstance(message, Ack):
            self._acknowledge(message)
        elif isinstance(message, ListOffer):
            self._downloads.receive_offer(message)
        elif isinstance(message, Chunk):
            if self._downloads.receive_chunk(message):
                self.report_soon()
        elif isinstance(message, RenewOrder | Renewed):
            self._renew(message)
        elif isinstance(message, RulesOffer):
            if self._trust.take_rules(message.book):
                self.report_soon()
        elif isinstance(message, KeysOffer):
            self._take_keys(message)
        elif isinstance(message, BeaconMessage):
            self._take_beacon(message)

    def _acknowledge(self, ack: Ack) -> None:
        journal, ours = self._journal, ack.journal_id == self._journal.journal_id
        if not ours or ack.nonce == self._outbox.nonce:
            self._rivals.acknowledged(ours=ours)
        if not ours:
            raise WireError("an acknowledgement for another journal")
        self._apply(
            outbox.acknowledged(
                self._outbox, ack, oldest=journal.oldest, head=journal.head, now_ms=self._now_ms()
            )
        )

    def _take_beacon(self, message: BeaconMessage) -> None:
        before = self._trust.newest_beacon_ms
        try:
            behind = self._trust.take_beacon(message.beacon, self._lists.held())
        finally:
            if self._unproven and self._trust.newest_beacon_ms > before:
                self._unproven = False
                self.report_soon()
        # A list that is on its way is reported when it has arrived, not at each beacon.
        if behind and not self._downloads.fetching:
            self.report_soon()

    def _check_rivals(self) -> None:
        fault = self._rivals.fault(self._now_ms())
        if not fault:
            self._health.recover("identity")
        elif fault != self._health.faults.get("identity"):
            self._health.fault("identity", fault, level=logging.ERROR)

    def _take_keys(self, offer: KeysOffer) -> None:
        changed = self._trust.take_keys(offer.key_set)
        if changed is None:
            return
        if changed.list_key_withdrawn:
            self._downloads.reopen()
        self.report_soon()

    def _renew(self, message: RenewOrder | Renewed) -> None:
        before, answer = self._own.identity, self._own.receive(message)
        if answer is not None:
            self._send(answer)
        if (identity := self._own.identity) is not before:
            # The connection goes on; what is signed with the new key tells the centre.
            self._station.rekey(identity.link)
            self._link.rekey(identity.certificate, identity.private)
            self.report_soon()

    # --- claims ----------------------------------------------------------------------------------

    @property
    def claim_policy(self) -> ClaimPolicy:
        """Whether a visitor whom this gate would let in waits for the centre's answer."""
        return self._station.claim_policy

    def send_claim(self, asked: AskCentre) -> None:
        """Ask the centre whether a ticket may be used."""
        self._station.send_claim(asked)

    def claim_timed_out(self) -> None:
        """Count that a visitor has waited in vain, and let the next ones not wait."""
        self._station.claim_timed_out()

    # --- the outbox ------------------------------------------------------------------------------

    def _now_ms(self) -> int:
        return self._clock.now().mono_ms

    def _apply(self, result: outbox.Result) -> None:
        self._outbox, effects = result
        for effect in effects:
            self._perform(effect)

    def _perform(self, effect: OutboxEffect) -> None:
        match effect:
            case SendRecords(first, count):
                self._send_records(first, count)
            case Acknowledged(mark):
                self._journal.acknowledge(mark, self._clock.bound.signed_ms)
            case AskMark():
                self._introduce()

    def _send_records(self, first: int, count: int) -> None:
        before, records = self._journal.records(first, count)
        while records:
            self._rivals.sent(self._now_ms())
            self._send(
                Batch(
                    self._journal.journal_id,
                    first,
                    before,
                    records,
                    oldest=self._journal.oldest,
                    nonce=self._outbox.nonce,
                )
            )
            first, count = first + len(records), count - len(records)
            if count == 0:
                return
            before, records = self._journal.records(first, count)
        self._health.fault("outbox", f"record {first} is wanted, but gone or damaged")
