"""What the centre does with messages from gates, without a network: bytes in, bytes out.

One call of `process` is one transaction. Its answers may be sent only when it has returned.
"""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection

from fleet_manager.database import incidents
from fleet_manager.database.incidents import Incident, Sighting
from fleet_manager.database.store import Store
from fleet_manager.gates import last_seen
from fleet_manager.gates.key_renewals import Renewals
from fleet_manager.intake import time_correction
from fleet_manager.intake.ingest import ingest
from fleet_manager.keys.vault import Vault
from fleet_manager.lists.publisher import ListPublisher
from fleet_manager.park_time import Calendar
from fleet_manager.passages import journals
from fleet_manager.station.news import Written
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
    topic_of,
)
from gate_agent.validator.messages.notes import is_note
from gate_agent.validator.messages.renewal import Renew
from gate_agent.validator.messages.trust_messages import KeysOffer
from gate_agent.validator.tickets.series import MAIN_SERIES
from gate_agent.validator.trust.keys import KeyUse, PublicKey

Packet = tuple[str, bytes]
"""Topic and payload."""


class Collector:
    """Answers gates of one park. Used by one thread."""

    def __init__(self, store: Store, vault: Vault, park: str, calendar: Calendar) -> None:
        self._store = store
        self._vault = vault
        self._park = park
        self._calendar = calendar
        self._renewals = Renewals(vault, park)
        self._press = ListPublisher(vault.list)
        self._announced: dict[str, int] = {}
        self._bulletins = Announcements(store, vault, self._press.newest)
        self._switchboard = NoteHandler(vault, park, calendar)
        self.stored = 0

    @property
    def outdated(self) -> bool:
        """Whether a new key set was published: make another collector, with keys read anew."""
        return self._bulletins.outdated

    @property
    def list_version(self) -> int:
        """Version of the park's own list that gates should have, 0 before the first."""
        return self._press.newest().get(MAIN_SERIES, 0)

    @property
    def list_versions(self) -> dict[str, int]:
        """Version of each list that gates should have."""
        return self._press.newest()

    def refresh(self, now_ms: int) -> list[Packet]:
        """Several times a second: learn of new gates, make what is due. Gives what gates must
        hear."""
        known = self._renewals.keys
        with self._store.read() as connection:
            orders = self._renewals.refresh(connection, now_ms)
            gates = self._renewals.keys
            due = self._press.due(connection, now_ms)
            self._bulletins.look(connection)
            self._switchboard.learn(gates)
            missed = self._switchboard.missed(connection)
        fresh = [gate for gate, key in gates.items() if known.get(gate) != key]
        offers: list[Packet] = []
        if due or fresh or self._announced != self._press.newest():
            offers = self._announce(due, fresh, now_ms)
        if self._bulletins.book_is_due:
            with self._store.write() as connection:
                self._bulletins.make_book(connection, now_ms)
        bulletins = self._bulletins.refresh(now_ms)
        told: list[tuple[str, Message]] = [
            (gate, message)
            for gate in gates
            # A gate that connected before we knew of it has greeted in vain.
            for message in (self._bulletins.every(now_ms) if gate in fresh else bulletins)
        ]
        # Without the keys the rest could not be checked.
        told.sort(key=lambda one: not isinstance(one[1], KeysOffer))
        first = [self._packet(*one) for one in told if isinstance(one[1], KeysOffer)]
        others = [self._packet(*one) for one in (*told[len(first) :], *orders)]
        if self._switchboard.is_housekeeping_due(now_ms):
            with self._store.write() as connection:
                self._switchboard.keep_house(connection, now_ms)
        return first + offers + others + missed

    def _announce(self, due: Sequence[str], fresh: Sequence[str], now_ms: int) -> list[Packet]:
        """What is newest in each series, offered to the gates that do not know of it."""
        with self._store.write() as connection:
            for series in due:
                self._press.run(connection, series, now_ms)
            newest = self._press.newest()
            offers: list[tuple[str, Message]] = []
            for series, version in newest.items():
                before = self._announced.get(series, version - 1)
                # A gate that connected before we knew of it has greeted in vain.
                gates = fresh if before == version else list(self._renewals.keys)
                offers += self._offers(connection, series, before, gates, now_ms)
        self._announced = newest
        return [self._packet(gate, message) for gate, message in offers]

    def offers(self, now_ms: int) -> list[Packet]:
        """The connection to the broker is new, and greetings may have been lost: what is newest,
        offered to every gate, and how far its journal is held. A centre that was put back to a
        backup gets the rest again."""
        self._announced = {}
        packets = self.refresh(now_ms)
        with self._store.read() as connection:
            held = journals.held(connection)
        return packets + [self._packet(gate, ack) for gate, ack in held]

    def _offers(
        self, connection: Connection, series: str, have: int, gates: Sequence[str], now_ms: int
    ) -> list[tuple[str, Message]]:
        """To gates that most probably have the version `have`: another asks for another body."""
        if have == self._press.newest()[series]:
            have -= 1
        sealed = self._press.offer(connection, series, have, now_ms) if gates else None
        return [] if sealed is None else [(gate, ListOffer(sealed, 0)) for gate in gates]

    def process(self, packets: Sequence[Packet], dropped: int, now_ms: int) -> list[Packet]:
        """Take in what arrived; `dropped` messages were lost before. Gives the answers.

        Bytes that are no message of an enrolled gate are counted and answered with nothing.
        """
        seen: Counter[Sighting] = Counter()
        if dropped:
            seen[Incident.DROPPED, "", "the queue was full"] += dropped
        batches: list[tuple[str, Batch]] = []
        answers: list[tuple[str, Message]] = []
        notes: list[Packet] = []
        written: list[Written] = []
        with self._store.write() as connection:
            for topic, payload in packets:
                try:
                    if is_note(topic):
                        notes += self._switchboard.take(connection, topic, payload, now_ms)
                        continue
                    address = read_topic(topic)
                    message = self._decode(connection, address, topic, payload, now_ms)
                except WireError as error:
                    gate = topic.split("/")[2] if topic.count("/") > 2 else ""
                    seen[Incident.REFUSED, gate[:20], str(error)] += 1
                    continue
                if isinstance(message, Batch):
                    batches.append((address.gate, message))
                else:
                    answers += self._answer(connection, address.gate, message, seen, now_ms)
            acks = ingest(connection, batches, self._calendar, now_ms, written)
            if batches:
                time_correction.catch_up(connection, self._calendar)
            incidents.record(connection, seen, now_ms)
        self.stored += sum(len(batch.records) for _gate, batch in batches)
        said = [self._packet(gate, message) for gate, message in [*acks, *answers]]
        return [*notes, *said, *self._switchboard.tell(written, now_ms)]

    def _decode(
        self, connection: Connection, address: Address, topic: str, payload: bytes, now_ms: int
    ) -> Message:
        if address.park != self._park:
            raise WireError("a message of another park")
        if address.gate not in self._renewals.keys:
            raise WireError("a message of a gate that is not enrolled")
        message = envelopes.decode(topic, payload, self._find_key)
        signer = envelopes.signer_of(payload)
        if self._renewals.heard(connection, address.gate, signer, now_ms):
            self._switchboard.learn(self._renewals.keys)
        return message

    def _find_key(self, use: KeyUse, key_id: bytes, gate: str) -> PublicKey | None:
        return self._renewals.find(gate, key_id) if use is KeyUse.GATE else None

    def _answer(
        self,
        connection: Connection,
        gate: str,
        message: Message,
        seen: Counter[Sighting],
        now_ms: int,
    ) -> list[tuple[str, Message]]:
        match message:
            case Birth():
                last_seen.keep_birth(connection, gate, message, now_ms)
                ack = journals.welcome(connection, gate, message, seen)
                first: list[tuple[str, Message]] = [] if ack is None else [(gate, ack)]
                return first + self._behind(connection, gate, message, message.lists, now_ms)
            case GateState():
                lists = tuple((series, version) for series, version, _ in message.lists)
                last_seen.keep_state(connection, gate, message, lists, now_ms)
                time_correction.heard(connection, gate, message, self._calendar, now_ms)
                # The offer may have been lost on the way; a gate tells its versions every minute.
                return self._behind(connection, gate, message, lists, now_ms)
            case ListRequest():
                piece = self._press.chunk(message)
                if piece is not None:
                    return [(gate, piece)]
                sealed = self._press.offer(connection, message.series, message.base, now_ms)
                if sealed is not None:  # it asks for a body that is gone: offer another
                    return [(gate, ListOffer(sealed, message.version))]
            case Renew():
                renewed = self._renewals.answer(connection, gate, message, seen, now_ms)
                return [] if renewed is None else [(gate, renewed)]
            case _:
                seen[Incident.REFUSED, gate, "a message that only the centre sends"] += 1
        return []

    def _behind(
        self,
        connection: Connection,
        gate: str,
        told: Birth | GateState,
        has: Sequence[tuple[str, int]],
        now_ms: int,
    ) -> list[tuple[str, Message]]:
        """An offer for each list of which the gate has an older version, or none, and what else
        it does not have."""
        versions = dict(has)
        offers: list[tuple[str, Message]] = []
        for series in self._press.newest():
            have = versions.get(series, 0)
            sealed = self._press.offer(connection, series, have, now_ms)
            if sealed is not None:
                offers.append((gate, ListOffer(sealed, 0)))
        missing = self._bulletins.missing(connection, told, now_ms)
        return offers + [(gate, one) for one in (*missing, *self._renewals.wanted(gate))]

    def _packet(self, gate: str, message: Message) -> Packet:
        topic = topic_of(self._park, gate, type(message))
        signer = self._vault.centre
        return topic, envelopes.encode(topic, message, signer.id, signer.sign)
