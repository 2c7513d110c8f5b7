"""The pass/fail sheet: every check in turn, and the result as text or JSON."""

from collections.abc import Iterable, Iterator
from typing import Any

from gate_agent.checks import arm, board, camera, lights, network, page, readers, storage, trust
from gate_agent.checks.row import Check, CheckPart, CheckRow, CheckState, CheckVisit, both
from gate_agent.config.settings import GateSettings
from gate_agent.errors import GateError
from gate_agent.journal.inspect import read_status
from gate_agent.signs import Words

CHECKS: tuple[Check, ...] = (
    board.check_daemon,
    trust.check_identity,
    trust.check_certificate,
    network.check_clock,
    network.check_centre,
    storage.check_space,
    storage.check_flush,
    storage.check_wear,
    storage.check_journal,
    storage.check_lists,
    board.check_watchdog,
    board.check_power,
    board.check_heat,
    readers.check_scanners,
    camera.check_cameras,
    lights.check_feedback,
    page.check_page,
    arm.check_arms,
)
"""In the order of the sheet: what needs nobody first, what moves last. A driver adds its own."""

CAMERAS: tuple[Check, ...] = (camera.check_cameras,)

_SETTINGS = CheckPart("settings", Words("配置", "settings"))
_MARKS = {
    CheckState.PASS: Words("通过", "pass"),
    CheckState.FAIL: Words("故障", "FAIL"),
    CheckState.NOTE: Words("注意", "note"),
    CheckState.SKIPPED: Words("未测", "skip"),
}


def rows(visit: CheckVisit, checks: Iterable[Check] = CHECKS) -> Iterator[CheckRow]:
    """Yield the rows of every part; a fault in one does not keep others from being tested."""
    settings = visit.settings
    yield _SETTINGS.good(
        Words(f"{settings.park}/{settings.gate}，{len(settings.lanes)} 个通道",
              f"{settings.park}/{settings.gate}, {len(settings.lanes)} lane(s)")
    )  # fmt: skip
    for check in checks:
        try:
            yield from check(visit)
        except GateError as error:
            name = check.__name__.removeprefix("check_")
            yield CheckPart(name, both(name)).bad(both(str(error)), both(error.hint))


def running(settings: GateSettings) -> dict[str, Any] | None:
    """Return the status of the running daemon, None while none runs."""
    try:
        document, fresh = read_status(settings.data)
    except GateError:
        return None
    return document if fresh else None


def document(sheet: list[CheckRow]) -> list[dict[str, object]]:
    """Return the sheet for programs, in both languages."""
    return [
        {
            "part": row.key,
            "state": row.state.value,
            "ok": row.state is not CheckState.FAIL,
            "text": row.text.en,
            "text_zh": row.text.zh,
            "hint": row.hint.en,
            "hint_zh": row.hint.zh,
        }
        for row in sheet
    ]


def lines(row: CheckRow, language: str) -> list[str]:
    """Return a row as it is printed, `language` "zh" or "en"."""
    mark, part, text, hint = (
        getattr(words, language) for words in (_MARKS[row.state], row.part, row.text, row.hint)
    )
    printed = [f"{mark}  {_wide(part, 18)}  {_printable(text)}"]
    if hint and row.state is not CheckState.PASS:
        printed.append(f"{' ' * 26}-> {_printable(hint)}")
    return printed


def last_line(sheet: list[CheckRow], language: str) -> str:
    """Return how many rows there are of each state."""
    counts = [
        f"{sum(row.state is state for row in sheet)} {getattr(words, language)}"
        for state, words in _MARKS.items()
    ]
    return ("，" if language == "zh" else ", ").join(counts)


def _wide(text: str, width: int) -> str:
    """Return `text` padded for a terminal, where a Chinese character takes two columns."""
    taken = sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)
    return text + " " * max(0, width - taken)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
