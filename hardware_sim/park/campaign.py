"""Many seeds in a row, and what came of them."""

import json
import logging
import time
import traceback
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from hardware_sim.park.attackers import ON
from hardware_sim.park.park import LARGE, Plan
from hardware_sim.park.run import Report, run


def plan_of(*, good_day: bool, large: bool, restore: bool, attacks: Collection[str] = ON) -> Plan:
    """Return what a campaign's parks are like. `attacks`: names of the attackers who come."""
    if large:
        return LARGE
    plan = Plan(rates=None, misread=0.0, loss=0.0) if good_day else Plan()
    return replace(plan, restore=restore, attacks=frozenset(attacks))


def campaign(
    seeds: Iterable[int], plan: Plan, *, stop: bool, as_json: bool, say: Callable[[str], None]
) -> int:
    """Run the seeds; return exit status 1 if anything was violated or crashed.

    Nothing is logged meanwhile: thousands of gates say what attackers do to them.
    """
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        return _run_all(seeds, plan, stop=stop, as_json=as_json, say=say)
    finally:
        logging.disable(before)


def _run_all(
    seeds: Iterable[int], plan: Plan, *, stop: bool, as_json: bool, say: Callable[[str], None]
) -> int:
    start_s = time.process_time()
    count = violations = faults = records = 0
    for seed in seeds:
        report = _one(seed, plan)
        count += 1
        violations += len(report.violations)
        faults += report.faults
        records += report.records
        say(_as_json(report) if as_json else _as_line(report))
        if stop and report.violations:
            break
    cpu_s = time.process_time() - start_s
    summary = {
        "seeds": count,
        "violations": violations,
        "faults": faults,
        "records": records,
        "seeds_per_cpu_s": float(f"{count / cpu_s:.3g}"),
        "times_real_time": round(count * plan.hours * 3600 / cpu_s),
        "cpu_us_per_record": round(cpu_s * 1e6 / max(1, records)),
    }
    if as_json:
        say(json.dumps(summary))
    else:
        say(", ".join(f"{value} {name.replace('_', ' ')}" for name, value in summary.items()))
    return 1 if violations else 0


def _one(seed: int, plan: Plan) -> Report:
    """Run one seed. A crash of the cores is a violation too: an exception that nobody expected."""
    try:
        return run(seed, plan)
    except Exception as error:  # noqa: BLE001
        last = traceback.extract_tb(error.__traceback__)[-1]
        text = f"crash: {type(error).__name__}: {error} ({last.name}, line {last.lineno})"
        return Report(seed, "", (text,), 0, 0, 0)


def _as_json(report: Report) -> str:
    return json.dumps(
        {
            "seed": report.seed,
            "hash": report.hash,
            "faults": report.faults,
            "entries": report.entries,
            "records": report.records,
            "violations": list(report.violations),
        }
    )


def _as_line(report: Report) -> str:
    head = (
        f"seed {report.seed:6}  {report.hash:16}  {report.faults:3} faults  "
        f"{report.entries:4} entries  {report.records:4} records"
    )
    return "\n  ".join([head, *report.violations])
