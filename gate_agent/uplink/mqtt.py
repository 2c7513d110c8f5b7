"""The connection to the centre's broker: paho-mqtt and nothing else. Callbacks become events.

MQTT 3.1.1, QoS 1 (notes: 0), clean session, TLS with the gate's own certificate; gate id =
certificate name = user name = client id. paho runs one thread of its own, which reconnects for
ever.
"""

import logging
import socket
import ssl
import sys
from pathlib import Path
from typing import Any

from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gate_agent.config.settings import BrokerAddress
from gate_agent.errors import ConfigError
from gate_agent.events import LinkDown, LinkUp, Received
from gate_agent.import_stub import stub_import
from gate_agent.ports import Put
from gate_agent.trust.identity import AUTHORITY, CERTIFICATE, KEY, Identity
from gate_agent.uplink.link_trouble import closed_by_broker, refused_by_broker, trouble_of
from gate_agent.validator.messages.envelopes import MAX_PAYLOAD_BYTES
from gate_agent.validator.messages.notes import is_note

# paho asks it for a proxy where PySocks is installed, and for nothing else: 2.2 MiB.
with stub_import("urllib.request"):
    import paho.mqtt.client as mqtt

KEEPALIVE_S = 20
LONGEST_WAIT_S = 30
MAX_WAITING = 64
_log = logging.getLogger(__name__)


class MqttLink:
    """`topics`: what to subscribe to, on every connect. `identity`: whose files TLS uses.

    Raises ConfigError if those cannot be used.
    """

    def __init__(
        self, gate: str, broker: BrokerAddress, identity: Identity, topics: tuple[str, ...]
    ) -> None:
        self._broker = broker
        self._topics = topics
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=gate, protocol=mqtt.MQTTv311, clean_session=True
        )
        folder = identity.folder
        try:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self._tls.load_verify_locations(folder / AUTHORITY)
            self._tls.load_cert_chain(identity.certificate, identity.private)
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"{folder}: cannot use {AUTHORITY}, {CERTIFICATE} and {KEY}: {error}",
                "copy the folder again that fleet-manager gate add wrote for this gate",
            ) from None
        client.tls_set_context(self._tls)
        client.reconnect_delay_set(1, LONGEST_WAIT_S)
        client.max_inflight_messages_set(20)
        client.max_queued_messages_set(MAX_WAITING)
        client.on_socket_open = _send_at_once
        self._at = f"{broker.host}:{broker.port}"
        self._accepted = False
        self._why = ""
        self._errors = _LastError()
        client.enable_logger(self._errors.logger)
        client.on_connect_fail = self._on_connect_fail
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        self._client = client
        self._put: Put | None = None

    def start(self, put: Put) -> None:
        """Begin to connect; return at once, whether the centre can be reached or not. `put` may
        wait: then nothing more is read from the broker."""
        self._put = put
        self._client.connect_async(self._broker.host, self._broker.port, KEEPALIVE_S)
        self._client.loop_start()

    def stop(self) -> None:
        """Disconnect and end the thread. `put` must not wait any more."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes) -> None:
        """Hand a payload to paho. A batch that is lost here is sent again by the outbox."""
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise AssertionError("a message of more than 48 KiB would reconnect for ever")
        if self._client.is_connected():
            self._client.publish(topic, payload, qos=0 if is_note(topic) else 1)

    def rekey(self, certificate: Path, private: Path) -> None:
        """Open the next connection with these PEM files; this one goes on."""
        try:
            self._tls.load_cert_chain(certificate, private)
        except (OSError, ValueError) as error:
            _log.error("cannot use the new certificate %s: %s", certificate, error)

    def _on_connect(
        self,
        client: mqtt.Client,
        _data: object,
        _flags: mqtt.ConnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if code.is_failure:
            self._why = refused_by_broker(self._at, str(code)).line()
            return
        self._accepted = True
        client.subscribe([(topic, 1) for topic in self._topics])
        self._put_event(LinkUp())

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _data: object,
        _flags: mqtt.DisconnectFlags,
        _code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        """Say why. With TLS 1.3 a broker that refuses the certificate ends the connection after
        the handshake (RFC 8446, section 4.4.2.4), so the refusal comes here."""
        error, self._errors.text = self._errors.text, ""
        if self._accepted:
            why = f"the connection to {self._at} was lost"
        elif "ALERT" in error.upper():
            why = refused_by_broker(self._at, error).line()
        else:
            why = self._why or closed_by_broker(self._at).line()
        self._accepted, self._why = False, ""
        self._put_event(LinkDown(why))

    def _on_connect_fail(self, _client: mqtt.Client, _data: object) -> None:
        """Say why. paho calls this while it handles the error, and gives it to nobody else."""
        error = sys.exc_info()[1] or OSError("unknown")
        self._put_event(LinkDown(trouble_of(error, self._broker).line()))

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        # What is too long is refused by its length; the rest of it need not wait with it.
        self._put_event(Received(topic, bytes(message.payload[: MAX_PAYLOAD_BYTES + 1])))

    def _put_event(self, event: LinkUp | LinkDown | Received) -> None:
        if self._put is not None:
            self._put(event)


class _LastError(logging.Handler):
    """Keeps the last error that paho met: its callbacks do not tell. `text`: empty for none."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.text = ""
        self.logger = logging.Logger("paho", logging.ERROR)  # noqa: LOG001 - each link its own
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.text = record.getMessage()


def _send_at_once(_client: mqtt.Client, _data: object, connection: Any) -> None:
    """Switch Nagle's algorithm off: a claim must not wait until what was sent before is
    acknowledged."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
