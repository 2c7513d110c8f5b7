"""The way to the centre, on a real broker with TLS and the files that go to the field."""

import queue
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from fleet_manager import centre
from fleet_manager.access.actor import computer_user
from fleet_manager.config import BrokerFiles as CentreBroker
from fleet_manager.daemon.mqtt import BrokerLink as CentreLink
from fleet_manager.gates import gates
from fleet_manager.services.park import NewPark, create, write_broker_files
from gate_agent.actor.inbox import MOST_MESSAGES, Inbox
from gate_agent.config.settings import BrokerAddress
from gate_agent.errors import ConfigError
from gate_agent.events import Event, LinkDown, LinkUp, Received
from gate_agent.health import Health
from gate_agent.trust import identity
from gate_agent.uplink.mqtt import MqttLink
from gate_agent.validator.messages.envelopes import (
    MAX_PAYLOAD_BYTES,
    Ack,
    Birth,
    Chunk,
    ListOffer,
    topic_of,
)
from hardware_sim.broker import Broker, BrokerFiles, find_mosquitto
from tests.gate_agent.samples import GATE, PARK

WAIT_S = 60.0
TOPICS = tuple(topic_of(PARK, GATE, kind) for kind in (Ack, ListOffer, Chunk))
UP = topic_of(PARK, GATE, Birth)


class Park:
    """A centre's keys, its broker, and the centre's own link listening."""

    def __init__(self, folder: Path) -> None:
        now = datetime.now(UTC)
        self.folder = folder
        create(
            folder / "centre",
            computer_user(),
            NewPark(park=PARK, name_zh="西湖", name_en="West Lake", time_zone="Asia/Shanghai"),
            now,
        )
        with centre.opened(folder / "centre") as park:
            vault, authority = park.unlock(), park.authority()
            for gate in (GATE, "south-1"):
                gates.draw_bundle(vault, PARK, gate, authority, now).write(folder / gate)
            key, ca, certificate = write_broker_files(
                park, computer_user(), "localhost", folder / "broker"
            )
            self.settings: CentreBroker = park.config.broker
        self.broker = Broker(folder / "broker", BrokerFiles(ca, certificate, key))
        self.heard: queue.Queue[tuple[str, bytes]] = queue.Queue()

    def gate(self, name: str = GATE, topics: tuple[str, ...] = TOPICS) -> MqttLink:
        broker = BrokerAddress("localhost", self.broker.port)
        return MqttLink(name, broker, identity.load(self.folder / name), topics)

    @contextmanager
    def centre(self) -> Iterator[CentreLink]:
        settings = replace(self.settings, host="localhost", port=self.broker.port)
        link = CentreLink(
            settings, PARK, lambda topic, payload: self.heard.put((topic, payload)), lambda: None
        )
        link.start()
        try:
            assert link.connected.wait(WAIT_S)
            yield link
        finally:
            link.stop()


@contextmanager
def started(link: MqttLink) -> Iterator["queue.Queue[Event]"]:
    events: queue.Queue[Event] = queue.Queue()
    link.start(events.put)
    try:
        yield events
    finally:
        link.stop()


def up(events: "queue.Queue[Event]") -> bool:
    """Waits for the link, through whatever is said of why there is none."""
    while isinstance(event := events.get(timeout=WAIT_S), LinkDown):
        pass
    return event == LinkUp()


def linked(inbox: Inbox) -> bool:
    """The same, of a gate's inbox."""
    while isinstance(event := inbox.get(WAIT_S), LinkDown):
        pass
    return event == LinkUp()


def why(events: "queue.Queue[Event]") -> str:
    """Why there is no link, as the first event says it."""
    event = events.get(timeout=WAIT_S)
    assert isinstance(event, LinkDown)
    return event.why


@pytest.fixture
def park(tmp_path: Path) -> Iterator[Park]:
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    made = Park(tmp_path)
    with made.broker:
        yield made


@pytest.mark.process
def test_both_directions(park: Park) -> None:
    link = park.gate()
    with started(link) as events, park.centre() as other:
        assert events.get(timeout=WAIT_S) == LinkUp()
        link.publish(UP, b"\0hello\xff")
        assert park.heard.get(timeout=WAIT_S) == (UP, b"\0hello\xff")
        for topic in TOPICS:
            other.send([(topic, topic.encode())])
            assert events.get(timeout=WAIT_S) == Received(topic, topic.encode())


