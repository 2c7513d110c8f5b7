"""Why a visit failed: what the gate says about itself, and whether this machine has time for us."""

import os
import time
from collections import deque
from threading import Event, Thread

from hardware_sim.demo.site import DemoGate

SAMPLE_S = 0.02
KEPT = 15_000
BUSY_MS = 150.0
"""A thread that has to wait so long for its turn is too late for the gate's guard, which refuses a
release after 100 ms."""

LOG_LINES, RECORDS = 8, 5


class Lateness:
    """Measures how long a thread of this process waits for its turn, over the last five minutes."""

    def __init__(self) -> None:
        self._late_ms: deque[float] = deque([0.0], maxlen=KEPT)
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="lateness", daemon=True)

    def start(self) -> None:
        """Begin to measure, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End the measuring; a second call does nothing."""
        self._stopping.set()

    @property
    def worst_ms(self) -> float:
        """The longest wait of the last five minutes."""
        return max(list(self._late_ms))

    def busy(self) -> str:
        """Return that this machine is very busy, with the evidence; empty if it is not."""
        worst_ms = self.worst_ms
        if worst_ms < BUSY_MS:
            return ""
        load, cores = os.getloadavg()[0], os.cpu_count()
        return (
            f"this machine is very busy: a thread waited {worst_ms:.0f} ms for its turn, "
            f"and {load:.1f} processes want its {cores} cores"
        )

    def _run(self) -> None:
        while not self._stopping.is_set():
            start_s = time.monotonic()
            self._stopping.wait(SAMPLE_S)
            self._late_ms.append((time.monotonic() - start_s - SAMPLE_S) * 1000)


def of_gate(gate: DemoGate) -> list[str]:
    """Return what a gate says: its faults, the end of its log, and its last records."""
    name = gate.plan.name
    status = gate.status()
    faults: dict[str, str] = status.get("faults", {})
    lines = [f"{name} has a fault: {device}: {text}" for device, text in faults.items()]
    log = gate.log_lines()
    lines += [f"{name} says: {line}" for line in log[-LOG_LINES:]] or [f"{name} says nothing"]
    for row in gate.rows_after(0)[-RECORDS:]:
        detail = f" {row.detail}" if row.detail else ""
        lines.append(f"{name} recorded: {row.seq} {row.kind.key}, {row.persons} persons{detail}")
    return lines
