"""Sign messages to the centre with the gate's own key, and publish them."""

from gate_agent.health import Health
from gate_agent.ports import Link
from gate_agent.trust.key_renewal import KeyRenewal
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.envelopes import Message, encode, topic_of


class MessageSender:
    """`own`: the key in force at the moment of sending; it may be renewed meanwhile."""

    def __init__(self, park: str, gate: str, own: KeyRenewal, link: Link, health: Health) -> None:
        self._park, self._gate = park, gate
        self._own = own
        self._link = link
        self._health = health

    def send(self, message: Message) -> None:
        """Publish `message`. One that cannot be encoded is a fault of the outbox, not an error."""
        topic, identity = topic_of(self._park, self._gate, type(message)), self._own.identity
        try:
            payload = encode(topic, message, identity.key_id, identity.sign)
        except WireError as error:
            self._health.fault("outbox", str(error))
            return
        self._link.publish(topic, payload)
