"""Fixtures: a collector, and the board of a gate whose key is renewed."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet_manager.centre import Centre
from fleet_manager.daemon.collector import Collector
from fleet_manager.daemon.packets import Packet
from fleet_manager.gates import key_renewals
from gate_agent.validator.messages import envelopes
from gate_agent.validator.messages.envelopes import Message, topic_of
from gate_agent.validator.messages.renewal import Renewed, ask, public_of
from gate_agent.validator.trust.keys import key_id
from tests.fleet_manager.boards import Board
from tests.fleet_manager.conftest import enrol
from tests.fleet_manager.scribe import NOON

PARK, GATE = "west-lake", "gate-1"
SEED, OTHER = b"1" * 32, b"2" * 32


@pytest.fixture
def board(park: Centre, tmp_path: Path) -> Board:
    return Board(GATE, enrol(park, GATE, tmp_path / GATE))


@pytest.fixture
def collector(park: Centre, board: Board) -> Collector:
    return started(park)


def started(park: Centre) -> Collector:
    collector = Collector(park.store, park.unlock(), PARK, park.calendar)
    collector.refresh(NOON)
    return collector


def order(park: Centre, collector: Collector, *, forget: bool = False) -> None:
    with park.store.write() as connection:
        key_renewals.order(connection, [GATE], forget=forget)
    collector.refresh(NOON)


def of(board: Board, packets: list[Packet], kind: type[Message]) -> list[Message]:
    ends = topic_of(PARK, GATE, kind)
    return [board.verify(packet) for packet in packets if packet[0] == ends]


def signed_with(seed: bytes, message: Message) -> Packet:
    """Return the message signed with the key of that seed."""
    topic = topic_of(PARK, GATE, type(message))
    sign = Ed25519PrivateKey.from_private_bytes(seed).sign
    return topic, envelopes.encode(topic, message, key_id(public_of(seed)), sign)


def stage(park: Centre) -> str | None:
    with park.store.read() as connection:
        return key_renewals.every(connection, NOON)[GATE].stage


def renewed(collector: Collector, board: Board, seed: bytes = SEED) -> list[Message]:
    question = ask(GATE, board.bundle.public, seed)
    return of(board, collector.process([board.sign(question)], 0, NOON), Renewed)
