"""Write messages to gates as packets: topic and signed payload."""

from fleet_manager.keys.vault import Signer
from gate_agent.validator.messages import envelopes
from gate_agent.validator.messages.envelopes import Message, is_name, topic_of

Packet = tuple[str, bytes]
"""Topic and payload."""


def sender_of(topic: str) -> str:
    """Return the gate that a topic names, which may be none of ours; empty if it names none."""
    parts = topic.split("/", 3)
    return parts[2] if len(parts) == 4 and parts[0] == "sg1" and is_name(parts[2]) else ""


class PacketWriter:
    """Signs messages of the centre to the gates of one park."""

    def __init__(self, park: str, signer: Signer) -> None:
        self._park = park
        self._signer = signer

    def write(self, gate: str, message: Message) -> Packet:
        """Return a message to a gate as a packet."""
        topic = topic_of(self._park, gate, type(message))
        return topic, envelopes.encode(topic, message, self._signer.id, self._signer.sign)
