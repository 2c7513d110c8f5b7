"""Notes to the centre: short messages about the station, authenticated by the link's secret."""

from gate_agent.ports import Link
from gate_agent.validator.messages.notes import DOWN, Note, note_topic, write_note


class NoteChannel:
    """`secret`: of this gate's link; None for a gate that was enrolled without one, which sends and
    accepts no notes. `linked`: whether the broker can be reached."""

    def __init__(self, park: str, gate: str, secret: bytes | None, link: Link) -> None:
        self._park, self._gate = park, gate
        self._ends = {note_topic(park, gate, end): end for end in DOWN}
        self._link = link
        self.secret = secret
        self.linked = False

    @property
    def ready(self) -> bool:
        """Whether a note can be sent."""
        return self.linked and self.secret is not None

    def end_of(self, topic: str) -> str | None:
        """Return how a topic ends that brings notes for this gate; None for any other topic."""
        return self._ends.get(topic)

    def send(self, note: Note) -> None:
        """Publish a note. The channel must have a secret."""
        assert self.secret is not None
        topic = note_topic(self._park, self._gate, note.topic_end)
        self._link.publish(topic, write_note(topic, note, self.secret))
