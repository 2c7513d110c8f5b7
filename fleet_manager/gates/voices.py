"""PURE. Whether one board speaks for a gate, or two with the same bundle.

A broker ends the older of two connections with one client id, so two boards speak in turn, each
with the journal and boot of its own. A boot number is random and never comes back.
"""

from collections import deque
from dataclasses import dataclass, field

from gate_agent.validator.messages.envelopes import GateState

MOST_RETURNS = 3
"""Late messages of a board that has just started again look like a return, and more than one may
be late."""
WITHIN_MS = 600_000
_REMEMBERED = 8

Voice = tuple[bytes, int]
"""Journal id and boot number."""


@dataclass(slots=True)
class _Heard:
    """`spoken`: the voices that spoke before, the last one last. `returns_ms`: when a voice came
    back after another one. `short`: a journal with less than the centre has of it."""

    spoken: dict[Voice, None] = field(default_factory=dict)
    returns_ms: deque[int] = field(default_factory=lambda: deque(maxlen=MOST_RETURNS + 1))
    short: "_Short | None" = None


@dataclass(frozen=True, slots=True)
class _Short:
    """At `at_ms` the centre had the journal up to `mark`, and the gate said that it has less."""

    journal_id: bytes
    mark: int
    at_ms: int


class GateVoices:
    """Remembers who spoke for each gate since the centre was started. It is told of states alone
    that are newer than all before: an old one would look like a second board."""

    def __init__(self) -> None:
        self._heard: dict[str, _Heard] = {}

    def take_state(self, gate: str, state: GateState, now_ms: int) -> str:
        """Note that a board has spoken. Return what an incident says if two speak in turn; empty
        otherwise."""
        heard = self._heard.setdefault(gate, _Heard())
        voice = (state.journal_id, state.boot)
        before = next(reversed(heard.spoken), None)
        is_return = voice in heard.spoken and before != voice
        heard.spoken.pop(voice, None)
        heard.spoken[voice] = None
        if len(heard.spoken) > _REMEMBERED:
            heard.spoken.pop(next(iter(heard.spoken)))
        if before is None or not is_return:
            return ""
        heard.returns_ms.append(now_ms)
        recent = sum(now_ms - at_ms < WITHIN_MS for at_ms in heard.returns_ms)
        if recent <= MOST_RETURNS:
            return ""
        return " and ".join(sorted(_name(spoken) for spoken in (before, voice)))

    def is_put_back(self, gate: str, state: GateState, mark: int, now_ms: int) -> bool:
        """Return whether a gate's disk was put back: its journal ends before the `mark` up to which
        the centre has it. A state can be as old as the beacon that it sends back; so it takes a
        beacon from after the centre had the mark."""
        heard = self._heard.setdefault(gate, _Heard())
        if state.head >= mark:
            heard.short = None
            return False
        short = heard.short
        if short is None or short.journal_id != state.journal_id or state.head >= short.mark:
            heard.short = _Short(state.journal_id, mark, now_ms)
            return False
        return state.beacon_ms > short.at_ms


def _name(voice: Voice) -> str:
    journal, boot = voice
    return f"journal {journal.hex()[:8] or '?'} boot {boot:08x}"
