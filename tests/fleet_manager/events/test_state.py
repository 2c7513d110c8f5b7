"""Readable state on a real broker of the house: retained, changed, deleted; and who may find it."""

import json
import os
import pwd
import queue
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from fleet_manager.centre import Centre
from fleet_manager.config import StateBroker
from fleet_manager.errors import CentreConfigError
from fleet_manager.events.state import readable
from fleet_manager.events.state.publisher import StatePublisher
from fleet_manager.events.state.topics import StateTopics
from fleet_manager.gates import gates, last_seen
from gate_agent.validator.passage import Direction, PassageKind
from hardware_sim.broker import find_mosquitto, free_port
from tests.fleet_manager.boards import STATE
from tests.fleet_manager.events.conftest import Clock, stored
from tests.fleet_manager.scribe import Scribe, ticket_id

LONGEST_S = 60.0
GATE = "scenic-gate/west-lake/gate/gate-1"
PARK = "scenic-gate/west-lake/park"
CONFIG = "homeassistant/device/scenic-gate-west-lake-gate-1/config"


@dataclass
class House:
    """A broker of the house. `port`: where it listens."""

    port: int
    settings: StateBroker
    sent: "queue.Queue[tuple[str, bytes, bool]]" = field(default_factory=queue.Queue)

    def watch(self) -> mqtt.Client:
        """Connect somebody who reads everything."""
        client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)

        def take(_client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
            self.sent.put((message.topic, bytes(message.payload), message.retain))

        def connected(*_: Any) -> None:
            client.subscribe("#", qos=1)

        client.on_message = take
        client.on_connect = connected
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        return client

    def wait_for(self, topic: str, fits: Callable[[bytes], bool] = lambda _: True) -> bytes:
        """Return the next payload of a topic that fits."""
        while True:
            where, payload, _ = self.sent.get(timeout=LONGEST_S)
            if where == topic and fits(payload):
                return payload


def settings_of(port: int) -> StateBroker:
    """A broker of this machine without TLS and names."""
    return StateBroker(
        host="127.0.0.1",
        port=port,
        authority=None,
        user="",
        password=None,
        prefix="scenic-gate",
        discovery="",
    )


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with running(tmp_path, free_port()) as started:
        yield started


@contextmanager
def running(folder: Path, port: int) -> Iterator[House]:
    """A real mosquitto that keeps what is retained, with a plain listener."""
    program = find_mosquitto()
    if program is None:
        pytest.skip("mosquitto is not installed")
    config = folder / "house.conf"
    user = pwd.getpwuid(os.geteuid()).pw_name
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nuser {user}\nlog_dest stderr\n"
    )
    process = subprocess.Popen([program, "-c", str(config)], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if " running" in line:
            break
    try:
        yield House(port, settings_of(port))
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


def reported(centre: Centre, gate: str = "gate-1", **fields: Any) -> None:
    """Let a gate say how it is, now."""
    now_ms = centre.clock()
    values = {"beacon_ms": now_ms - 500, "mono_ms": now_ms % 10**9, "wall_ms": now_ms, **fields}
    with centre.store.write() as connection:
        last_seen.save_state(connection, gate, replace(STATE, **values), (("main", 1),), now_ms)


# --- what is said ------------------------------------------------------------------------------


def test_a_gate_says_how_it_is_and_nothing_of_a_visitor(centre: Centre, clock: Clock) -> None:
    reported(centre, waiting=4)
    with centre.store.read() as connection:
        state = readable.read(connection, centre.calendar, centre.clock())
    gate = state.gates["gate-1"]
    assert set(gate) == {
        "v",
        "station",
        "online",
        "seen",
        "software",
        "clock",
        "waiting",
        "lists",
        "lanes",
        "faults",
    }
    assert (gate["online"], gate["waiting"], gate["clock"]) == (True, 4, "trusted")
    assert gate["lanes"] == [{"lane": 1, "mode": "controlled"}]
    assert gate["faults"] == ["scanner gone"]
    assert state.gates["gate-2"]["online"] is False
    assert state.gates["gate-2"]["seen"] is None
    clock.turn(4 * 60_000)
    with centre.store.read() as connection:
        later = readable.read(connection, centre.calendar, centre.clock())
    assert later.gates["gate-1"]["online"] is False
    assert later.park["gates_offline"] == 3


def test_the_park_says_how_full_it_is(centre: Centre) -> None:
    scribe = Scribe("gate-1", b"1" * 16)
    scribe.write(
        PassageKind.TAKEN, persons=9, admits=9, ticket=ticket_id(1), wall_ms=centre.clock()
    )
    scribe.write(
        PassageKind.TAKEN, direction=Direction.OUT, ticket=ticket_id(1), wall_ms=centre.clock()
    )
    stored(centre, scribe)
    with centre.store.read() as connection:
        park = readable.read(connection, centre.calendar, centre.clock()).park
    assert (park["inside"], park["entries_today"], park["limit_at_once"]) == (8, 9, 10)
    assert (park["level_at_once"], park["level_in_a_day"]) == ("busy", "free")


def test_a_device_of_home_assistant_has_what_it_asks_for(centre: Centre) -> None:
    reported(centre)
    topics = StateTopics("scenic-gate", "west-lake", "西湖", "homeassistant", "0.1.0")
    with centre.store.read() as connection:
        state = readable.read(connection, centre.calendar, centre.clock())
    messages = topics.messages(state)
    device = json.loads(messages[CONFIG])
    assert {"dev", "o", "cmps", "state_topic", "availability_topic", "qos"} == set(device)
    assert device["dev"]["ids"] == ["scenic-gate-west-lake-gate-1"]
    assert device["o"]["name"]
    assert device["state_topic"] in messages
    assert device["availability_topic"] == topics.status
    ids = [part["unique_id"] for part in device["cmps"].values()]
    assert len(ids) == len(set(ids))
    for part in device["cmps"].values():
        assert part["p"] in ("sensor", "binary_sensor")
        for name in json.loads(messages[GATE]):
            part["value_template"] = part["value_template"].replace(f"value_json.{name}", "")
        assert "value_json" not in part["value_template"], "a value that no gate says"


# --- on a broker -------------------------------------------------------------------------------


def test_whoever_connects_later_knows_everything_and_then_what_changes(
    centre: Centre, house: House, clock: Clock
) -> None:
    reported(centre)
    publisher = StatePublisher(centre, house.settings)
    publisher.start()
    first = house.watch()
    house.wait_for("scenic-gate/west-lake/gate/gate-3")
    second = House(house.port, house.settings)
    watching = second.watch()
    try:
        seen: dict[str, tuple[bytes, bool]] = {}
        while len(seen) < 5:
            topic, payload, retained = second.sent.get(timeout=LONGEST_S)
            seen[topic] = (payload, retained)
        assert all(retained for _, retained in seen.values())
        assert seen["scenic-gate/west-lake/status"][0] == b"online"
        assert json.loads(seen[GATE][0])["online"] is True
        clock.turn(1000)
        reported(centre, waiting=77)
        house.wait_for(GATE, lambda payload: b'"waiting":77' in payload)
    finally:
        publisher.stop()
    house.wait_for("scenic-gate/west-lake/status", lambda payload: payload == b"offline")
    for client in (first, watching):
        client.disconnect()
        client.loop_stop()


def test_a_gate_that_retires_is_deleted_and_home_assistant_is_told_again(
    centre: Centre, house: House
) -> None:
    watching = house.watch()
    publisher = StatePublisher(centre, replace(house.settings, discovery="homeassistant"))
    publisher.start()
    try:
        house.wait_for(CONFIG, bool)
        watching.publish("homeassistant/status", b"online")
        house.wait_for(CONFIG, bool)
        with centre.store.write() as connection:
            gates.retire(connection, "gate-1", centre.clock())
        house.wait_for(GATE, lambda payload: payload == b"")
        house.wait_for(CONFIG, lambda payload: payload == b"")
    finally:
        publisher.stop()
        watching.disconnect()
        watching.loop_stop()


def test_a_broker_that_comes_late_gets_everything(centre: Centre, tmp_path: Path) -> None:
    port = free_port()
    settings = settings_of(port)
    publisher = StatePublisher(centre, settings)
    publisher.start()
    try:
        with running(tmp_path, port) as house:
            watching = house.watch()
            assert json.loads(house.wait_for(PARK))["gates"] == 3
            watching.disconnect()
            watching.loop_stop()
    finally:
        publisher.stop()


def test_a_file_that_is_not_there_is_named(centre: Centre, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    settings = replace(settings_of(1883), user="gate")
    for wrong in (replace(settings, authority=missing), replace(settings, password=missing)):
        with pytest.raises(CentreConfigError, match="missing"):
            StatePublisher(centre, wrong)
