"""docs/lane.md says what the table says."""

import subprocess
import sys
from pathlib import Path

import pytest

from docs.build import PAGES, lane_page, main, stale
from gate_agent.lane.table import RULES

ROOT = Path(__file__).parents[3]


def test_the_pages_are_fresh() -> None:
    assert stale() == [], "run ./run docs"
    done = subprocess.run([sys.executable, "-m", "docs.build", "--check"], cwd=ROOT, timeout=300)
    assert done.returncode == 0


def test_every_rule_has_its_line() -> None:
    lines = lane_page().splitlines()
    for *_, action in RULES:
        assert any(line.endswith(f"| {action.__doc__} | `{action.__name__}` |") for line in lines)


def test_a_stale_page_is_named_then_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([], tmp_path) == 0
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {str(file.relative_to(tmp_path)) for file in files} == set(PAGES)
    assert main(["--check"], tmp_path) == 0
    (tmp_path / "lane.md").write_text("old")
    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err == "docs/lane.md is stale: run ./run docs\n"
    assert main(["--chekc"], tmp_path) == 2
