"""Collect messages of gates: store what they report, and return the answers. No network.

One call of `process` is one transaction. Its answers may be sent only when it has returned.
"""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection

from fleet_manager.daemon.budget import Budget
from fleet_manager.daemon.distributor import Distributor
from fleet_manager.daemon.packets import Packet, PacketWriter, sender_of
from fleet_manager.database import incidents
from fleet_manager.database.store import Store
from fleet_manager.gates import last_seen
from fleet_manager.gates.key_renewals import Renewals
from fleet_manager.gates.voices import GateVoices
from fleet_manager.incident import Incident, Sighting
from fleet_manager.intake import time_correction
from fleet_manager.intake.ingest import ingest
from fleet_manager.keys.vault import Vault
from fleet_manager.lists.publisher import ListPublisher
from fleet_manager.park_time import Calendar
from fleet_manager.passages import journals
from fleet_manager.station.news import NumberedNews
from fleet_manager.station.notes import NoteHandler
from fleet_manager.trust.announcements import Announcements
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages import envelopes
from gate_agent.validator.messages.envelopes import (
    Address,
    Batch,
    Birth,
    GateState,
    ListOffer,
    ListRequest,
    Message,
    read_topic,
)
from gate_agent.validator.messages.notes import NewsRequest, is_note
from gate_agent.validator.messages.renewal import Renew
from gate_agent.validator.moment import ClockState
from gate_agent.validator.tickets.series import MAIN_SERIES
from gate_agent.validator.trust.keys import KeyUse, PublicKey

ANSWER_BYTES, ANSWER_BYTES_A_SECOND = 64 << 20, 4 << 20
"""What a gate is answered with besides acknowledgements and claims: all its lists at once, and then
a hundred pieces a second, which is as many as a board stores."""
NEWS_PRICE = 32
"""A byte of news costs the database more than a byte of a list, which is in memory."""
RECORDS, RECORDS_A_SECOND = 400_000, 50
"""Records that a gate may bring: all that its card holds, twice; then more than its lanes make."""
TOO_GREEDY = "it asks for more than its share, and is not answered"
TOO_MANY_RECORDS = "more records than its lanes can make: they are not taken"


