"""When states of boards reached the simulated centre: what a checker may hold against the times of
records that were made without a clock."""

from collections.abc import Iterable

from gate_agent.validator.errors import WireError
from gate_agent.validator.messages import shape
from gate_agent.validator.messages.envelopes import GateState
from gate_agent.validator.trust.keys import KEY_ID_BYTES, SIGNATURE_BYTES

_BODY = 1 + KEY_ID_BYTES + SIGNATURE_BYTES


class StatesHeard:
    """`began_ms`: by gate and boot, when it began at the latest, UTC ms, by the fastest of its
    states. Only what a board of the park has sent counts: others send the like."""

    def __init__(self) -> None:
        self.began_ms: dict[tuple[str, int], int] = {}
        self._sent: set[bytes] = set()

    def sent(self, topic: str, payload: bytes) -> None:
        """Note what a board of the park sends."""
        if topic.endswith(GateState.topic_end):
            self._sent.add(payload)

    def heard(self, packets: Iterable[tuple[str, bytes]], now_ms: int) -> None:
        """Note what the centre has handled, by its clock."""
        for topic, payload in packets:
            if payload in self._sent and topic.endswith(GateState.topic_end):
                self._note(topic.split("/")[2], payload, now_ms)

    def _note(self, gate: str, payload: bytes, now_ms: int) -> None:
        try:
            state = shape.read("a state", GateState, payload[_BODY:])
        except WireError:
            return
        began_ms = now_ms - state.mono_ms
        before = self.began_ms.get((gate, state.boot), began_ms)
        self.began_ms[gate, state.boot] = min(began_ms, before)
