"""Whoever owns the broker records what a real gate and a real centre say, over a kill and another
card, and sends it again in any order: nothing changes, and everything goes on."""

import random
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet_manager.database import incidents
from fleet_manager.gates.gates import EnrolledGate, find
from fleet_manager.incident import Incident
from fleet_manager.keys import certificates
from fleet_manager.keys.vault import to_pem
from fleet_manager.passages.counts import count
from gate_agent.validator.passage import PassageKind
from hardware_sim import broker
from hardware_sim.broker import find_mosquitto
from hardware_sim.devices.scanner import SimScanner
from tests.process.live_park import PARK, Gate, LivePark
from tests.process.siege.raw_mqtt import RawClient

pytestmark = pytest.mark.process
ROUNDS, EACH = 3, 120


@pytest.fixture
def taken_broker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The broker of the field, but for a stranger who may do everything."""
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    shutil.copy(broker.CONFIG / "mosquitto.conf", tmp_path)
    rules = (broker.CONFIG / "mosquitto.acl").read_text("utf-8")
    (tmp_path / "mosquitto.acl").write_text(f"{rules}\nuser stranger\ntopic readwrite sg1/#\n")
    monkeypatch.setattr(broker, "CONFIG", tmp_path)


def stranger(park: LivePark) -> Path:
    """The folder of somebody to whom the broker opens."""
    folder = park.folder / "stranger"
    folder.mkdir()
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    vault, now = park.centre.unlock(), datetime.now(UTC)
    (folder / "cert.pem").write_bytes(certificates.client(vault, PARK, "stranger", public, now))
    (folder / "key.pem").write_bytes(to_pem(key))
    (folder / "ca.crt").write_bytes(park.centre.authority())
    return folder


def shown(park: LivePark, gate: Gate, scanner: SimScanner, at: int) -> PassageKind:
    """Show a ticket; return what the gate recorded first, once the centre has it."""
    before = len(gate.records())
    scanner.present(park.printed(at))
    gate.wait(lambda: len(gate.records()) > before)
    kind = gate.records()[before].kind
    gate.wait(lambda: gate.settled() and gate.status()["head"] == len(gate.records()))
    return kind


def report_of(park: LivePark) -> EnrolledGate:
    with park.centre.store.read() as connection:
        return find(connection, "north-1")


def entries(park: LivePark, gate: Gate) -> int:
    day = park.centre.calendar.day(gate.records()[0].wall_ms)
    with park.centre.store.read() as connection:
        return count(connection, day - 1, day + 1).total.entries


def a_day(park: LivePark, gate: Gate, scanner: SimScanner) -> None:
    """Two visitors, a kill, another card, and one more."""
    gate.start()
    gate.wait(gate.settled)
    assert shown(park, gate, scanner, 0) is PassageKind.GRANTED
    gate.kill()
    gate.start()
    gate.wait(gate.settled)
    assert shown(park, gate, scanner, 1) is PassageKind.GRANTED
    assert gate.end() == 0
    shutil.rmtree(gate.data)
    gate.start()
    gate.wait(gate.settled)
    assert shown(park, gate, scanner, 2) is PassageKind.GRANTED
    gate.wait(lambda: report_of(park).seen_ms is not None)


def test_a_foreign_client_that_sends_a_recorded_day_again_changes_nothing(
    taken_broker: None,
) -> None:
    chance = random.Random(4)
    with (
        LivePark("north-1") as park,
        RawClient(park.broker.port, stranger(park), "sg1/#") as client,
        SimScanner(park.gates["north-1"].scanner) as scanner,
    ):
        gate = park.gates["north-1"]
        gate.write_config(arm="")
        a_day(park, gate, scanner)
        day, records = list(client.heard), gate.records()
        assert {topic.rsplit("/", 1)[1] for topic, _ in day} >= {
            "birth", "state", "passages", "claim", "since",
            "ack", "list", "chunk", "beacon", "verdict", "news",
        }  # fmt: skip
        before = entries(park, gate), gate.status()["list_version"], gate.status()["faults"]
        journal = gate.status()["journal"]
        for _ in range(ROUNDS):
            heard = len(client.heard)
            for topic, payload in chance.choices(day, k=EACH):
                client.publish(topic, payload)
            client.wait_for(heard + EACH)
        assert gate.records() == records
        assert shown(park, gate, scanner, 3) is PassageKind.GRANTED
        for used in (2, 3):
            assert shown(park, gate, scanner, used) is PassageKind.DENIED
        status = gate.status()
        assert (entries(park, gate) - 1, status["list_version"], status["faults"]) == before
        assert (status["journal"], status["waiting"]) == (journal, 0)
        assert report_of(park).seen_ms is not None
        with park.centre.store.read() as connection:
            kinds = {counted.kind for counted in incidents.every(connection)}
        assert kinds <= {Incident.NEW_JOURNAL, Incident.REFUSED}
        assert gate.end() == 0
        assert "Traceback" not in gate.log.read_text()
