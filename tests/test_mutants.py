"""The planted bugs still fit the code, and the stored results are of these very bugs. Whether the
park and the unit tests find them: `./run mutants`."""

import ast
from pathlib import Path

import pytest

from tests.mutants.__main__ import main
from tests.mutants.catalogue import CATALOGUE
from tests.mutants.hunt import Outcome, planted, unit_tests
from tests.mutants.mutant import Kind, Mutant, Sees
from tests.mutants.results import Result, digest_of, is_current, load, merged, page, seen_share

ROOT = Path(__file__).parents[1]
ONE, TWO, THREE = CATALOGUE[:3]


@pytest.mark.parametrize("mutant", CATALOGUE, ids=lambda mutant: mutant.name)
def test_a_bug_fits_once_and_is_still_python(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text("utf-8")
    assert text.count(mutant.old) == 1
    changed = text.replace(mutant.old, mutant.new)
    assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(text))


def test_there_are_enough_bugs_of_every_kind_and_each_has_a_name() -> None:
    assert len(CATALOGUE) >= 130
    assert len({mutant.name for mutant in CATALOGUE}) == len(CATALOGUE)
    assert {mutant.kind for mutant in CATALOGUE} == set(Kind)


def test_no_two_bugs_are_the_same_change() -> None:
    assert len({digest_of(mutant) for mutant in CATALOGUE}) == len(CATALOGUE)


def test_every_bug_has_a_stored_result_of_its_own_text() -> None:
    """After a change of a bug, or of the line that it changes: `./run mutants --stale`."""
    results = load()
    assert [mutant.name for mutant in CATALOGUE if not is_current(mutant, results)] == []
    assert set(results) == {mutant.name for mutant in CATALOGUE}


def test_every_bug_is_found_by_somebody() -> None:
    assert [name for name, result in load().items() if not result.is_found] == []


def a_bug(old: str) -> Mutant:
    file = "gate_agent/lane/table.py"
    return Mutant("none", Kind.BOUND, Sees.PERSON, file, old, "x = ", seeds=1)


def copied(folder: Path) -> Path:
    """The one file of the project that `a_bug` is for."""
    file = folder / "gate_agent/lane/table.py"
    file.parent.mkdir(parents=True)
    file.write_text((ROOT / "gate_agent/lane/table.py").read_text("utf-8"), "utf-8")
    return file


def test_a_bug_that_does_not_fit_is_said(tmp_path: Path) -> None:
    copied(tmp_path)
    with (
        pytest.raises(ValueError, match="stands 0 times"),
        planted(a_bug("no such text"), tmp_path),
    ):
        pass


def test_a_bug_is_taken_out_again(tmp_path: Path) -> None:
    file = copied(tmp_path)
    before = file.read_text("utf-8")
    with planted(a_bug("_ALL = "), tmp_path):
        assert file.read_text("utf-8") == before.replace("_ALL = ", "x = ")
    assert file.read_text("utf-8") == before


@pytest.mark.parametrize("mutant", CATALOGUE, ids=lambda mutant: mutant.name)
def test_there_are_unit_tests_that_look_for_a_bug(mutant: Mutant) -> None:
    asked = unit_tests(mutant)
    assert asked
    assert all((ROOT / path).exists() for path in asked)


def test_the_tests_of_the_changed_module_look_first() -> None:
    [history] = [one for one in CATALOGUE if one.name == "an admission not taken is lost"]
    assert unit_tests(history)[0] == "tests/gate_agent/validator/test_history.py"


def test_a_test_that_was_not_asked_again_stays_for_the_same_bug_alone() -> None:
    before = Result(digest_of(ONE), None, "", "tests/a.py::test_b")
    assert merged(ONE, Outcome(3, "books"), before).test == before.test
    assert merged(ONE, Outcome(test=""), before).test == ""
    assert merged(TWO, Outcome(3, "books"), before).test == ""


def test_the_page_says_who_finds_a_bug_and_who_does_not() -> None:
    results = {
        ONE.name: Result(digest_of(ONE), 3, "grants"),
        TWO.name: Result(digest_of(TWO), None, "", "tests/gate_agent/test_x.py::test_y"),
        THREE.name: Result(digest_of(THREE)),
    }
    text = page(CATALOGUE, results)
    assert f"| {ONE.name} | `{ONE.file}` | {ONE.kind} | {ONE.sees} | park, grants 3 |" in text
    assert f"| {TWO.name} | `{TWO.file}` | {TWO.kind} | {TWO.sees} | `gate_agent/test_x" in text
    assert f"| {THREE.name} | `{THREE.file}` | {THREE.kind} | {THREE.sees} | **nobody** |" in text
    assert "2 of 3 are found." in text


def test_a_bug_that_only_a_technician_sees_is_in_no_share() -> None:
    hidden = next(mutant for mutant in CATALOGUE if mutant.sees is Sees.TECHNICIAN)
    results = {bug.name: Result(digest_of(bug), 1, "books") for bug in (ONE, hidden)}
    assert seen_share((ONE, hidden), results) == (1, 1)


def test_a_name_that_no_bug_has_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "no such bug"]) == 2
    assert "no bug is called so" in capsys.readouterr().err
