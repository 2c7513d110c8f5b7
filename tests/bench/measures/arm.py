"""How long the command contact is closed: in good health, and when processes are stopped or killed
in the middle. Real processes over simulated lines that outlive them."""

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from signal import SIGKILL, SIGSTOP

from tests.bench.figures import Figure, measure
from tests.gate_agent.drivers.arms.passages import miscounted, play
from tests.process.guarded import Guarded

PULSES = 20
VISITS = 100_000
PULSE_MS = 300
VICTIMS = ("daemon", "holder", "keeper")


@measure("pulse_ms", "pulse_max_ms", "guard_mib")
def pulses() -> dict[str, Figure]:
    """The first two need no machine that is idle: the guard is in front of everything else."""
    with _guarded() as guarded:
        for _ in range(PULSES):
            guarded.ask(PULSE_MS)
            guarded.hear("off")
        lengths = guarded.pulses_ms()
        assert len(lengths) == PULSES
        pids = [pid for name, pid in guarded.processes().items() if name != "daemon"]
        sizes = [_mib(pid, "Pss:") for pid in pids]
        resident = max(_mib(pid, "Rss:") for pid in pids)
    worst: dict[str, float] = {}
    hits = [(name, number) for name in VICTIMS for number in (SIGSTOP, SIGKILL)]
    cases = [(hit,) for hit in hits]
    cases += [(one, two) for one, two in product(hits, hits) if one[0] != two[0]]  # type: ignore[misc]
    for case in cases:
        name = " then ".join(f"{hit[0]} {hit[1].name}" for hit in case)
        worst[name] = _hit(case)
    slowest = max(worst, key=lambda name: worst[name])
    off = max(abs(length - PULSE_MS) for length in lengths)
    return {
        "pulse_ms": Figure(
            round(statistics.median(lengths), 1),
            "ms",
            float(PULSE_MS),
            f"median of {PULSES} pulses under the guard, worst off by {off:.1f}; floor: asked for",
            "300±20",
        ),
        "pulse_max_ms": Figure(
            round(worst[slowest], 1),
            "ms",
            float(PULSE_MS),
            f"worst of {len(cases)} ways to stop or kill one or two of daemon, holder and keeper "
            f"in mid-pulse: {slowest}",
            "<= 1000",
        ),
        "guard_mib": Figure(
            round(sum(sizes), 1),
            "MiB",
            None,
            f"both processes, shared pages by share (PSS); larger one resident {resident:.1f}",
            "<= 10",
        ),
    }


@measure("passages_miscounted")
def passages() -> dict[str, Figure]:
    """Whole visits, from the grant to the arm at rest, with the real contact logic and lane."""
    wrong = persons = dips = 0
    for seed in range(VISITS):
        visit = play(seed)
        wrong += bool(miscounted(visit))
        persons += visit.truth.seen
        dips += visit.dips
    note = (
        f"of {VISITS:,} scripted visits with bounce, wiggles, back-outs, tailgates, teams and "
        f"intruders, {dips:,} with power dips; {persons:,} persons went through"
    )
    return {"passages_miscounted": Figure(float(wrong), "visits", 0.0, note, "= 0")}


def _hit(case: tuple[tuple[str, int], ...]) -> float:
    with _guarded() as guarded:
        guarded.ask(PULSE_MS)
        guarded.hear("taken")
        for name, number in case:
            if name in guarded.processes():
                guarded.hit(name, number)
        guarded.until(lambda: bool(guarded.pulses_ms()) and not guarded.closed())
        return max(guarded.pulses_ms())


@contextmanager
def _guarded() -> Iterator[Guarded]:
    with tempfile.TemporaryDirectory(prefix="scenic-gate-") as name, Guarded(Path(name)) as guarded:
        yield guarded


def _mib(pid: int, key: str) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) / 1024
