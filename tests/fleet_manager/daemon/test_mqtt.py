"""Test the centre on a real broker with TLS: gates, strangers, kills."""

import queue
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy.exc import OperationalError

from fleet_manager.centre import Centre
from fleet_manager.daemon.collector import Collector
from fleet_manager.daemon.daemon import Service
from fleet_manager.daemon.mqtt import MAX_WAITING_BYTES_OF_ONE, BrokerLink
from fleet_manager.daemon.packets import Packet
from fleet_manager.database import incidents
from fleet_manager.errors import CentreConfigError
from fleet_manager.incident import Incident
from fleet_manager.passages.counts import count
from fleet_manager.tickets.sell import TicketOrder
from fleet_manager.tickets.status import set_status
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.messages.envelopes import Ack, GateState, ListOffer, Message
from gate_agent.validator.passage import PassageKind
from hardware_sim.broker import Broker
from tests.fleet_manager.boards import STATE, Board, birth
from tests.fleet_manager.conftest import enrol
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id
from tests.fleet_manager.tickets.test_sell import TODAY, sell

pytestmark = pytest.mark.process
WAIT = 60.0


class Peer:
    """A plain MQTT client with a board's certificate."""

    def __init__(self, board: Board, folder: Path, broker: Broker, client_id: str = "") -> None:
        self.board = board
        self.received: queue.Queue[Message] = queue.Queue()
        self.granted: queue.Queue[int] = queue.Queue()
        self.up = threading.Event()
        self.down = threading.Event()
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id or board.name, protocol=mqtt.MQTTv311
        )
        client.tls_set(str(folder / "ca.crt"), str(folder / "cert.pem"), str(folder / "key.pem"))
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = lambda *_: self.down.set()
        client.reconnect_delay_set(1, 1)
        client.connect_async("localhost", broker.port)
        self.client = client

    def _on_connect(self, client: mqtt.Client, _d: Any, _f: Any, reason: Any, _p: Any) -> None:
        if not reason.is_failure:
            client.subscribe(f"sg1/west-lake/{self.board.name}/down/#", 1)

    def _on_subscribe(self, _c: Any, _d: Any, _m: Any, reasons: Any, _p: Any) -> None:
        self.granted.put(reasons[0].value)
        self.up.set()

    def _on_message(self, _c: Any, _d: Any, message: mqtt.MQTTMessage) -> None:
        self.received.put(self.board.verify((message.topic, bytes(message.payload))))

    def send(self, message: Message) -> None:
        self.client.publish(*self.board.sign(message), qos=1)

    def wait_for(self, kind: type[Message]) -> Message:
        while True:
            message = self.received.get(timeout=WAIT)
            if isinstance(message, kind):
                return message


@contextmanager
def connected(peer: Peer) -> Iterator[Peer]:
    peer.client.loop_start()
    try:
        assert peer.up.wait(WAIT)
        yield peer
    finally:
        peer.client.disconnect()
        peer.client.loop_stop()


@pytest.fixture
def peer(park: Centre, broker: Broker, tmp_path: Path) -> Peer:
    board = Board("gate-1", enrol(park, "gate-1", tmp_path / "gate-1"))
    return Peer(board, tmp_path / "gate-1", broker)


@pytest.fixture
def service(park: Centre, broker: Broker, peer: Peer) -> Iterator[Service]:
    settings = replace(park.config.broker, port=broker.port)
    collector = Collector(park.store, park.unlock(), "west-lake", park.calendar)
    started = Service(collector, settings, "west-lake")
    thread = threading.Thread(target=started.run)
    thread.start()
    assert started.link.connected.wait(WAIT)
    yield started
    started.stop()
    thread.join(WAIT)
    assert not thread.is_alive()


