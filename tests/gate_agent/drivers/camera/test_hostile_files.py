"""Hostile files: bounded memory and CPU time, one line at most, and no text."""

import os
import resource
from pathlib import Path

import pytest

from gate_agent.drivers.camera.bounded import OutOfBounds, bounded
from tests.gate_agent.drivers.camera.hostile_files import files, run_gate_agent

MOST_MIB, MOST_CPU_S = 300, 3.0

NAMES = [
    "sixteen bits and alpha", "sixteen bits", "alpha", "interlaced", "animated", "spoilt",
    "a text too many", "progressive jpeg", "many scans", "webp", "tiff", "wide numbers",
    "finders 1 in 1280", "finders 1 in 4096", "finders in noise",
]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files by name, made one after the other."""
    root = tmp_path_factory.mktemp("hostile")
    kept: dict[str, Path] = {}
    for at, (name, path) in enumerate(files(root)):
        if name in NAMES:
            kept[name] = root / f"{at}{path.suffix}"
            kept[name].write_bytes(path.read_bytes())
    return kept


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_file_takes_little_and_says_little(made: dict[str, Path], name: str) -> None:
    ran = run_gate_agent("decode", str(made[name]))
    assert ran.said in ("", f"{made[name]}: no code found")
    assert ran.errors == "" if ran.said else ran.errors.count("\n") == 1
    assert ran.errors.startswith(f"gate-agent: cannot read {made[name]}: ") or ran.said
    assert ran.peak_mib < MOST_MIB
    assert ran.cpu_s < MOST_CPU_S


def test_work_that_ends_is_answered() -> None:
    assert bounded(lambda: b"x" * 200_000, memory_bytes=1 << 26, cpu_s=5) == b"x" * 200_000


def test_work_that_does_not_end_is_ended() -> None:
    def endless() -> bytes:
        while True:
            pass

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with pytest.raises(OutOfBounds, match=r"^it takes more than 1 s of CPU time$"):
        bounded(endless, memory_bytes=1 << 26, cpu_s=1)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime - before.ru_utime < 2.5


def test_work_that_takes_more_memory_than_it_may_is_ended() -> None:
    with pytest.raises(OutOfBounds, match=r"^it takes more than 64 MiB of memory$"):
        bounded(lambda: bytes(bytearray(1 << 28)), memory_bytes=1 << 26, cpu_s=5)


def test_work_that_breaks_down_is_told() -> None:
    with pytest.raises(OutOfBounds, match=r"^its reader broke down"):
        bounded(lambda: bytes([1 // 0]), memory_bytes=1 << 26, cpu_s=5)


def test_what_a_library_prints_is_not_seen(capfd: pytest.CaptureFixture[str]) -> None:
    assert bounded(lambda: bytes([os.write(2, b"libpng warning")]), memory_bytes=1 << 26, cpu_s=5)
    assert capfd.readouterr().err == ""
