"""Test renewals at the centre: ordered, certified, finished by a message under the new key."""

import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fleet_manager.centre import Centre
from fleet_manager.daemon.collector import Collector
from fleet_manager.daemon.packets import Packet
from fleet_manager.errors import CentreError
from fleet_manager.gates import key_renewals
from fleet_manager.gates.key_renewals import RENEW_AFTER_MS
from fleet_manager.incident import Incident
from gate_agent.validator.messages.envelopes import Ack, Message
from gate_agent.validator.messages.link_secret import code_of
from gate_agent.validator.messages.notes import News, NewsRequest, note_topic, read_note, write_note
from gate_agent.validator.messages.renewal import Renewed, RenewOrder, ask, open_box, public_of
from tests.fleet_manager.boards import STATE, Board, birth, incident_counts
from tests.fleet_manager.conftest import enrol
from tests.fleet_manager.gates.conftest import (
    GATE,
    OTHER,
    PARK,
    SEED,
    of,
    order,
    renewed,
    signed_with,
    stage,
    started,
)
from tests.fleet_manager.scribe import NOON
from tests.gate_agent.uplink.two_wires import TwoWires

# --- ordered -----------------------------------------------------------------------------------


def test_without_an_order_no_gate_is_sent_one(collector: Collector, board: Board) -> None:
    for message in (birth(), STATE):
        assert of(board, collector.process([board.sign(message)], 0, NOON), RenewOrder) == []


def test_an_order_is_repeated_until_it_is_followed(
    park: Centre, collector: Collector, board: Board
) -> None:
    order(park, collector)
    for message in (birth(), STATE, STATE):
        orders = of(board, collector.process([board.sign(message)], 0, NOON), RenewOrder)
        assert orders == [RenewOrder(board.bundle.public)]
    assert stage(park) == "ordered"
    renewed(collector, board)
    assert stage(park) == "drawn"
    orders = of(board, collector.process([board.sign(STATE)], 0, NOON), RenewOrder)
    assert orders == [RenewOrder(board.bundle.public)]
    answers = collector.process([signed_with(SEED, STATE)], 0, NOON)
    assert of(board, answers, RenewOrder) == []
    assert stage(park) is None


def test_an_order_is_sent_at_once_and_once(
    park: Centre, collector: Collector, board: Board
) -> None:
    with park.store.write() as connection:
        key_renewals.order(connection, [GATE], forget=False)
    for later in (collector, started(park)):
        orders = of(board, later.refresh(NOON + 1000), RenewOrder)
        assert orders == ([RenewOrder(board.bundle.public)] if later is collector else [])
    assert of(board, collector.refresh(NOON + 2000), RenewOrder) == []


def test_a_key_is_renewed_when_two_thirds_of_its_life_are_over(
    collector: Collector, board: Board
) -> None:
    late = NOON + RENEW_AFTER_MS
    collector.refresh(late - 1)
    assert of(board, collector.process([board.sign(STATE)], 0, late - 1), RenewOrder) == []
    collector.refresh(late)
    assert of(board, collector.process([board.sign(STATE)], 0, late), RenewOrder) != []


def test_a_gate_that_is_not_there(park: Centre) -> None:
    with (
        park.store.write() as connection,
        pytest.raises(CentreError, match="cannot find gate 'gate-9'"),
    ):
        key_renewals.order(connection, ["gate-9"], forget=False)


# --- certified ---------------------------------------------------------------------------------


def test_the_answer_is_for_the_key_that_was_drawn(
    park: Centre, collector: Collector, board: Board
) -> None:
    order(park, collector)
    [answer] = renewed(collector, board)
    assert isinstance(answer, Renewed)
    certificate = x509.load_der_x509_certificate(answer.certificate)
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(park.authority()))
    assert certificate.public_key().public_bytes_raw() == public_of(SEED)  # type: ignore[union-attr]
    assert certificate.subject.rfc4514_string() == "CN=gate-1"
    secret = open_box(answer.box, GATE, SEED)
    assert secret == park.unlock().link_secret(GATE, public_of(SEED))
    assert renewed(collector, board) == [answer]
    assert renewed(started(park), board) == [answer]


