"""What others have said does nothing to a terminal or a spreadsheet."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.printable import json_text, printable, safe_cell

ROOT = Path(__file__).parents[3]
PRINTED = (
    *(ROOT / "fleet_manager" / "commands").rglob("*.py"),
    *(ROOT / "fleet_manager" / "terminal").rglob("*.py"),
    *(ROOT / "gate_agent" / "commands").rglob("*.py"),
    ROOT / "gate_agent" / "__main__.py",
    ROOT / "gate_agent" / "journal" / "inspect.py",
)
anything = st.text() | st.text("\0\x07\x1b\x7f\x9b\u200f\u2028\u202e\u2066\ufeff\U000e0041")
values = st.recursive(
    anything | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(anything, inner),
)


@given(value=values, indent=st.sampled_from([None, 1]))
def test_json_says_the_same_in_printable_characters_alone(
    value: object, indent: int | None
) -> None:
    text = json_text(value, indent)
    assert json.loads(text) == value
    assert text.replace("\n", "").isprintable()


def test_json_shows_all_scripts_as_they_are() -> None:
    assert json_text({"name": "西湖 café"}) == '{"name": "西湖 café"}'
    assert json_text("\x9b31m\u202e") == r'"\u009b31m\u202e"'


@given(text=anything)
def test_a_line_for_people_has_no_control_or_direction_character(text: str) -> None:
    assert printable(text).isprintable()
    assert len(printable(text)) == len(text)


@pytest.mark.parametrize("first", "=+-@\t\r\n＝＋－＠")
def test_no_cell_begins_as_a_formula_does(first: str) -> None:
    assert safe_cell(f"{first}1+1") == f"'{first}1+1"


def test_other_cells_stand_as_they_are() -> None:
    for cell in ("景区", "-", "", -5, None, "123456789012345"):
        assert safe_cell(cell) == cell
    assert safe_cell("1234567890123456") == "'1234567890123456"


def test_commands_write_json_and_csv_by_this_module_alone() -> None:
    """A law: a command that is written tomorrow prints no stranger's escape sequence either."""
    for file in PRINTED:
        text = file.read_text("utf-8")
        assert not re.search(r"\bjson\.dumps?\(", text), file
        assert "csv.writer(" not in text or "safe_cell" in text, file
