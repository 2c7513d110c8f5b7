"""Notes to and from the centre: short messages about the station, authenticated by the link's
secret."""

from collections.abc import Iterable

from gate_agent.ports import Link
from gate_agent.uplink.nonce import Draw
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.link_secret import WrongCodeError, code_of
from gate_agent.validator.messages.notes import DOWN, Note, note_topic, read_note, write_note


class NoteChannel:
    """`secret`: of this gate's link; None for a gate that was enrolled without one, which sends and
    accepts no notes. `linked`: whether the broker can be reached. `draw`: of random bytes, for
    questions."""

    def __init__(self, park: str, gate: str, secret: bytes | None, link: Link, draw: Draw) -> None:
        self._park, self._gate = park, gate
        self._ends = {note_topic(park, gate, end): end for end in DOWN}
        self._link = link
        self.draw = draw
        self.secret = secret
        self.linked = False

    @property
    def ready(self) -> bool:
        """Whether a note can be sent."""
        return self.linked and self.secret is not None

    def end_of(self, topic: str) -> str | None:
        """Return how a topic ends that brings notes for this gate; None for any other topic."""
        return self._ends.get(topic)

    def send(self, note: Note) -> bytes:
        """Publish a note and return its code, 8 bytes, which the answer will cover. The channel
        must have a secret."""
        assert self.secret is not None
        topic = note_topic(self._park, self._gate, note.topic_end)
        payload = write_note(topic, note, self.secret)
        self._link.publish(topic, payload)
        return code_of(payload)

    def read(self, topic: str, payload: bytes, questions: Iterable[bytes]) -> tuple[Note, bytes]:
        """Return a note from the centre and which of `questions` it answers, by their codes; the
        empty one stands for none. Raise WireError if it fits none of them."""
        assert self.secret is not None
        for question in questions:
            try:
                return read_note(topic, payload, self.secret, question), question
            except WrongCodeError:
                continue
        raise WireError("a note with a wrong code, or an answer to no question that is open")
