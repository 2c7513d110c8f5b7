"""A case of the ledger says what its records say: how many were too many, on which day, whether the
clocks of its gates can tell who was first, what it cost; and it stays resolved unless more persons
are too many."""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

from fleet_manager.station import ledger
from fleet_manager.station.ledger import Case
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import EntryRule
from hardware_sim.park.centre.catalogue import PRODUCTS

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

CLOCKS_AGREE_MS = 2000
"""Two clocks that the network sets may differ by a second each."""
_TIMES = """SELECT journal.gate, journal.id, passage.seq, passage.wall_ms
    FROM passage JOIN journal ON journal.no = passage.journal"""


def check(park: "Park") -> list[str]:
    """Check every case by its own records."""
    with park.centre.store.read() as connection:
        cases = ledger.cases(connection)
    times = {tuple(row[:3]): row[3] for row in park.centre.read(_TIMES)}
    return [
        f"the case of ticket {case.serial} {wrong}"
        for case in cases
        for wrong in (
            *_case(park, case),
            *_times(case, times),
            *_cost(park, case),
            *_state(park, case),
        )
    ]


def _times(case: Case, times: dict[tuple[Any, ...], int]) -> Iterator[str]:
    """Check that a case has the times that the centre has of its records."""
    for record in case.records:
        stored_ms = times.get((record["gate"], bytes.fromhex(record["journal"]), record["seq"]))
        if stored_ms != record["wall_ms"]:
            yield f"has record {record['seq']} at {record['wall_ms']}, the centre at {stored_ms}"


def _cost(park: "Park", case: Case) -> Iterator[str]:
    """Check that nobody who came in too much is free of charge: every part of a fen is one."""
    ticket = park.tickets.get(case.serial)
    if ticket is None or ticket.id != case.ticket:
        return
    prices = {product.id: product.price_cents for product in PRODUCTS}
    price = prices.get(ticket.product)
    due = None if price is None else ceil(Fraction(case.persons * price, ticket.admits))
    if case.cents != due:
        yield f"costs {case.cents} for {case.persons} of {ticket.admits}, it should be {due}"


def _state(park: "Park", case: Case) -> Iterator[str]:
    """Check that a case that was resolved is open only if more persons are too many by now. Of a
    ticket for several times an exit that arrives late can change how many there are; a centre that
    was put back may have forgotten it."""
    if park.plan.restore:
        return
    ticket = park.tickets.get(case.serial)
    resolved = park.office_log.resolved.get((case.ticket, case.day))
    if ticket is None or ticket.entry_policy.rule is not EntryRule.ONCE or resolved is None:
        return
    if case.state == ledger.OPEN and case.persons <= resolved:
        yield f"is open again: {case.persons} are too many, {resolved} were when it was resolved"
    if case.state == ledger.RESOLVED and case.persons > resolved:
        yield f"is resolved: {case.persons} are too many, {resolved} were when it was resolved"


def _board(record: dict[str, Any]) -> tuple[str, str]:
    return record["gate"], record["journal"]


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
    before = [record for record in case.records[: too_many[0]] if _board(record) != _board(first)]
    if not before:
        yield "has no entry at another gate before"
        return
    trusted = before[-1]["clock"] == first["clock"] == "trusted"
    sure = trusted and first["wall_ms"] - before[-1]["wall_ms"] > CLOCKS_AGREE_MS
    if case.sure != sure:
        yield f"is {'sure' if case.sure else 'unsure'}, by its records it is not"
    if case.reason not in (Reason.USED, Reason.INSIDE, Reason.PASSBACK):
        yield f"has the reason {case.reason.key}"
