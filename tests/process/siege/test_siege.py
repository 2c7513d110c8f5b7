"""Attackers against real processes: who owns the broker floods a gate, and who has stolen a board
tells the centre of times that no calendar has."""

import os
import queue
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from fleet_manager.config import load
from gate_agent.config.settings import BrokerAddress
from gate_agent.events import Event, LinkUp, Received
from gate_agent.trust import identity
from gate_agent.uplink.mqtt import MqttLink
from gate_agent.validator.messages.envelopes import Ack, GateState, Message, topic_of
from gate_agent.validator.moment import END_MS, ClockState
from gate_agent.validator.passage import PassageKind
from hardware_sim.broker import find_mosquitto
from hardware_sim.devices.scanner import SimScanner
from hardware_sim.park.faults.attacks.lies import FalseJournal, Voice, taken
from tests.process.live_park import LONGEST_S, PARK, LivePark

pytestmark = pytest.mark.process
FLOODED = "flooded"
STOLEN = "stolen"
MANY = 3000
BURST = 200
SCANS = 6


@pytest.fixture(scope="module")
def park() -> Iterator[LivePark]:
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    with LivePark(FLOODED, STOLEN, void=SCANS) as running:
        yield running


class Owner:
    """Who has the broker, and so may write any bytes on any topic; here by the centre's
    certificate, so the centre must not run. `sent`: number of messages."""

    def __init__(self, park: LivePark) -> None:
        self.sent = 0
        files = load(park.folder / "centre").broker
        assert files is not None
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="centre")
        self._client.tls_set(str(files.ca), str(files.certificate), str(files.key))
        connected = threading.Event()
        self._client.on_connect = lambda *_: connected.set()
        self._client.connect("localhost", park.broker.port)
        self._client.loop_start()
        assert connected.wait(LONGEST_S)
        self._ends = threading.Event()

    @contextmanager
    def flooding(self, gate: str) -> Iterator[None]:
        """Send strange messages to a gate as fast as the broker takes them, until the block
        ends."""
        thread = threading.Thread(target=self._flood, args=(f"sg1/{PARK}/{gate}/down/ack",))
        thread.start()
        try:
            yield
        finally:
            self._ends.set()
            thread.join()
            self._client.disconnect()
            self._client.loop_stop()

    def _flood(self, topic: str) -> None:
        while not self._ends.is_set():
            burst = [self._client.publish(topic, b"\x01" + os.urandom(89)) for _ in range(BURST)]
            burst[-1].wait_for_publish(LONGEST_S)
            self.sent += BURST


def test_scans_are_answered_while_strangers_flood_a_gate(park: LivePark) -> None:
    gate = park.gates[FLOODED]
    with SimScanner(gate.scanner) as scanner:
        gate.start()
        gate.wait(gate.settled)
        park.server.end()
        owner = Owner(park)
        with owner.flooding(FLOODED):
            gate.wait(lambda: counters(gate.status()).get("message refused", 0) > MANY)
            for number in range(SCANS):
                head = gate.records()[-1].seq
                scanner.present(park.printed(number - SCANS))
                gate.wait(lambda head=head: bool(gate.records(head)))  # type: ignore[misc]
        denied = [row for row in gate.records() if row.kind is PassageKind.DENIED]
        assert [row.ticket for row in denied] == [row.id for row in park.tickets[-SCANS:]]
        assert not {"event dropped", "shown too long ago"} & set(counters(gate.status()))
        assert owner.sent > MANY
        assert gate.end() == 0
        park.server.start()
        gate.start()
        gate.wait(gate.settled)  # the centre holds them all
        assert gate.end() == 0


def counters(status: dict[str, Any]) -> dict[str, int]:
    """Return how often what has happened at a gate, by its status."""
    found: dict[str, int] = status.get("counters", {})
    return found


class Stolen:
    """Whoever has the key of the gate STOLEN, and the link that a gate has. `rng`: of what it
    makes up."""

    def __init__(self, park: LivePark) -> None:
        self.rng = random.Random(3)
        own = identity.load(park.folder / f"identity-{STOLEN}")
        self._voice = Voice(STOLEN, own)
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        topics = (topic_of(PARK, STOLEN, Ack),)
        self.link = MqttLink(STOLEN, BrokerAddress("localhost", park.broker.port), own, topics)
        self.link.start(self._events.put)
        self._wait_for(LinkUp)

    def say(self, message: Message) -> None:
        """Send a message with a valid signature."""
        self.link.publish(*self._voice.message(message))

    def wait_for_answer(self) -> None:
        """Return when the centre has acknowledged something."""
        self._wait_for(Received)

    def _wait_for(self, kind: type[Event]) -> None:
        while not isinstance(self._events.get(timeout=LONGEST_S), kind):
            pass


def test_two_messages_that_make_a_time_beyond_the_calendar_do_not_end_the_centre(
    park: LivePark,
) -> None:
    honest = park.gates[FLOODED]
    honest.start()
    honest.wait(honest.settled)  # the centre hears
    stolen = Stolen(park)
    journal = FalseJournal(stolen.rng)
    now_ms = int(time.time() * 1000)
    record = taken(bytes(8), 1, 1, now_ms)
    record = record._replace(mono_ms=(1 << 48) - 1, boot=9, clock=ClockState.BOUNDED)
    state = GateState(
        boot=9,
        wall_ms=END_MS - 1,
        clock=int(ClockState.TRUSTED),
        waiting=0,
        lists=(),
        lanes=(),
        faults=(),
    )
    try:
        for _ in range(2):
            stolen.say(journal.batch([record]))
            stolen.wait_for_answer()
            stolen.say(state)
        stolen.say(journal.batch([record]))
        stolen.wait_for_answer()
    finally:
        stolen.link.stop()
    assert park.server.running
    assert honest.end() == 0
