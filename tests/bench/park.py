"""How many simulated days of faults a CPU second holds, and how fast a large park's day goes by."""

import logging
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hardware_sim.park.park import Plan
from hardware_sim.park.run import Report, run
from tests.bench.figures import Figure, cpu_us, measure

SEEDS = range(1, 16)
LARGE = Plan(
    gates=40,
    visitors=8_000,
    hours=12.0,
    rates=None,
    misread=0.0,
    loss=0.0,
    refunds=0.005,
    walk_ups=0.0,
)
SIGNS = 2000


@contextmanager
def _quietly() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _timed(seed: int, plan: Plan) -> tuple[Report, float]:
    start_s = time.process_time()
    report = run(seed, plan)
    return report, time.process_time() - start_s


def _sign_us() -> float:
    """What one Ed25519 signature costs here and now: the machine's speed, for who compares."""
    key = Ed25519PrivateKey.generate()
    return cpu_us(lambda: key.sign(b"scenic-gate" * 20), SIGNS)


@measure("park_seeds_per_cpu_s")
def park_seeds() -> dict[str, Figure]:
    """Seeds of `hardware-sim park`: gates, centre, network, disks and visitors, faults included."""
    with _quietly():
        done = [_timed(seed, Plan()) for seed in SEEDS]
    records = sum(report.records for report, _ in done)
    note = (
        f"{len(done)} seeds of 3 gates and 21 minutes, {records} records; "
        f"one signature took {_sign_us():.0f} us"
    )
    value = round(1 / statistics.median(took_s for _, took_s in done), 2)
    return {"park_seeds_per_cpu_s": Figure(value, "1/s", None, note, ">= 4")}


@measure("park_speed")
def park_speed() -> dict[str, Figure]:
    """Virtual time over CPU time of one good day in a large park, checks included: 40 gates,
    20,000 persons, 12 hours, a refund (and so a new list at every gate) for one ticket in
    200. Every message is encoded, signed, carried and read as in the field."""
    with _quietly():
        report, took_s = _timed(1, LARGE)
    assert not report.violations, report.violations[:3]
    note = (
        f"{LARGE.hours:g} h of {LARGE.gates} gates, {report.entries} entries, {report.records} "
        f"records in {took_s:.1f} CPU s; one signature took {_sign_us():.0f} us"
    )
    value = round(LARGE.hours * 3600 / took_s)
    return {"park_speed": Figure(value, "x real time", None, note, ">= 1000")}