@pytest.mark.process
def test_a_flood_waits_at_the_broker_and_arrives_whole(park: Park) -> None:
    """The gate takes nothing in until all is sent; it can speak meanwhile, and loses nothing."""
    inbox, link = Inbox(Health()), park.gate()
    messages = [(TOPICS[0], b"%d" % number) for number in range(20 * MOST_MESSAGES)]
    link.start(inbox.put_message)
    try:
        assert linked(inbox)
        with park.centre() as other:
            other.send(messages)
            link.publish(UP, b"I am here")
            assert park.heard.get(timeout=WAIT_S) == (UP, b"I am here")
            arrived = [inbox.get(WAIT_S) for _ in messages]
        assert arrived == [Received(topic, payload) for topic, payload in messages]
    finally:
        inbox.close()
        link.stop()


@pytest.mark.process
def test_the_end_of_the_gate_is_not_held_up_by_a_flood(park: Park) -> None:
    inbox, link = Inbox(Health()), park.gate()
    link.start(inbox.put_message)
    assert linked(inbox)
    with park.centre() as other:
        other.send([(TOPICS[0], b"x")] * 10 * MOST_MESSAGES)
        assert inbox.get(WAIT_S) == Received(TOPICS[0], b"x")  # the flood is there
        inbox.close()
        link.stop()  # hangs if paho's thread still waits
    while inbox.get(0.0) is not None:
        pass


@pytest.mark.process
def test_a_broker_that_ends_under_a_flood_is_found_again(park: Park) -> None:
    """What came before the end is taken first, in order; then the end, and the new link."""
    inbox, link = Inbox(Health()), park.gate()
    link.start(inbox.put_message)
    try:
        assert linked(inbox)
        with park.centre() as other:
            other.send([(TOPICS[0], b"x")] * 5 * MOST_MESSAGES)
            assert inbox.get(WAIT_S) == Received(TOPICS[0], b"x")
            park.broker.kill()
        while isinstance(event := inbox.get(WAIT_S), Received):
            pass
        assert isinstance(event, LinkDown)
        park.broker.start()
        assert linked(inbox)
    finally:
        inbox.close()
        link.stop()


@pytest.mark.process
def test_the_largest_message_goes_through(park: Park) -> None:
    link = park.gate()
    largest = bytes(MAX_PAYLOAD_BYTES)
    with started(link) as events, park.centre() as other:
        assert events.get(timeout=WAIT_S) == LinkUp()
        link.publish(UP, largest)
        assert park.heard.get(timeout=WAIT_S) == (UP, largest)
        other.send([(TOPICS[2], largest)])
        assert events.get(timeout=WAIT_S) == Received(TOPICS[2], largest)


@pytest.mark.process
def test_a_killed_broker_is_found_again(park: Park) -> None:
    link = park.gate()
    with started(link) as events:
        assert events.get(timeout=WAIT_S) == LinkUp()
        park.broker.kill()
        down = events.get(timeout=WAIT_S)
        assert isinstance(down, LinkDown)
        assert down.why == f"the connection to localhost:{park.broker.port} was lost"
        link.publish(UP, b"lost, and sent again by sync")
        park.broker.start()
        assert up(events)
        with park.centre() as other:
            other.send([(TOPICS[0], b"subscribed again")])
            assert events.get(timeout=WAIT_S) == Received(TOPICS[0], b"subscribed again")
            assert park.heard.empty()


@pytest.mark.process
def test_a_gate_that_wakes_before_the_broker_waits_for_it(park: Park) -> None:
    port = park.broker.port
    park.broker.stop()
    link = park.gate()
    with started(link) as events:
        assert f"nobody listens at localhost:{port}" in why(events)
        park.broker.start()
        assert park.broker.port == port
        assert up(events)


@pytest.mark.process
def test_a_gate_cannot_speak_for_another(park: Park) -> None:
    honest, liar = park.gate(), park.gate("south-1", (topic_of(PARK, "south-1", Ack),))
    with started(honest) as one, started(liar) as two, park.centre():
        assert one.get(timeout=WAIT_S) == LinkUp()
        assert two.get(timeout=WAIT_S) == LinkUp()
        liar.publish(UP, b"I am north-1")
        honest.publish(UP, b"I am north-1, really")
        assert park.heard.get(timeout=WAIT_S) == (UP, b"I am north-1, really")


