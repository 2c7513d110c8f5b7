"""How many simulated days of faults a CPU second holds, how fast a large park's day goes by, and
what a record costs: as the sources are, and as machine code. Both must give the same events."""

import json
import subprocess
import sys
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hardware_sim.park.compiled import CompileError, compiled
from tests.bench.figures import Figure, cpu_us, measure

SEEDS = 60
SIGNS = 2000


@dataclass(frozen=True, slots=True)
class _Run:
    """`rows`: one a seed. `summary`: of all, with the CPU time that they took."""

    rows: list[dict[str, object]]
    summary: dict[str, float]

    @property
    def hashes(self) -> list[object]:
        return [row["hash"] for row in self.rows]


def _park(*options: str) -> _Run:
    command = [sys.executable, "-m", "hardware_sim", "park", "--json", *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    *rows, summary = map(json.loads, done.stdout.splitlines())
    return _Run(rows, summary)


def _both(*options: str) -> tuple[_Run, _Run, str]:
    """As machine code and as it is; and a word on how that went."""
    plain = _park(*options)
    try:
        compiled()
    except CompileError as error:
        return plain, plain, f"not compiled: {error}"
    fast = _park("--compiled", *options)
    assert fast.hashes == plain.hashes, "machine code and sources do not do the same"
    return fast, plain, "compiled by mypyc"


def _sign_us() -> float:
    """What one Ed25519 signature costs here and now: the machine's speed, for who compares."""
    key = Ed25519PrivateKey.generate()
    return cpu_us(lambda: key.sign(b"scenic-gate" * 20), SIGNS)


@measure("park_seeds_per_cpu_s", "park_seeds_plain")
def park_seeds() -> dict[str, Figure]:
    """Seeds of `hardware-sim park`: gates, centre, network, disks and visitors, faults included."""
    fast, plain, how = _both("--seeds", str(SEEDS))
    note = (
        f"{SEEDS} seeds of 3 gates and 21 minutes, {fast.summary['records']} records; {how}; "
        f"one signature took {_sign_us():.0f} us"
    )
    return {
        "park_seeds_per_cpu_s": Figure(fast.summary["seeds_per_cpu_s"], "1/s", None, note),
        "park_seeds_plain": Figure(plain.summary["seeds_per_cpu_s"], "1/s", None, "the sources"),
    }


@measure("park_speed", "park_speed_plain", "park_record_cost", "park_record_cost_plain")
def park_speed() -> dict[str, Figure]:
    """Virtual time over CPU time of one good day in a large park, checks included: 40 gates,
    20,000 persons, 12 hours, a refund (and so a new list at every gate) for one ticket in
    200. Every message is encoded, signed, carried and read as in the field. The cost of a record is
    CPU time over that of making one signature in the same run: no machine is faster at both."""
    before_us = _sign_us()
    fast, plain, how = _both("--large", "--seed", "1")
    sign_us = (before_us + _sign_us()) / 2
    note = (
        f"12 h of 40 gates, {fast.rows[0]['entries']} entries, {fast.summary['records']} records; "
        f"{how}; one signature took {sign_us:.0f} us"
    )
    fast_us, plain_us = (run.summary["cpu_us_per_record"] for run in (fast, plain))
    value, slow = fast.summary["times_real_time"], plain.summary["times_real_time"]
    return {
        "park_speed": Figure(value, "x real time", None, note),
        "park_speed_plain": Figure(slow, "x real time", None, "the sources"),
        "park_record_cost": Figure(
            round(fast_us / sign_us, 1), "signatures", None, f"{fast_us:.0f} us; {how}", "<= 30"
        ),
        "park_record_cost_plain": Figure(
            round(plain_us / sign_us, 1), "signatures", None, f"{plain_us:.0f} us; the sources"
        ),
    }
