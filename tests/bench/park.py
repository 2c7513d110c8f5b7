"""How many simulated days of faults a CPU second holds."""

import logging
import statistics
import time

from hardware_sim.park.run import run
from tests.bench.figures import Figure, measure

SEEDS = range(1, 16)


@measure("park_seeds_per_cpu_s")
def park_seeds() -> dict[str, Figure]:
    """Seeds of `hardware-sim park`: gates, centre, network, disks and visitors, faults included."""
    logging.disable(logging.CRITICAL)
    times = []
    records = 0
    try:
        for seed in SEEDS:
            start_s = time.process_time()
            records += run(seed).records
            times.append(time.process_time() - start_s)
    finally:
        logging.disable(logging.NOTSET)
    note = f"{len(times)} seeds of 3 gates and 21 minutes, {records} records"
    value = round(1 / statistics.median(times), 2)
    return {"park_seeds_per_cpu_s": Figure(value, "1/s", None, note, ">= 4")}
