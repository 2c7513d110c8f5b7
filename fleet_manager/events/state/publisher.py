"""Publish readable state to the broker of the house, in a thread of the web process.

It is another broker than the gates': they are not connected to it, so none of them can write what
signs show; and nothing that is retained there takes memory from the gates' broker.
"""

import logging
import ssl
import threading
from importlib.metadata import version
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy.exc import SQLAlchemyError

from fleet_manager.centre import Centre
from fleet_manager.config import StateBroker
from fleet_manager.errors import CentreConfigError
from fleet_manager.events.state import readable
from fleet_manager.events.state.topics import OFFLINE, ONLINE, Messages, StateTopics

_LOG = logging.getLogger(__name__)
EVERY_S = 4.0
KEEP_ALIVE_S = 30
_RECONNECT_S = (1, 60)


class StatePublisher:
    """Publishes what has changed, until `stop`. A broker that is away is tried again for ever."""

    def __init__(self, centre: Centre, settings: StateBroker) -> None:
        """Raise CentreConfigError for files that cannot be used."""
        config = centre.config
        self._centre = centre
        self._settings = settings
        self._topics = StateTopics(
            prefix=settings.prefix,
            park=config.park,
            name=f"{config.name_zh} {config.name_en}",
            discovery=settings.discovery,
            software=version("scenic-gate"),
        )
        self._sent: Messages = {}
        self._again = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="state", daemon=True)
        self._client = self._connectable()

    def start(self) -> None:
        """Begin, and return at once."""
        self._client.connect_async(self._settings.host, self._settings.port, KEEP_ALIVE_S)
        self._client.loop_start()
        self._thread.start()

    def stop(self) -> None:
        """Say that the state is kept up no more, and end."""
        self._stopping.set()
        self._thread.join()
        if self._client.is_connected():
            self._client.publish(self._topics.status, OFFLINE, qos=1, retain=True)
        self._client.disconnect()
        self._client.loop_stop()

    def _connectable(self) -> mqtt.Client:
        settings = self._settings
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"scenic-gate-{self._centre.config.park}",
            clean_session=True,
            protocol=mqtt.MQTTv311,
        )
        if settings.user:
            client.username_pw_set(settings.user, _password(settings))
        if settings.authority is not None:
            try:
                client.tls_set(ca_certs=str(settings.authority), cert_reqs=ssl.CERT_REQUIRED)
            except (OSError, ValueError) as error:
                raise CentreConfigError(
                    f"cannot use {settings.authority}: {error}", "check state.ca in centre.toml"
                ) from None
        client.will_set(self._topics.status, OFFLINE, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.reconnect_delay_set(*_RECONNECT_S)
        return client

    def _on_connect(
        self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            _LOG.warning("the broker of the house refuses the connection: %s", reason)
            return
        if self._topics.discovery:
            client.subscribe(self._topics.birth, qos=1)
        self._again.set()

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        """Send everything again once Home Assistant has started."""
        if message.payload == ONLINE:
            self._again.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._publish()
            except SQLAlchemyError as error:
                _LOG.warning("cannot read the state of gates: %s", error)
            except Exception:  # noqa: BLE001 - what one gate has said must not end it for all
                _LOG.exception("cannot publish the state of gates: a mistake of this program")
            self._stopping.wait(EVERY_S)

    def _publish(self) -> None:
        """Publish what differs from what was sent over this connection."""
        if not self._client.is_connected():
            return
        if self._again.is_set():
            self._again.clear()
            self._sent = {}
            self._client.publish(self._topics.status, ONLINE, qos=1, retain=True)
        with self._centre.store.read() as connection:
            state = readable.read(connection, self._centre.calendar, self._centre.clock())
        for topic, payload in self._topics.messages(state).items():
            if self._sent.get(topic) != payload:
                self._client.publish(topic, payload, qos=1, retain=True)
                self._sent[topic] = payload


def _password(settings: StateBroker) -> str | None:
    if settings.password is None:
        return None
    try:
        return settings.password.read_text("utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise CentreConfigError(
            f"cannot read {settings.password}: {error}", "check state.password_file in centre.toml"
        ) from None
