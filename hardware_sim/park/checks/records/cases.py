"""A case of the ledger says what its records say: how many were too many, on which day, and whether
the clocks of its gates can tell who was first."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fleet_manager.station import ledger
from fleet_manager.station.ledger import Case
from gate_agent.validator.reasons import Reason

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

CLOCKS_AGREE_MS = 2000
"""Two clocks that the network sets may differ by a second each."""


def check(park: "Park") -> list[str]:
    """Check every case by its own records."""
    with park.centre.store.read() as connection:
        cases = ledger.cases(connection)
    return [
        f"the case of ticket {case.serial} {wrong}" for case in cases for wrong in _case(park, case)
    ]


def _case(park: "Park", case: Case) -> Iterator[str]:
    days = [park.day.day_hour(record["wall_ms"])[0] for record in case.records]
    today = [(at, day) for at, day in enumerate(days) if day == case.day]
    too_many = [at for at, _ in today if case.records[at]["too_many"]]
    if not too_many:
        yield f"has nobody too many on day {case.day}"
        return
    persons = sum(case.records[at]["too_many"] for at in too_many)
    if persons != case.persons:
        yield f"is of {case.persons} persons, its records of {persons}"
    first = case.records[too_many[0]]
    before = [
        record for record in case.records[: too_many[0]] if record["journal"] != first["journal"]
    ]
    if not before:
        yield "has no entry at another gate before"
        return
    trusted = before[-1]["clock"] == first["clock"] == "trusted"
    sure = trusted and first["wall_ms"] - before[-1]["wall_ms"] > CLOCKS_AGREE_MS
    if case.sure != sure:
        yield f"is {'sure' if case.sure else 'unsure'}, by its records it is not"
    if case.reason not in (Reason.USED, Reason.INSIDE, Reason.PASSBACK):
        yield f"has the reason {case.reason.key}"