def test_records_come_in_and_lists_go_out(park: Centre, service: Service, peer: Peer) -> None:
    sell(park, TicketOrder("adult", TODAY, count=3))
    pen = Scribe("gate-1", b"j" * 16)
    for n in range(5):
        pen.write(PassageKind.TAKEN, ticket=ticket_id(n), product=1)
    with connected(peer):
        peer.send(birth(lists=()))
        assert peer.wait_for(Ack) == Ack(pen.journal_id, 0)
        assert isinstance(peer.wait_for(ListOffer), ListOffer)
        peer.send(STATE)
        peer.send(pen.batch(1, 3))
        assert peer.wait_for(Ack) == Ack(pen.journal_id, 3)
        peer.send(pen.batch(3))
        assert peer.wait_for(Ack) == Ack(pen.journal_id, 5)
        # Another process voids a ticket; the gate hears of a newer list.
        with park.store.write() as connection:
            set_status(connection, [1], TicketStatus.VOID)
        assert isinstance(peer.wait_for(ListOffer), ListOffer)
    day = park.calendar.day(NOON)
    with park.store.read() as connection:
        assert count(connection, day, day).total.entries == 5


def test_the_broker_is_killed_and_nothing_acknowledged_is_lost(
    park: Centre, broker: Broker, service: Service, peer: Peer
) -> None:
    pen = Scribe("gate-1", b"j" * 16)
    mark = 0
    with connected(peer):
        for _ in range(3):
            pen.write(PassageKind.FREE)
            peer.send(pen.batch(mark + 1))
            # An answer that the broker took with it into its death comes once more.
            while mark < len(pen.records):
                ack = peer.wait_for(Ack)
                assert isinstance(ack, Ack)
                mark = ack.mark
            assert mark == len(pen.records)
            peer.up.clear()
            peer.down.clear()
            service.link.connected.clear()
            broker.kill()
            assert peer.down.wait(WAIT)
            broker.start()
            assert peer.up.wait(WAIT)
            assert service.link.connected.wait(WAIT)
    day = park.calendar.day(NOON)
    with park.store.read() as connection:
        assert count(connection, day, day).total.free == 3


def test_nothing_that_arrives_ends_the_thread(service: Service, peer: Peer) -> None:
    with connected(peer):
        for topic in ("sg1/west-lake/gate-1/up/passages", "sg1/west-lake/gate-1/up/x/\U0001f600"):
            for payload in (b"", b"\xff" * 100, b"x" * 60_000):
                peer.client.publish(topic, payload, qos=1)
        peer.send(birth())
        assert peer.wait_for(Ack) == Ack(b"j" * 16, 0)


def test_a_gate_cannot_speak_for_or_listen_to_another(
    park: Centre, broker: Broker, service: Service, peer: Peer, tmp_path: Path
) -> None:
    other = Board("gate-2", enrol(park, "gate-2", tmp_path / "gate-2"))
    # It claims the client id of gate-1: it is gate-2 all the same, and gate-1 stays connected.
    liar = Peer(other, tmp_path / "gate-2", broker, client_id="gate-1")
    liar.board = Board("gate-1", other.bundle)
    with connected(peer), connected(liar):
        liar.client.publish(*liar.board.sign(STATE), qos=1)
        peer.send(replace(STATE, beacon_ms=NOON))
        peer.send(birth())
        assert peer.wait_for(Ack) == Ack(b"j" * 16, 0)
        assert not peer.down.is_set()
        assert liar.received.empty()
    with park.store.read() as connection:
        from fleet_manager.database import incidents
        from fleet_manager.gates import gates

        assert [gate.seen_ms is None for gate in gates.every(connection)] == [False, True]
        assert incidents.every(connection) == []


def test_nobody_without_a_certificate_of_the_park(broker: Broker, tmp_path: Path) -> None:
    context = ssl.create_default_context(cafile=str(tmp_path / "broker" / "ca.crt"))
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
    client.tls_set_context(context)
    refused = threading.Event()
    client.on_connect_fail = lambda *_: refused.set()
    client.on_disconnect = lambda *_: refused.set()
    client.connect_async("localhost", broker.port)
    client.loop_start()
    assert refused.wait(WAIT)
    client.loop_stop()


