"""Connect to the broker with paho: hand messages to a callback, publish answers.

MQTT 3.1.1, QoS 1 (notes: 0), TLS with our own certificate. Nothing here decides anything.
"""

import logging
import socket
import ssl
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from fleet_manager.config import BrokerFiles
from fleet_manager.daemon.limited_log import LimitedLog
from fleet_manager.daemon.packets import sender_of
from fleet_manager.errors import CentreConfigError
from fleet_manager.keys.certificates import CENTRE_NAME
from gate_agent.validator.messages.notes import is_note

_LOG = logging.getLogger(__name__)
KEEP_ALIVE_SECONDS = 30
MAX_WAITING = 2000
"""Greatest number of answers that wait for a slow broker. More are dropped: gates request again."""
MAX_WAITING_BYTES = 16 << 20
MAX_WAITING_BYTES_OF_ONE = 2 << 20
"""Of the answers to one gate."""
_RECONNECT_SECONDS = (1, 20)


class _Waiting:
    """Answers that paho keeps until the broker has them. Used by the thread that publishes: paho's
    callbacks run under locks that publishing takes too."""

    def __init__(self) -> None:
        self._sent: deque[tuple[str, int, mqtt.MQTTMessageInfo]] = deque()
        self._bytes: Counter[str] = Counter()
        self._size = 0

    def has_room(self, gate: str, size: int) -> bool:
        """Return whether an answer of `size` bytes to a gate may wait beside the others."""
        while self._sent and _is_gone(self._sent[0][2]):
            before, gone, _info = self._sent.popleft()
            self._size -= gone
            self._bytes[before] -= gone
            if not self._bytes[before]:
                del self._bytes[before]
        of_one = self._bytes[gate] + size
        return of_one <= MAX_WAITING_BYTES_OF_ONE and self._size + size <= MAX_WAITING_BYTES

    def add(self, gate: str, size: int, info: mqtt.MQTTMessageInfo) -> None:
        """Add an answer that was handed to paho."""
        self._sent.append((gate, size, info))
        self._bytes[gate] += size
        self._size += size


def _is_gone(info: mqtt.MQTTMessageInfo) -> bool:
    """Return whether paho does not keep a message any more: the broker has it, or it is lost."""
    try:
        return info.is_published()
    except (RuntimeError, ValueError):
        return True


class BrokerLink:
    """A connection that reconnects by itself.

    `put(topic, payload)` is called for each message and `up()` for each new connection, on paho's
    thread: they must neither block nor take long. An exception from them is logged, because it
    would end paho's thread. `unsent`: number of answers that were dropped.
    """

    def __init__(
        self,
        settings: BrokerFiles,
        park: str,
        put: Callable[[str, bytes], None],
        up: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._filter = f"sg1/{park}/+/up/#"
        self._put = put
        self._up = up
        self.connected = threading.Event()
        self.unsent = 0
        self._waiting = _Waiting()
        self._log = LimitedLog(_LOG)
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=CENTRE_NAME,
            clean_session=True,
            protocol=mqtt.MQTTv311,
        )
        client.on_socket_open = _send_at_once
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.max_queued_messages_set(MAX_WAITING)
        client.reconnect_delay_set(*_RECONNECT_SECONDS)
        self._client = client

    def start(self) -> None:
        """Begin to connect, and return at once. Raises CentreConfigError for unusable TLS files."""
        files = self._settings
        for file in (files.ca, files.certificate, files.key):
            if not file.is_file():
                raise CentreConfigError(
                    f"cannot open {file}: no such file", "check the section broker of centre.toml"
                )
        try:
            self._client.tls_set(
                ca_certs=str(files.ca),
                certfile=str(files.certificate),
                keyfile=str(files.key),
                cert_reqs=ssl.CERT_REQUIRED,
            )
        except (OSError, ValueError) as error:
            raise CentreConfigError(
                f"cannot use the TLS files of the broker: {error}",
                "check the section broker of centre.toml",
            ) from None
        self._client.connect_async(files.host, files.port, KEEP_ALIVE_SECONDS)
        self._client.loop_start()

    def stop(self) -> None:
        """Disconnect and end paho's thread. It may be called twice."""
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, packets: Iterable[tuple[str, bytes]]) -> None:
        """Publish packets. Never blocks. While the connection is down they are dropped: a gate
        that misses an answer requests it again."""
        for topic, payload in packets:
            self.unsent += not self._publish(topic, payload)

    def _publish(self, topic: str, payload: bytes) -> bool:
        """Hand a packet to paho; return whether it was taken."""
        gate, size = sender_of(topic), len(payload)
        if not self.connected.is_set() or not self._waiting.has_room(gate, size):
            return False
        info = self._client.publish(topic, payload, qos=0 if is_note(topic) else 1)
        if info.rc != mqtt.MQTT_ERR_SUCCESS:
            return False
        self._waiting.add(gate, size, info)
        return True

    def _on_connect(
        self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            _LOG.warning("the broker refuses the connection: %s", reason)
            return
        client.subscribe(self._filter, qos=1)

    def _on_subscribe(
        self, _client: mqtt.Client, _data: Any, _mid: int, reasons: Any, _properties: Any
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            _LOG.warning("the broker refuses the subscription to %s", self._filter)
            return
        _LOG.info("connected to %s:%s", self._settings.host, self._settings.port)
        self.connected.set()
        self._guard(self._up)

    def _on_connect_fail(self, _client: mqtt.Client, _data: Any) -> None:
        _LOG.warning("cannot reach the broker at %s:%s", self._settings.host, self._settings.port)

    def _on_disconnect(
        self, _client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        self.connected.clear()
        _LOG.info("disconnected from the broker: %s", reason)

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        def put() -> None:
            self._put(message.topic, bytes(message.payload))  # the topic may not even be UTF-8

        self._guard(put)

    def _guard(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - anything that escapes would end paho's thread
            self._log.warn(type(error).__name__, "a message could not be taken", error=error)


def _send_at_once(_client: mqtt.Client, _data: Any, connection: Any) -> None:
    """Switch Nagle's algorithm off (TCP_NODELAY): a reply to a claim must not wait until earlier
    packets are acknowledged."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
