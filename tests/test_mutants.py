"""The planted bugs still fit the code. Whether the park finds them: `./run mutants`."""

from pathlib import Path

import pytest

from tests.mutants.__main__ import Verdict, page, plant
from tests.mutants.catalogue import CATALOGUE
from tests.mutants.mutant import Mutant

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("mutant", CATALOGUE, ids=lambda mutant: mutant.name)
def test_a_bug_fits_once(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text("utf-8").count(mutant.old) == 1
    assert mutant.old != mutant.new


def test_there_are_enough_and_each_has_a_name() -> None:
    assert len(CATALOGUE) >= 30
    assert len({mutant.name for mutant in CATALOGUE}) == len(CATALOGUE)


def test_a_bug_that_does_not_fit_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="stands 0 times"):
        plant(Mutant("none", "gate_agent/lane/table.py", "no such text", "x"), tmp_path)


def test_the_page_names_every_bug() -> None:
    text = (ROOT / "docs" / "mutants.md").read_text("utf-8")
    missing = [mutant.name for mutant in CATALOGUE if f"| {mutant.name} |" not in text]
    assert missing == []
    assert "**not caught**" not in text
    assert page([]).startswith("# Planted bugs")


def test_what_was_not_hunted_stays_as_it_was() -> None:
    one, two = CATALOGUE[:2]
    before = page([Verdict(one, 3, "grants: x"), Verdict(two, 4, "books: y")])
    after = page([Verdict(two, None, "")], before)
    assert f"| {one.name} | `{one.file}` | grants | 3 | {one.seeds} |" in after
    assert f"| {two.name} | `{two.file}` |  | **not caught** | {two.seeds} |" in after
    assert after.endswith("1 of 2 caught.\n")
