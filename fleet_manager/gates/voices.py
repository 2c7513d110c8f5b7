"""PURE. Whether one board speaks for a gate, or two with the same bundle.

A broker ends the older of two connections with one client id, so two boards speak in turn, each
with the journal and boot of its own. A boot number is random and never comes back.
"""

from collections import deque
from dataclasses import dataclass, field

from gate_agent.validator.messages.envelopes import Birth, GateState

MOST_RETURNS = 3
"""Late messages of a board that has just started again look like a return, and more than one may
be late."""
WITHIN_MS = 600_000
_REMEMBERED = 8

Voice = tuple[bytes, int]
"""Journal id and boot number."""


@dataclass(slots=True)
class _Heard:
    """`newest_ms`: of each voice, the boot clock of its newest state; a repeated message does not
    get past it. `returns_ms`: when a voice came back after another one."""

    last: Voice | None = None
    born: Voice | None = None
    newest_ms: dict[Voice, int] = field(default_factory=dict)
    returns_ms: deque[int] = field(default_factory=lambda: deque(maxlen=MOST_RETURNS + 1))


class GateVoices:
    """Remembers who spoke for each gate since the centre was started."""

    def __init__(self) -> None:
        self._heard: dict[str, _Heard] = {}

    def take_birth(self, gate: str, birth: Birth) -> None:
        """Note with which journal a board has introduced itself."""
        self._heard.setdefault(gate, _Heard()).born = (birth.journal_id, birth.boot)

    def take_state(self, gate: str, state: GateState, now_ms: int) -> str:
        """Note that a board has spoken. Return what an incident says if two speak in turn; empty
        otherwise."""
        heard = self._heard.setdefault(gate, _Heard())
        voice = (b"", state.boot)
        if heard.born is not None and heard.born[1] == state.boot:
            voice = heard.born
        before, known_ms = heard.last, heard.newest_ms.get(voice)
        if known_ms is not None and state.mono_ms <= known_ms:
            return ""
        heard.newest_ms.pop(voice, None)
        heard.newest_ms[voice] = state.mono_ms
        if len(heard.newest_ms) > _REMEMBERED:
            heard.newest_ms.pop(next(iter(heard.newest_ms)))
        heard.last = voice
        if before is None or before == voice or known_ms is None:
            return ""
        heard.returns_ms.append(now_ms)
        recent = sum(now_ms - at_ms < WITHIN_MS for at_ms in heard.returns_ms)
        if recent <= MOST_RETURNS:
            return ""
        return " and ".join(sorted(_name(spoken) for spoken in (before, voice)))


def _name(voice: Voice) -> str:
    journal, boot = voice
    return f"journal {journal.hex()[:8] or '?'} boot {boot:08x}"
