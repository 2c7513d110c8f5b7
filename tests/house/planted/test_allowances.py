"""What may stand in spite of a law: a row with its law, day and reason, as long as it is needed."""

import pytest

from tests.house.law import Violation, allowances, judge, law, pruned
from tests.house.source import House

TEXT = """# Rows.

[size 2026-11-30] being rewritten
gate_agent/lane/
gate_agent/clock.py::tick

[old 2026-11-30] was needed once
gate_agent/errors.py
"""
FOUND = [
    Violation("gate_agent/lane/table.py", 3, "is long", "handle"),
    Violation("gate_agent/clock.py", 7, "is long", "tick"),
    Violation("gate_agent/clock.py", 9, "is long", "tock"),
]


@law("size", "short is read")
def size(house: House) -> list[Violation]:
    """Find what is planted."""
    return FOUND


@law("soft", "a hint", soft=True)
def soft(house: House) -> list[Violation]:
    """Find what is planted."""
    return FOUND[:1]


def test_a_row_lets_a_folder_a_file_or_a_function_stand_and_nothing_else() -> None:
    finding = judge(House([]), [size], list(allowances(TEXT))[:2])
    assert finding.failures == ["gate_agent/clock.py:9: size: is long (short is read)"]


def test_a_row_that_nothing_needs_is_a_failure_and_can_be_pruned() -> None:
    finding = judge(House([]), [size], allowances(TEXT))
    assert (
        "allowed.txt:8: allowed: old gate_agent/errors.py: there is no such" in finding.failures[1]
    )
    assert pruned(TEXT, finding.stale) == TEXT.partition("\n[old")[0]


def test_a_soft_law_warns_only() -> None:
    finding = judge(House([]), [soft], [])
    assert finding.failures == []
    assert finding.warnings == ["gate_agent/lane/table.py:3: soft: is long (a hint)"]


@pytest.mark.parametrize(
    "text", ["gate_agent/clock.py\n", "[size]\n", "[size 2026-11-30]\nx.py\n", "[size soon] x\n"]
)
def test_a_row_without_law_day_or_reason_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"allowed\.txt:1: "):
        list(allowances(text))
