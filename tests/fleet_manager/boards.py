"""Gates with their bundles alone, and what they send."""

from collections import Counter
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fleet_manager.centre import Centre
from fleet_manager.daemon.collector import Collector
from fleet_manager.daemon.packets import Packet
from fleet_manager.database import incidents
from fleet_manager.gates.gates import Bundle
from fleet_manager.incident import Incident
from gate_agent.validator.lists.manifest import open_manifest
from gate_agent.validator.lists.ticket_list import TicketList, open_body
from gate_agent.validator.messages import envelopes
from gate_agent.validator.messages.envelopes import (
    MAX_CHUNK_BYTES,
    Birth,
    Chunk,
    GateState,
    ListOffer,
    ListRequest,
    Message,
    topic_of,
)
from gate_agent.validator.trust.keys import KeyRing, key_id
from tests.fleet_manager.scribe import NOON


@dataclass
class Board:
    """A gate, with its bundle alone."""

    name: str
    bundle: Bundle

    def sign(self, message: Message, *, as_gate: str | None = None) -> Packet:
        key = load_pem_private_key(self.bundle.key, None)
        assert isinstance(key, Ed25519PrivateKey)
        topic = topic_of("west-lake", as_gate or self.name, type(message))
        return topic, envelopes.encode(topic, message, key_id(self.bundle.public), key.sign)

    def verify(self, packet: Packet) -> Message:
        ring = KeyRing.from_json(self.bundle.ring)
        return envelopes.decode(*packet, lambda use, id_, _gate: ring.find(use, id_))


def birth(**fields: object) -> Birth:
    values: dict[str, object] = {
        "journal_id": b"j" * 16, "boot": 1, "mark": 0, "head": 0,
        "lists": (("main", 1),), "keys_version": 1,
    }  # fmt: skip
    return Birth(**(values | fields))  # type: ignore[arg-type]


STATE = GateState(
    boot=1,
    wall_ms=NOON,
    clock=2,
    waiting=0,
    lists=(("main", 1, NOON),),
    lanes=((1, "controlled", "idle"),),
    faults=("scanner gone",),
    keys_version=1,
    journal_id=b"j" * 16,
    software="0.1",
)


def incident_counts(park: Centre) -> Counter[Incident]:
    with park.store.read() as connection:
        return Counter({counted.kind: counted.times for counted in incidents.every(connection)})


def received(board: Board, answers: list[Packet]) -> list[Message]:
    assert all(topic.startswith(f"sg1/west-lake/{board.name}/down/") for topic, _ in answers)
    return [board.verify(packet) for packet in answers]


def fetched(
    board: Board, collector: Collector, offer: Message, base: TicketList | None = None
) -> TicketList:
    """Return the list that a gate has after it has fetched all chunks."""
    assert isinstance(offer, ListOffer)
    manifest = open_manifest(offer.manifest, KeyRing.from_json(board.bundle.ring))
    body = b""
    while len(body) < manifest.body_bytes:
        want = ListRequest(manifest.series, manifest.version, manifest.base, len(body))
        [piece] = received(board, collector.process([board.sign(want)], 0, NOON))
        assert isinstance(piece, Chunk)
        assert piece.offset == len(body)
        assert 0 < len(piece.data) <= MAX_CHUNK_BYTES
        body += piece.data
    return open_body(manifest, body, base)


def answer(board: Board, collector: Collector, message: Message) -> Message:
    """Return the offer among the answers."""
    answers = received(board, collector.process([board.sign(message)], 0, NOON + 10))
    [offer] = [message for message in answers if isinstance(message, ListOffer)]
    return offer
