"""Hostile files: bounded memory and CPU time, one line at most, and no text."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from gate_agent.drivers.bounded import OutOfBounds, bounded
from tests.gate_agent.drivers.hostile_files import files

MOST_MIB, MOST_CPU_S = 300, 3.0

MEASURE = """
import json, re, resource, sys
from pathlib import Path
from gate_agent.drivers.decode import decode_file
from gate_agent.errors import DriverFault
try:
    said = [text.decode("latin-1") for text in decode_file(Path(sys.argv[1]))[0]]
except DriverFault as fault:
    said = fault.line()
own, child = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
peak = int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])
cpu_s = sum(usage.ru_utime + usage.ru_stime for usage in (own, child))
print(json.dumps([said, max(peak, child.ru_maxrss) / 1024, cpu_s]))
"""


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
    command = [sys.executable, "-c", MEASURE, str(made[name])]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    said, peak_mib, cpu_s = json.loads(ran.stdout)
    assert ran.stderr == ""
    assert said == [] or str(said).startswith(f"gate-agent: cannot read {made[name]}: ")
    assert peak_mib < MOST_MIB
    assert cpu_s < MOST_CPU_S


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
