"""PURE. What a touch on the page means: a small JSON object is an event, or one clear error."""

import json

from gate_agent.events import DocumentShown, Scanned
from gate_agent.validator.errors import WireError

MAX_CODE = 300
DOCUMENTS = ("id-card", "passport", "permit", "other")
"""Kinds of documents that the page offers; the centre's `--holder TYPE:NUMBER` says the same."""

Act = Scanned | DocumentShown


def read_act(body: bytes) -> Act:
    """The event that `body` asks for. Raises WireError."""
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
            return Scanned(lane, values.text("code", MAX_CODE).encode("utf-8", "replace"))
        case "document":
            kind = values.choice("document", DOCUMENTS)
            return DocumentShown(lane, kind, values.text("number", 40))
    raise WireError("an act that this page does not know")


class _Values:
    """Takes values out by their names and kinds."""

    def __init__(self, document: dict[str, object]) -> None:
        self._document = document

    def text(self, name: str, most: int) -> str:
        value = self._document.get(name)
        if type(value) is not str or not 0 < len(value) <= most:
            raise WireError(f"an act whose {name} is no text")
        return value

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, 40)
        if value not in allowed:
            raise WireError(f"an act whose {name} is unknown")
        return value

    def number(self, name: str, low: int, high: int) -> int:
        value = self._document.get(name)
        if type(value) is not int or not low <= value <= high:
            raise WireError(f"an act whose {name} is no number")
        return value
