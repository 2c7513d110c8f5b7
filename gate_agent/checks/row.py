"""A row of the sheet, in Chinese and English, and what every check is given."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from gate_agent.config.settings import GateSettings
from gate_agent.signs import Words

if TYPE_CHECKING:
    from gpiozero import Factory


class CheckState(StrEnum):
    """The result of a check. NOTE: it works but needs attention; SKIPPED: it was not tested."""

    PASS = "pass"
    FAIL = "fail"
    NOTE = "note"
    SKIPPED = "skip"


NO_HINT = Words("", "")
SEE_FAULTS = Words("按 docs/zh/faults.md 的故障表处理", "see the table of faults in docs/faults.md")


@dataclass(frozen=True, slots=True)
class CheckRow:
    """`key`: the part's name for programs. `hint`: what to do, where there is something."""

    key: str
    part: Words
    state: CheckState
    text: Words
    hint: Words = NO_HINT


class Technician(Protocol):
    """The person at the gate while it is tested."""

    def confirm(self, question: Words) -> bool:
        """Return the answer to a question; no is the default."""
        ...

    def instruct(self, what: Words) -> None:
        """Say what to do next."""
        ...


@dataclass(frozen=True, slots=True)
class CheckVisit:
    """What a check may use. `person`: None if nobody is asked. `status`: the running daemon's
    status document, None while none runs. `pins`: opens the board's pins; `lines`: where the relays
    are if not on the board."""

    settings: GateSettings
    pins: "Callable[[], Factory]"
    person: Technician | None = None
    status: dict[str, Any] | None = None
    lines: str | None = None


Check = Callable[[CheckVisit], Iterator[CheckRow]]


def both(text: str) -> Words:
    """Return a text that is the same in every language: names, numbers, a library's own words."""
    return Words(text, text)


@dataclass(frozen=True, slots=True)
class CheckPart:
    """Makes the rows of one part."""

    key: str
    words: Words

    def good(self, text: Words) -> CheckRow:
        """Return the row of a part that works."""
        return CheckRow(self.key, self.words, CheckState.PASS, text)

    def bad(self, text: Words, hint: Words) -> CheckRow:
        """Return the row of a part that does not work; `hint` says what to do."""
        return CheckRow(self.key, self.words, CheckState.FAIL, text, hint)

    def note(self, text: Words, hint: Words = NO_HINT) -> CheckRow:
        """Return the row of a part that works but needs attention."""
        return CheckRow(self.key, self.words, CheckState.NOTE, text, hint)

    def skipped(self, text: Words, hint: Words = NO_HINT) -> CheckRow:
        """Return the row of a part that was not tested."""
        return CheckRow(self.key, self.words, CheckState.SKIPPED, text, hint)


def lane_part(lane: int, key: str, words: Words) -> CheckPart:
    """Return a part of one lane."""
    return CheckPart(
        f"lane {lane} {key}", Words(f"通道{lane} {words.zh}", f"lane {lane} {words.en}")
    )


def row_from_daemon(part: CheckPart, visit: CheckVisit, device: str) -> CheckRow | None:
    """Return what the running daemon reports of a device that it holds; None while none runs."""
    if visit.status is None:
        return None
    pid, fault = visit.status["pid"], visit.status["faults"].get(device)
    if fault is not None:
        return part.bad(
            both(str(fault)),
            SEE_FAULTS,
        )
    return part.good(
        Words(
            f"由运行中的守护进程占用（进程 {pid}），无故障",
            f"held by the running daemon (process {pid}), which reports no fault",
        )
    )
