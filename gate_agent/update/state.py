"""What an update must not forget: which wish was the newest, which releases were unwell, and how
far a trial has come. One JSON file, replaced in one step before each act that it speaks of."""

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from gate_agent.errors import GateError
from gate_agent.ports import Folder

FILE = "state.json"
MAX_STATE_BYTES = 64 * 1024
MOST_UNWELL = 50


class Stage(StrEnum):
    """How far a trial has come. SWITCHING: `current` is about to point to the new release, and the
    daemon to start from it. WATCHING: the daemon was started from it. RETURNING: it was unwell."""

    SWITCHING = "switching"
    WATCHING = "watching"
    RETURNING = "returning"


@dataclass(slots=True)
class Trial:
    """A release on trial. `before`: what to go back to. `boot`: in which boot it was switched.
    `linked`, `faults`: how the gate was before. `watches`: how often watching has begun. `reason`:
    why it was unwell. `journal`: name of the journal's copy, '' for none."""

    release: str
    before: str
    number: int
    sequence: int
    key: str
    boot: str
    linked: bool
    faults: list[str]
    journal: str = ""
    stage: Stage = Stage.SWITCHING
    watches: int = 0
    reason: str = ""


@dataclass(slots=True)
class UpdateState:
    """`number`, `content`: of the newest wish that was seen, and `number_key`: the id of the
    centre's key that signed it, hexadecimal. `floor`: the highest sequence of a
    release that was found well here, and `floor_key`: the id of the key that signed it. `unwell`:
    release to the number of the wish under which it was tried, and why it was left."""

    number: int = 0
    content: str = ""
    number_key: str = ""
    floor: int = 0
    floor_key: str = ""
    unwell: dict[str, tuple[int, str]] = field(default_factory=dict)
    trial: Trial | None = None

    def mark_unwell(self, release: str, number: int, reason: str) -> None:
        """Note that a release was left."""
        self.unwell.pop(release, None)
        self.unwell[release] = number, reason
        while len(self.unwell) > MOST_UNWELL:
            del self.unwell[next(iter(self.unwell))]


def load(folder: Folder) -> UpdateState:
    """Return the state in a folder, an empty one before the first. Raises GateError for a file that
    is damaged: to forget which releases were unwell is for a person to decide."""
    data = folder.read(FILE, MAX_STATE_BYTES)
    if data is None:
        return UpdateState()
    try:
        fields = json.loads(data)
        trial = fields.pop("trial")
        state = UpdateState(**fields)
        state.unwell = {name: (number, why) for name, (number, why) in state.unwell.items()}
        if trial is not None:
            state.trial = Trial(**{**trial, "stage": Stage(trial["stage"])})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise GateError(
            f"cannot use {folder.path / FILE}: it is damaged",
            "look at /opt/scenic-gate/current, then remove the file",
        ) from None
    return state


def save(folder: Folder, state: UpdateState) -> None:
    """Make the state durable. Raises JournalError."""
    folder.replace(FILE, [json.dumps(asdict(state), indent=1).encode() + b"\n"])
