"""Counts as tables: wide and complete for programs, narrow for a screen."""

from collections.abc import Mapping, Sequence

from fleet_manager.passages.counts import CountTable, GroupBy, Totals
from fleet_manager.terminal.headings import headings
from gate_agent.validator.reasons import TEXTS

Names = Mapping[tuple[GroupBy, str], str]
Cells = list[list[object]]

_SURE = ("entries", "first_entries", "reentries", "exits", "inside", "denied")
_UNSURE = ("not_taken", "unresolved", "forced", "free", "overridden", "disowned")
_ALWAYS = frozenset({"entries", "exits", "inside", "denied"})
"""Columns that a screen shows also where all of it is 0."""
_CHINESE = {reason.key: texts.zh for reason, texts in TEXTS.items()}


def csv_table(answer: CountTable, names: Names) -> tuple[list[str], Cells]:
    """Return header and rows of an answer, the total last; reasons that occurred get a column each.
    `names`: what to show for an id."""
    reasons = sorted(answer.total.denied)
    numbers = (*_SURE, *(f"denied:{reason}" for reason in reasons), *_UNSURE)
    rows = [
        [*keys, *(_number(totals, name) for name in numbers)]
        for keys, totals in _lines(answer, names, "total")
    ]
    return [*(by.value for by in answer.by), *numbers], rows


def screen_table(answer: CountTable, names: Names, language: str = "en") -> tuple[list[str], Cells]:
    """Return the same without reasons, and without columns that are 0 in every row."""
    shown = [name for name in (*_SURE, *_UNSURE) if name in _ALWAYS or _number(answer.total, name)]
    [total] = headings(["total"], language)
    rows = [
        [*keys, *(_number(totals, name) for name in shown)]
        for keys, totals in _lines(answer, names, total)
    ]
    return [*(by.value for by in answer.by), *shown], rows


def reasons_table(
    answer: CountTable, names: Names, language: str = "en"
) -> tuple[list[str], Cells]:
    """Return a row for each reason of each line, most refusals first within a line."""
    lines = [(keys, totals) for keys, totals in _lines(answer, names, "")]
    if answer.by:
        lines = lines[:-1]  # the total of what stands above
    rows = [
        [*keys, _reason(reason, language), refusals]
        for keys, totals in lines
        for reason, refusals in sorted(totals.denied.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return [*(by.value for by in answer.by), "reason", "refusals"], rows


def _reason(key: str, language: str) -> str:
    return _CHINESE.get(key, key) if language == "zh" else key


def _lines(answer: CountTable, names: Names, total: str) -> list[tuple[Sequence[object], Totals]]:
    """Return the cells of each line's keys with its totals, and the total with `total` for keys."""
    last = [total, *[""] * (len(answer.by) - 1)] if answer.by else []
    return [
        *(
            ([names.get(key, key[1]) for key in zip(answer.by, line.keys, strict=True)],
             line.totals)
            for line in answer.lines
        ),
        (last, answer.total),
    ]  # fmt: skip


def _number(totals: Totals, name: str) -> object:
    head, _, reason = name.partition(":")
    return totals.denied.get(reason, 0) if reason else totals.as_dict()[head]
