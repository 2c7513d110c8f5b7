"""The figures of every run, one line each, so that a drift is seen: docs/bench/history.jsonl."""

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.figures import Figure

HISTORY = Path("docs/bench/history.jsonl")


def machine(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor and how many there are: nothing that names a place or a person."""
    try:
        lines = cpuinfo.read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return f"{next(models, platform.machine())}, {os.cpu_count()} cores"


def remember(figures: Mapping[str, Figure], now: datetime | None = None) -> None:
    """Adds a line: when, on what, and value and floor of each figure."""
    when = (now or datetime.now(UTC)).isoformat(timespec="seconds")
    rows = {name: [figure.value, figure.floor] for name, figure in figures.items()}
    line = {"at": when, "machine": machine(), "python": platform.python_version(), "figures": rows}
    HISTORY.parent.mkdir(parents=True, exist_ok=True)
    with HISTORY.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