def test_what_the_database_refuses_does_not_hold_up_the_rest(
    park: Centre, peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    with park.store.write() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER t BEFORE INSERT ON journal WHEN NEW.id = x'6a' "
            "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END".replace("6a", "6a" * 16)
        )
    collector = Collector(park.store, park.unlock(), "west-lake", park.calendar)
    collector.refresh(NOON)
    service = Service(collector, park.config.broker, "west-lake")
    bad, good = Scribe("gate-1", b"j" * 16), Scribe("gate-1", b"k" * 16)
    for pen in (bad, good):
        pen.write(PassageKind.FREE)
    answers = service._process([peer.board.sign(pen.batch()) for pen in (bad, good)])
    assert [peer.board.verify(answer) for answer in answers] == [Ack(good.journal_id, 1)]
    assert "the disk is full" in caplog.text


def test_a_message_that_the_centre_fails_on_is_an_incident_of_its_gate_and_stops_no_other(
    park: Centre, peer: Peer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = Collector(park.store, park.unlock(), "west-lake", park.calendar)
    collector.refresh(NOON)
    service = Service(collector, park.config.broker, "west-lake")
    answer = collector._answer

    def answers(connection: Any, gate: str, message: Message, *others: Any) -> Any:
        if isinstance(message, GateState):
            raise ValueError("year 18918 is out of range")
        return answer(connection, gate, message, *others)

    monkeypatch.setattr(collector, "_answer", answers)
    pens = [Scribe("gate-1", bytes([n]) * 16) for n in range(9)]
    for pen in pens:
        pen.write(PassageKind.FREE)
    good = [peer.board.sign(pen.batch()) for pen in pens]
    bad = peer.board.sign(STATE)
    answers_sent = service._process([*good[:5], bad, *good[5:], bad])
    acks = [peer.board.verify(packet) for packet in answers_sent]
    assert acks == [Ack(pen.journal_id, 1) for pen in pens]
    with park.store.read() as connection:
        [counted] = [one for one in incidents.every(connection) if one.times == 2]
    assert (counted.kind, counted.gate, counted.times) == (Incident.REFUSED, "gate-1", 2)
    assert counted.detail == "the centre fails on it: ValueError"
    assert caplog.text.count("Traceback") == 1  # the second within a minute is counted alone
    assert "cannot store a message of gate-1: year 18918" in caplog.text


def test_a_task_that_fails_does_not_end_the_daemon_and_is_an_incident(
    park: Centre, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = Collector(park.store, park.unlock(), "west-lake", park.calendar)
    service = Service(collector, park.config.broker, "west-lake")

    def fails(_now_ms: int) -> list[Packet]:
        raise ZeroDivisionError

    monkeypatch.setattr(collector, "refresh", fails)
    for _ in range(5):
        assert service._refresh() == []
    with park.store.read() as connection:
        [counted] = incidents.every(connection)
    assert (counted.kind, counted.times) == (Incident.FAILED, 1)
    assert caplog.text.count("Traceback") == 1


def test_what_is_lost_of_a_greedy_gate_is_an_incident_that_names_it(
    park: Centre, peer: Peer
) -> None:
    collector = Collector(park.store, park.unlock(), "west-lake", park.calendar)
    collector.refresh(NOON)
    service = Service(collector, park.config.broker, "west-lake")
    for gate in ("gate-1", "stranger"):
        for _ in range(203):
            service.put(f"sg1/west-lake/{gate}/up/state", b"")
    service._record_lost()
    with park.store.read() as connection:
        lost = {(one.kind, one.gate): one.times for one in incidents.every(connection)}
    assert lost == {(Incident.DROPPED, "gate-1"): 3, (Incident.DROPPED, ""): 3}


def test_answers_that_wait_for_a_slow_broker_are_bounded_in_bytes_for_each_gate(
    park: Centre,
) -> None:
    link = BrokerLink(park.config.broker, "west-lake", lambda _t, _p: None, lambda: None)
    with socket.create_server(("127.0.0.1", 0)) as server:
        link._client.connect_async("127.0.0.1", server.getsockname()[1])
        link._client.loop_start()
        broker, _ = server.accept()
        with broker:
            broker.recv(100)
            broker.sendall(b"\x20\x02\x00\x00")
            broker.recv(100)
            broker.sendall(b"\x90\x03\x00\x01\x01")
            assert link.connected.wait(WAIT)
            chunk = bytes(40_000)  # from here on the broker acknowledges nothing
            link.send(("sg1/west-lake/gate-1/down/chunk", chunk) for _ in range(100))
            unsent = 100 - MAX_WAITING_BYTES_OF_ONE // 40_000
            assert link.unsent == unsent
            link.send([("sg1/west-lake/gate-2/down/chunk", chunk)])
            assert link.unsent == unsent
        link.stop()


def test_announcements_for_a_new_connection_are_sent_when_the_database_answers_again(
    park: Centre, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = Collector(park.store, park.unlock(), "west-lake", park.calendar)
    service = Service(collector, park.config.broker, "west-lake")

    def fails(_now_ms: int) -> list[Packet]:
        raise OperationalError("SELECT", None, Exception("the database is locked"))

    with monkeypatch.context() as broken:
        broken.setattr(collector, "announce_all", fails)
        assert service._refresh(connected=True) == []
    assert service._came_up.is_set()
    service._came_up.clear()
    assert service._refresh(connected=True) != []
    assert not service._came_up.is_set()


def test_the_daemon_serves_until_it_is_terminated(park: Centre, broker: Broker, peer: Peer) -> None:
    file = park.config.folder / "centre.toml"
    file.write_text(file.read_text().replace("8883", str(broker.port)))
    command = [sys.executable, "-m", "fleet_manager", "serve", "--no-web", "--verbose"]
    daemon = subprocess.Popen(
        [*command, "--data", str(park.config.folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert daemon.stderr is not None
        for line in daemon.stderr:
            if "connected to" in line:
                break
        with connected(peer):
            peer.send(birth())
            assert peer.wait_for(Ack) == Ack(b"j" * 16, 0)
        daemon.terminate()
        out, _ = daemon.communicate(timeout=WAIT)
        assert (daemon.returncode, out) == (0, f"serving west-lake at localhost:{broker.port}\n")
    finally:
        daemon.kill()
        daemon.communicate()


def test_a_full_queue_drops_and_counts(park: Centre) -> None:
    collector = Collector(park.store, park.unlock(), "west-lake", park.calendar)
    service = Service(collector, park.config.broker, "west-lake")
    for _ in range(203):
        service.put("sg1/west-lake/gate-1/up/state", b"")
    assert service._queue.take_lost() == {"gate-1": 3}


@pytest.mark.parametrize("name", ["ca", "certificate", "key"])
def test_missing_or_broken_tls_files_are_named(park: Centre, name: str, tmp_path: Path) -> None:
    for content, match in ((None, "cannot open .*nowhere"), (b"rubbish", "TLS files")):
        file = tmp_path / "nowhere"
        if content is not None:
            file.write_bytes(content)
        changed: dict[str, Any] = {name: file}
        settings = replace(park.config.broker, **changed)
        link = BrokerLink(settings, "west-lake", lambda _t, _p: None, lambda: None)
        with pytest.raises(CentreConfigError, match=match):
            link.start()


def test_what_put_raises_ends_nothing(park: Centre, caplog: pytest.LogCaptureFixture) -> None:
    def put(_topic: str, _payload: bytes) -> None:
        raise RuntimeError

    link = BrokerLink(park.config.broker, "west-lake", put, lambda: None)
    link._on_message(link._client, None, mqtt.MQTTMessage(0, b"\xff"))
    assert "could not be taken" in caplog.text


def test_answers_without_a_connection_are_dropped_and_counted(park: Centre) -> None:
    link = BrokerLink(park.config.broker, "west-lake", lambda _t, _p: None, lambda: None)
    link.send([("a", b""), ("b", b"")])
    assert link.unsent == 2
