"""PURE. Read what the page sends: a small JSON object is an event, or one clear error."""

import json
from dataclasses import dataclass, replace
from enum import StrEnum

from gate_agent.events import (
    DirectionAsked,
    DocumentAwaited,
    DocumentShown,
    Mode,
    ModeAsked,
    ModeSource,
    Overridden,
    PersonsChosen,
    Scanned,
    Typed,
)
from gate_agent.validator.errors import WireError
from gate_agent.validator.passage import Direction
from gate_agent.validator.tickets.holder import DOCUMENTS
from gate_agent.validator.tickets.manual_code import read_manual_code

MAX_CODE = 300
MODES = {"controlled": None, "closed": Mode.CLOSED, "free": Mode.FREE}
"""The modes that staff may ask for; `controlled` is a lane's mode when they ask for nothing."""


class Why(StrEnum):
    """The reasons that staff may give for an override."""

    UNREADABLE = "unreadable"
    CHECKED = "checked"
    MISTAKE = "mistake"
    GROUP = "group"
    HELP = "help"
    OTHER = "other"


Event = (
    Scanned | DocumentShown | DocumentAwaited | DirectionAsked | Typed | PersonsChosen |
    ModeAsked | Overridden
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Act:
    """`event`: what was asked for, still without the name of a person. `staff_code`: what was typed
    where the event needs a code; whether it is right is not decided here."""

    event: Event
    staff_code: str | None = None

    def by(self, who: str, *, supervisor: bool) -> Event:
        """Return the event, asked for by `who`, whose code was right."""
        if isinstance(self.event, Overridden):
            return replace(self.event, who=who, supervisor=supervisor)
        if isinstance(self.event, ModeAsked):
            return replace(self.event, who=who)
        return self.event


def read_act(body: bytes) -> Act:
    """Return the act in `body`. Raises WireError."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise WireError("an act that is not JSON") from None
    if type(document) is not dict:
        raise WireError("an act that is not an object")
    values = _Values(document)
    lane = values.number("lane", 1, 8)
    match values.text("act", 16):
        case "code":
            code = values.text("code", MAX_CODE).encode()
            return Act(Scanned(lane, code))
        case "typed":
            return Act(Typed(lane, *read_manual_code(values.text("code", 32))))
        case "document":
            kind = values.choice("document", DOCUMENTS)
            return Act(DocumentShown(lane, kind, values.text("number", 40)))
        case "awaited":
            return Act(DocumentAwaited(lane))
        case "persons":
            record, persons = (
                values.number("record", 1, 1 << 48),
                values.number("persons", 0, 65535),
            )
            return Act(PersonsChosen(lane, record, persons, values.flag("done")))
        case "direction":
            direction = Direction[values.choice("direction", ("in", "out")).upper()]
            return Act(DirectionAsked(lane, direction))
        case "mode":
            mode = MODES[values.choice("mode", tuple(MODES))]
            return Act(ModeAsked(ModeSource.STAFF, mode), values.text("staff_code", 16))
        case "override":
            overridden = Overridden(
                lane,
                values.number("record", 1, 1 << 48),
                values.number("persons", 1, 999),
                "",
                values.choice("why", tuple(Why)),
                supervisor=False,
            )
            return Act(overridden, values.text("staff_code", 16))
    raise WireError("an act that this page does not know")


class _Values:
    """Reads values by their names and kinds. Each method raises WireError."""

    def __init__(self, document: dict[str, object]) -> None:
        self._document = document

    def text(self, name: str, most: int) -> str:
        value = self._document.get(name)
        if type(value) is not str or not 0 < len(value) <= most:
            raise WireError(f"an act whose {name} is no text")
        return value.encode("utf-8", "replace").decode()  # JSON may name half a letter: \ud800

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, 40)
        if value not in allowed:
            raise WireError(f"an act whose {name} is unknown")
        return value

    def flag(self, name: str) -> bool:
        value = self._document.get(name)
        if type(value) is not bool:
            raise WireError(f"an act whose {name} is neither true nor false")
        return value

    def number(self, name: str, low: int, high: int) -> int:
        value = self._document.get(name)
        if type(value) is not int or not low <= value <= high:
            raise WireError(f"an act whose {name} is no number")
        return value