def test_an_answer_fits_into_a_message(park: Centre, collector: Collector, board: Board) -> None:
    order(park, collector)
    [answer] = renewed(collector, board)
    assert isinstance(answer, Renewed)
    assert len(answer.certificate) < 600
    ssl.DER_cert_to_PEM_cert(answer.certificate)


@pytest.mark.parametrize(
    "change",
    [{"proof": bytes(64)}, {"public": public_of(OTHER)}, {"box_key": bytes(32)}],
)
def test_a_question_that_its_key_did_not_sign(
    park: Centre, collector: Collector, board: Board, change: dict[str, bytes]
) -> None:
    order(park, collector)
    question = replace(ask(GATE, board.bundle.public, SEED), **change)
    assert collector.process([board.sign(question)], 0, NOON) == []
    assert incident_counts(park) == {Incident.REFUSED: 1}
    assert stage(park) == "ordered"


def test_what_nobody_ordered(park: Centre, collector: Collector, board: Board) -> None:
    assert renewed(collector, board) == []
    assert incident_counts(park) == {Incident.REFUSED: 1}
    assert stage(park) is None


def test_a_gate_cannot_renew_for_another(
    park: Centre, collector: Collector, board: Board, tmp_path: Path
) -> None:
    other = Board("gate-2", enrol(park, "gate-2", tmp_path / "gate-2"))
    order(park, collector)
    question = ask(GATE, board.bundle.public, SEED)
    assert collector.process([other.sign(question, as_gate=GATE)], 0, NOON) == []
    assert incident_counts(park) == {Incident.REFUSED: 1}


def test_the_key_in_force_does_not_follow_itself(
    park: Centre, collector: Collector, board: Board
) -> None:
    order(park, collector)
    renewed(collector, board)
    collector.process([signed_with(SEED, STATE)], 0, NOON)
    order(park, collector)
    question = ask(GATE, public_of(SEED), SEED)
    assert of(board, collector.process([signed_with(SEED, question)], 0, NOON), Renewed) == []
    assert incident_counts(park) == {Incident.REFUSED: 1}


def test_a_second_key_is_an_incident(park: Centre, collector: Collector, board: Board) -> None:
    """A thief with a copy of the key in force comes too late, or is seen at once."""
    order(park, collector)
    [answer] = renewed(collector, board)
    assert renewed(collector, board, OTHER) == []
    assert incident_counts(park) == {Incident.SECOND_KEY: 1}
    assert renewed(collector, board) == [answer]
    order(park, collector, forget=True)
    assert stage(park) == "ordered"
    assert len(renewed(collector, board, OTHER)) == 1


# --- the old key ends --------------------------------------------------------------------------


def test_both_keys_speak_until_the_new_one_has_spoken(
    park: Centre, collector: Collector, board: Board
) -> None:
    order(park, collector)
    assert collector.process([signed_with(SEED, birth())], 0, NOON) == []
    renewed(collector, board)
    assert of(board, collector.process([board.sign(birth())], 0, NOON), Ack) != []
    assert of(board, collector.process([signed_with(SEED, birth())], 0, NOON), Ack) != []
    assert collector.process([board.sign(birth())], 0, NOON) == []
    assert collector.process([board.sign(STATE)], 0, NOON) == []
    for later in (collector, started(park)):
        assert of(board, later.process([signed_with(SEED, birth())], 0, NOON), Ack) != []
    assert incident_counts(park)[Incident.REFUSED] == 3


def test_the_age_of_a_key_is_counted_from_its_renewal(
    park: Centre, collector: Collector, board: Board
) -> None:
    late = NOON + RENEW_AFTER_MS
    collector.refresh(late)
    question = ask(GATE, board.bundle.public, SEED)
    collector.process([board.sign(question)], 0, late)
    collector.process([signed_with(SEED, STATE)], 0, late)
    with park.store.read() as connection:
        assert key_renewals.every(connection, late)[GATE].since_ms == late
    assert of(board, collector.process([signed_with(SEED, STATE)], 0, late), RenewOrder) == []


