"""The park as machine code: what is compiled exists, and does the same."""

import ast
import json
import os
import subprocess
import sys

import pytest

from hardware_sim.park import compiled
from hardware_sim.park.compiled import FILES, PACKAGES, ROOT, CompileError, without_slots


def test_every_module_on_the_list_is_there() -> None:
    assert [name for name in FILES if not (ROOT / name).is_file()] == []
    assert len(set(FILES)) == len(FILES)


def test_no_dataclass_asks_for_slots_in_the_copy() -> None:
    for package in PACKAGES:
        for source in (ROOT / package).rglob("*.py"):
            if source.name == "compiled.py":
                continue
            text = without_slots(source.read_text("utf-8"))
            ast.parse(text)
            assert "slots=True" not in text, source


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("@dataclass(frozen=True, slots=True)", "@dataclass(frozen=True)"),
        ("@dataclass(slots=True, order=True)", "@dataclass(order=True)"),
        ("@dataclass(slots=True)", "@dataclass"),
    ],
)
def test_slots_are_taken_out_and_nothing_else(before: str, after: str) -> None:
    assert without_slots(before) == after


def test_without_mypyc_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "find_spec", lambda _name: None)
    with pytest.raises(CompileError, match="installs what developing needs"):
        compiled.compiled()


@pytest.mark.skipif(
    "SCENIC_GATE_COMPILED" not in os.environ,
    reason="takes two minutes: SCENIC_GATE_COMPILED=1 ./run test tests/hardware_sim/park",
)
@pytest.mark.parametrize("options", [["--first", "1"], ["--first", "130", "--restore"]])
def test_machine_code_and_sources_have_the_same_events(options: list[str]) -> None:
    command = [sys.executable, "-m", "hardware_sim", "park", "--seeds", "20", "--json", *options]
    said = [
        subprocess.run([*command, *more], stdout=subprocess.PIPE, text=True, check=True).stdout
        for more in ([], ["--compiled"])
    ]
    plain, fast = ([json.loads(line).get("hash") for line in one.splitlines()] for one in said)
    assert plain == fast