class Collector:
    """Answers the gates of one park. Used by one thread. `stored`: number of records stored."""

    def __init__(self, store: Store, vault: Vault, park: str, calendar: Calendar) -> None:
        self._store = store
        self._park = park
        self._calendar = calendar
        self._renewals = Renewals(vault, park)
        self._publisher = ListPublisher(vault.list)
        self._announcements = Announcements(store, vault, self._publisher.newest)
        self._notes = NoteHandler(vault, park, calendar)
        self._voices = GateVoices()
        self._answers = Budget(ANSWER_BYTES, ANSWER_BYTES_A_SECOND)
        self._records = Budget(RECORDS, RECORDS_A_SECOND)
        self._writer = PacketWriter(park, vault.centre)
        self._distributor = Distributor(
            store,
            self._writer,
            renewals=self._renewals,
            publisher=self._publisher,
            announcements=self._announcements,
            notes=self._notes,
        )
        self.stored = 0

    @property
    def outdated(self) -> bool:
        """Return whether a new key set was published: make another collector, with keys read
        anew."""
        return self._announcements.outdated

    @property
    def list_version(self) -> int:
        """Return the version of the park's own list that gates should have, 0 before the first."""
        return self._publisher.newest().get(MAIN_SERIES, 0)

    @property
    def list_versions(self) -> dict[str, int]:
        """Return the version of each list that gates should have."""
        return self._publisher.newest()

    def refresh(self, now_ms: int) -> list[Packet]:
        """Poll the tables and return what is new to gates. It is called several times a second."""
        return self._distributor.refresh(now_ms)

    def announce_all(self, now_ms: int) -> list[Packet]:
        """Return what is newest for every gate, when the connection to the broker is new."""
        return self._distributor.announce_all(now_ms)

    def process(self, packets: Sequence[Packet], dropped: int, now_ms: int) -> list[Packet]:
        """Store what arrived and return the answers. `dropped`: number of messages lost before.

        Bytes that are no message of an enrolled gate are counted and not answered.
        """
        sightings: Counter[Sighting] = Counter()
        if dropped:
            sightings[Sighting(Incident.DROPPED, "", "the queue was full")] += dropped
        batches: list[tuple[str, Batch]] = []
        answers: list[tuple[str, Message]] = []
        replies: list[Packet] = []
        numbered: list[NumberedNews] = []
        with self._store.write() as connection:
            for topic, payload in packets:
                try:
                    if is_note(topic):
                        replies += self._answer_note(connection, topic, payload, sightings, now_ms)
                        continue
                    address = read_topic(topic)
                    message = self._decode(address, topic, payload)
                    self._finish_renewal(connection, address.gate, payload, now_ms)
                except WireError as error:
                    sightings[self._refused(topic, str(error))] += 1
                    continue
                if isinstance(message, Batch):
                    batches += self._taken(address.gate, message, sightings, now_ms)
                else:
                    answers += self._answer(connection, address.gate, message, sightings, now_ms)
            acks = ingest(connection, batches, self._calendar, now_ms, numbered)
            if batches:
                time_correction.correct_new(connection, self._calendar)
            incidents.record(connection, sightings, now_ms)
        self.stored += sum(len(batch.records) for _gate, batch in batches)
        written = [self._writer.write(gate, message) for gate, message in [*acks, *answers]]
        for (gate, _message), (_topic, payload) in zip(answers, written[len(acks) :], strict=True):
            self._answers.spend(gate, len(payload), now_ms)
        return [*replies, *written, *self._notes.publish(numbered, now_ms)]

    def record(self, sightings: Counter[Sighting], now_ms: int) -> None:
        """Count incidents that happened outside of `process`."""
        with self._store.write() as connection:
            incidents.record(connection, sightings, now_ms)

    def record_failure(self, topic: str, error: Exception, now_ms: int) -> None:
        """Count a message that `process` could not take, for a reason that is in our program."""
        sighting = self._refused(topic, f"the centre fails on it: {type(error).__name__}")
        self.record(Counter([sighting]), now_ms)

    def record_lost(self, lost: Counter[str], now_ms: int) -> None:
        """Count messages that there was no room for, by the gate that their topic names."""
        sightings: Counter[Sighting] = Counter()
        for sender, times in lost.items():
            gate = self._enrolled(sender)
            words = "it sends more than its share" if gate else "the queue was full"
            sightings[Sighting(Incident.DROPPED, gate, words)] += times
        self.record(sightings, now_ms)

    def _refused(self, topic: str, why: str) -> Sighting:
        sender = sender_of(topic)
        gate = self._enrolled(sender)
        return Sighting(Incident.REFUSED, gate, why, "" if gate else sender)

    def _enrolled(self, sender: str) -> str:
        """Return a sender if it is an enrolled gate, else an empty name."""
        return sender if sender in self._renewals.keys else ""

    def _taken(
        self, gate: str, batch: Batch, sightings: Counter[Sighting], now_ms: int
    ) -> list[tuple[str, Batch]]:
        """Return a batch with its gate, or nothing if the gate has brought too many records."""
        if not self._records.has(gate, now_ms):
            sightings[Sighting(Incident.REFUSED, gate, TOO_MANY_RECORDS)] += 1
            return []
        self._records.spend(gate, len(batch.records), now_ms)
        return [(gate, batch)]

    def _may_ask(self, gate: str, sightings: Counter[Sighting], now_ms: int) -> bool:
        """Return whether a gate is given what it asks for now."""
        if self._answers.has(gate, now_ms):
            return True
        sightings[Sighting(Incident.DROPPED, gate, TOO_GREEDY)] += 1
        return False

    def _answer_note(
        self,
        connection: Connection,
        topic: str,
        payload: bytes,
        sightings: Counter[Sighting],
        now_ms: int,
    ) -> list[Packet]:
        """Return the replies to a note. Raises WireError."""
        gate = self._enrolled(sender_of(topic))
        for_news = topic.endswith(NewsRequest.topic_end)
        if for_news and gate and not self._may_ask(gate, sightings, now_ms):
            return []
        replies = self._notes.handle(connection, topic, payload, now_ms)
        if for_news:
            cost = NEWS_PRICE * sum(len(reply) for _topic, reply in replies)
            self._answers.spend(gate, cost, now_ms)
        return replies

    def _decode(self, address: Address, topic: str, payload: bytes) -> Message:
        """Return a message whose signature is verified. Raises WireError."""
        if address.park != self._park:
            raise WireError("a message of another park")
        if address.gate not in self._renewals.keys:
            raise WireError("a message of a gate that is not enrolled")
        return envelopes.decode(topic, payload, self._find_key)

    def _find_key(self, use: KeyUse, key_id: bytes, gate: str) -> PublicKey | None:
        return self._renewals.find(gate, key_id) if use is KeyUse.GATE else None

    def _finish_renewal(
        self, connection: Connection, gate: str, payload: bytes, now_ms: int
    ) -> None:
        """Put a gate's new key in force if it signed this message, which is verified."""
        if self._renewals.finish(connection, gate, envelopes.signer_of(payload), now_ms):
            self._notes.update_keys(self._renewals.keys)

    def _answer(
        self,
        connection: Connection,
        gate: str,
        message: Message,
        sightings: Counter[Sighting],
        now_ms: int,
    ) -> list[tuple[str, Message]]:
        """Store what a message reports and return the answers. A batch is not among them."""
        match message:
            case Birth():
                ack = journals.acknowledge(connection, gate, message, sightings)
                first: list[tuple[str, Message]] = [] if ack is None else [(gate, ack)]
                lists: Sequence[tuple[str, int]] = message.lists
                if not self._may_ask(gate, sightings, now_ms):
                    return first
                return first + self._distributor.missing(connection, gate, message, lists, now_ms)
            case GateState():
                return self._answer_state(connection, gate, message, sightings, now_ms)
            case ListRequest():
                if not self._may_ask(gate, sightings, now_ms):
                    return []
                return self._answer_list_request(connection, gate, message, now_ms)
            case Renew():
                renewed = self._renewals.certify(connection, gate, message, sightings, now_ms)
                return [] if renewed is None else [(gate, renewed)]
            case _:
                only_ours = "a message that only the centre sends"
                sightings[Sighting(Incident.REFUSED, gate, only_ours)] += 1
        return []

    def _answer_state(
        self,
        connection: Connection,
        gate: str,
        state: GateState,
        sightings: Counter[Sighting],
        now_ms: int,
    ) -> list[tuple[str, Message]]:
        """Store a gate's state, if it is newer, and return what the gate lacks."""
        lists = tuple((series, version) for series, version, _ in state.lists)
        newer = last_seen.save_state(connection, gate, state, lists, now_ms)
        if newer:
            self._watch(connection, gate, state, sightings, now_ms)
        if newer or state.clock == ClockState.TRUSTED:  # when others arrive says nothing
            time_correction.use_state(connection, gate, state, self._calendar, now_ms)
        if not self._may_ask(gate, sightings, now_ms):
            return []
        return self._distributor.missing(connection, gate, state, lists, now_ms)

    def _watch(
        self,
        connection: Connection,
        gate: str,
        state: GateState,
        sightings: Counter[Sighting],
        now_ms: int,
    ) -> None:
        """Count what a new state shows of the gate's board and disk."""
        if two := self._voices.take_state(gate, state, now_ms):
            sightings[Sighting(Incident.TWO_BOARDS, gate, "", two)] += 1
        journal = journals.find(connection, state.journal_id)
        if journal is None or journal.gate != gate:
            return
        if self._voices.is_put_back(gate, state, journal.mark, now_ms):
            last = f"journal {journal.id.hex()} ends at {state.head}, we hold {journal.mark}"
            sightings[Sighting(Incident.ROLLBACK, gate, "", last)] += 1

    def _answer_list_request(
        self, connection: Connection, gate: str, request: ListRequest, now_ms: int
    ) -> list[tuple[str, Message]]:
        chunk = self._publisher.chunk(request)
        if chunk is not None:
            return [(gate, chunk)]
        # The body is not cached any more: offer another one.
        sealed = self._publisher.offer(connection, request.series, request.base, now_ms)
        return [] if sealed is None else [(gate, ListOffer(sealed, request.version))]
