"""A run of the bench leaves one line behind, which names the processor and nobody."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench import history
from tests.bench.figures import MEASURES, Figure


def test_a_line_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "HISTORY", tmp_path / "bench" / "history.jsonl")
    for value in (1.0, 2.0):
        history.remember(
            {"speed": Figure(value, "x", None, "")}, datetime(2026, 11, 25, tzinfo=UTC)
        )
    lines = [json.loads(line) for line in history.HISTORY.read_text("utf-8").splitlines()]
    assert [line["figures"]["speed"] for line in lines] == [[1.0, None], [2.0, None]]
    assert set(lines[0]) == {"at", "machine", "python", "figures"}


def test_the_machine_is_its_processor(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text("model name\t: A CPU\nmodel name\t: A CPU\n", "utf-8")
    assert history.machine(path).startswith("A CPU, ")
    assert history.machine(tmp_path / "none")


@pytest.mark.parametrize(("value", "status"), [(300, 0), (300.1, 1)])
def test_a_figure_above_its_limit_ends_the_bench_with_1(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    value: float,
    status: int,
) -> None:
    figure = Figure(value, "MiB", None, "", limit=300)
    monkeypatch.setattr(history, "HISTORY", tmp_path / "history.jsonl")
    monkeypatch.setattr(bench, "OUT", tmp_path / "bench.json")
    monkeypatch.setitem(MEASURES, ("heap",), lambda: {"heap": figure})
    assert bench.main(["heap"]) == status
    assert ("heap is 300.1 MiB, the limit is 300" in capsys.readouterr().err) == bool(status)


def test_a_group_names_the_figures_of_its_module() -> None:
    assert {"camera_worst_ms", "camera_worst_file_mib", "camera_worst_file_s"} <= set(
        bench.figures_of("camera")
    )
