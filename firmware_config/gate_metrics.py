#!/usr/bin/env python3
"""Turn `gate-agent status --json` into a text file for Prometheus' node exporter.

Standard library alone; scenic-gate-metrics.timer runs it. A gate that does not answer has the one
figure scenic_gate_up 0: that is what an alarm looks at.
Form: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

OUT = Path("/run/scenic-gate-metrics/scenic-gate.prom")
STATUS = ("/opt/scenic-gate/bin/gate-agent", "status", "--json")
LONGEST_S = 20


def read_status() -> Mapping[str, Any]:
    """Return the daemon's status document, empty if there is none."""
    try:
        done = subprocess.run(
            STATUS, capture_output=True, text=True, timeout=LONGEST_S, check=False
        )
        document: Mapping[str, Any] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return {}
    return document


def metrics(status: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of the text file for a status document."""
    fresh = status.get("fresh") is True
    yield from _gauge("up", "whether the daemon runs and writes its status", {"": fresh})
    if not fresh:
        return
    yield from _gauge("linked", "whether the centre hears this gate", {"": status["linked"]})
    yield from _gauge("records_waiting", "records the centre has not", {"": status["waiting"]})
    yield from _gauge("journal_head", "number of the newest record", {"": status["head"]})
    yield from _gauge(
        "clock_trusted", "whether the time is known", {"": status["clock"] == "trusted"}
    )
    yield from _gauge("wall_seconds", "the board's own time", {"": status["wall_ms"] / 1000})
    yield from _gauge("faults", "devices at fault", {"": len(status["faults"])})
    lists = {f'series="{_text(row["series"])}"': row for row in status["lists"]}
    yield from _gauge(
        "list_as_of_seconds",
        "time of the ticket list in force",
        {labels: row["as_of_ms"] / 1000 for labels, row in lists.items()},
    )
    modes = {f'lane="{lane["number"]}",mode="{_text(lane["mode"])}"': 1 for lane in status["lanes"]}
    yield from _gauge("lane_mode", "the mode that a lane is in", modes)
    counters = status["counters"]
    yield from _gauge(
        "counter",
        "what the daemon has counted since it started",
        {f'name="{_text(name)}"': value for name, value in counters.items()},
    )


def _gauge(name: str, about: str, values: Mapping[str, float]) -> Iterator[str]:
    if not values:
        return
    yield f"# HELP scenic_gate_{name} {about}"
    yield f"# TYPE scenic_gate_{name} gauge"
    for labels, value in values.items():
        yield f"scenic_gate_{name}{{{labels}}} {float(value):.15g}".replace("{}", "")


def _text(value: object) -> str:
    """Return a label's value with what the format escapes."""
    text = str(value)
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def main() -> int:
    """Write the file anew; the exporter never reads half of it."""
    part = OUT.with_name(f".{OUT.name}.part")
    part.write_text("\n".join([*metrics(read_status()), ""]), "utf-8")
    part.chmod(0o644)
    part.replace(OUT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