@pytest.mark.process
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # paho's, after a failed handshake
def test_a_broker_of_another_authority_is_not_spoken_to(park: Park, tmp_path: Path) -> None:
    stranger = Park(tmp_path / "stranger")
    shutil.copy(stranger.folder / GATE / "ca.crt", park.folder / GATE / "ca.crt")
    with started(park.gate()) as events:
        assert "not of this park's authority" in why(events)


@pytest.mark.process
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_broker_of_another_name_is_said(park: Park) -> None:
    # The resolver takes this for 127.0.0.1, which the certificate has in that spelling alone.
    broker = BrokerAddress("127.1", park.broker.port)
    with started(MqttLink(GATE, broker, identity.load(park.folder / GATE), TOPICS)) as events:
        assert "is for another name than 127.1; set host to a name in it" in why(events)


@pytest.mark.process
def test_a_gate_whose_certificate_has_expired_hears_that_the_broker_refuses_it(park: Park) -> None:
    """With TLS 1.3 the handshake succeeds; the refusal comes with the first read."""
    with centre.opened(park.folder / "centre") as opened:
        then = datetime(2010, 1, 1, tzinfo=UTC)
        bundle = gates.draw_bundle(opened.unlock(), PARK, GATE, opened.authority(), then)
        bundle.write(park.folder / "old")
    link = park.gate("old")
    with started(link) as events:
        assert "does not accept this gate's certificate" in why(events)


@pytest.mark.process
def test_a_name_that_nobody_knows_is_said(park: Park) -> None:
    broker = BrokerAddress("centre.invalid", 8883)
    with started(MqttLink(GATE, broker, identity.load(park.folder / GATE), TOPICS)) as events:
        assert "the name centre.invalid is not known" in why(events)


# --- without a broker --------------------------------------------------------------------------


@pytest.fixture
def link(tmp_path: Path) -> MqttLink:
    return Park(tmp_path).gate()


def test_stopping_what_never_started_is_nothing(link: MqttLink) -> None:
    link.stop()
    link.stop()


def test_an_oversize_message_is_a_broken_invariant(link: MqttLink) -> None:
    with pytest.raises(AssertionError, match="48 KiB"):
        link.publish(UP, bytes(MAX_PAYLOAD_BYTES + 1))


def test_what_is_said_without_a_connection_is_not_queued(link: MqttLink) -> None:
    link.publish(UP, b"x")
    assert link._client._out_messages == {}


def test_a_topic_that_is_no_text_does_not_end_pahos_thread(link: MqttLink) -> None:
    events: list[Event] = []
    link._put = events.append
    message = mqtt.MQTTMessage(topic=b"\xff\xfe")
    message.payload = b"x"
    link._on_message(link._client, None, message)
    assert events == [Received("", b"x")]


def test_a_refused_connection_is_no_link(link: MqttLink) -> None:
    events: list[Event] = []
    link._put = events.append
    refused = ReasonCode(PacketTypes.CONNACK, "Not authorized")
    link._on_connect(link._client, None, mqtt.ConnectFlags(False), refused, None)
    assert events == []
    flags = mqtt.DisconnectFlags(False)
    link._on_disconnect(link._client, None, flags, refused, None)
    [down] = events
    assert isinstance(down, LinkDown)
    assert "does not accept this gate's certificate: Not authorized" in down.why
    link._put = None
    link._put_event(LinkUp())
    assert link._client.publish("x").rc == MQTTErrorCode.MQTT_ERR_NO_CONN


@pytest.mark.parametrize("name", ["ca.crt", "cert.pem", "key.pem"])
@pytest.mark.parametrize("content", [None, b"", b"\xff not PEM"])
def test_files_that_cannot_be_used_are_named(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    park = Park(tmp_path)
    file = tmp_path / GATE / name
    file.unlink()
    if content is not None:
        file.write_bytes(content)
        file.chmod(0o600)
    with pytest.raises(ConfigError) as caught:
        park.gate()
    assert str(tmp_path / GATE) in str(caught.value)
    assert name in str(caught.value)
    assert "fleet-manager gate add" in caught.value.hint