def test_notes_go_by_the_new_secret(park: Centre, collector: Collector, board: Board) -> None:
    order(park, collector)
    [answer] = renewed(collector, board)
    assert isinstance(answer, Renewed)
    secret = open_box(answer.box, GATE, SEED)
    topic = note_topic(PARK, GATE, NewsRequest.topic_end)
    question = topic, write_note(topic, NewsRequest(7, 0), secret)
    assert collector.process([question], 0, NOON) == []
    [(where, data)] = [
        packet
        for packet in collector.process([signed_with(SEED, STATE), question], 0, NOON)
        if packet[0] == note_topic(PARK, GATE, News.topic_end)
    ]
    assert isinstance(read_note(where, data, secret, code_of(question[1])), News)


def test_what_was_not_committed_did_not_happen(
    park: Centre, collector: Collector, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    order(park, collector)
    renewed(collector, board)

    def dies(*_: object) -> None:
        raise OSError("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr("fleet_manager.daemon.collector.incidents.record", dies)
        with pytest.raises(OSError, match="the disk is gone"):
            collector.process([signed_with(SEED, STATE)], 0, NOON)
    assert stage(park) == "drawn"
    collector.refresh(NOON)
    assert of(board, collector.process([board.sign(birth())], 0, NOON), Ack) != []


# --- the whole conversation over bad wires -----------------------------------------------------


@dataclass
class Chatty:
    """A gate that follows orders, and restarts now and then with what is on its disk."""

    seeds: list[bytes] = field(default_factory=list)
    drawn: dict[bytes, bytes] = field(default_factory=dict)

    @property
    def seed(self) -> bytes:
        return self.seeds[-1]

    def receive(self, message: Message, draw: Callable[[], bytes]) -> Packet | None:
        public = public_of(self.seed)
        if isinstance(message, RenewOrder) and message.public == public:
            seed = self.drawn.setdefault(public, draw())
            return signed_with(self.seed, ask(GATE, public, seed))
        if isinstance(message, Renewed):
            seed = self.drawn.get(public, self.seed)
            if public_of(seed) == message.public != public:
                open_box(message.box, GATE, seed)
                self.seeds.append(seed)
        return None


@pytest.mark.parametrize("number", range(6))
def test_a_renewal_over_bad_wires_ends_with_one_key_at_both_ends(
    park: Centre, collector: Collector, board: Board, number: int
) -> None:
    rng = random.Random(number)
    gate = Chatty([_seed(board)])
    wires: TwoWires[Packet, Packet] = TwoWires(rng)

    def carry() -> None:
        sent, wires.up = wires.up, []
        wires.down += collector.process(sent, 0, NOON)
        arrived, wires.down = wires.down, []
        for packet in arrived:
            if "/down/renew" in packet[0]:
                answer = gate.receive(board.verify(packet), lambda: rng.randbytes(32))
                wires.up += [] if answer is None else [answer]

    for step in range(60):
        if step in (5, 25):
            order(park, collector)
        wires.up.append(signed_with(gate.seed, STATE))
        rng.choice((wires.lose, wires.double, wires.reorder, carry, carry))()
        if rng.random() < 0.1:
            collector = started(park)
    for _ in range(4):
        wires.up.append(signed_with(gate.seed, STATE))
        carry()
    assert stage(park) is None
    assert len(gate.seeds) > 1
    with park.store.read() as connection:
        assert key_renewals.every(connection, NOON)[GATE].public == public_of(gate.seed)


def _seed(board: Board) -> bytes:
    key = load_pem_private_key(board.bundle.key, None)
    assert isinstance(key, Ed25519PrivateKey)
    return key.private_bytes_raw()
