"""`/conflicts`: tickets that several gates let in more often than they may; close a case."""

from typing import Annotated, Any

from msgspec import Meta

from fleet_manager.access.rights import Act, View
from fleet_manager.services import ledger as acts
from fleet_manager.station import ledger
from fleet_manager.station.ledger import Case
from fleet_manager.web.api.kinds import Done, SerialPath, Words
from fleet_manager.web.api.operations import Call, Given, Sent, operation
from fleet_manager.web.api.problem import NotThere
from gate_agent.validator.moment import day_text, utc_text


class ConflictEntry(Sent, frozen=True):
    """An entry of a case. `too_many`: persons of it that were too many."""

    gate: str
    at: str
    record: int
    persons: int
    too_many: int


class ConflictCase(Sent, frozen=True):
    """A conflict of one ticket on one park day. `persons`: how many were too many; `price`: what
    they would have paid, null without a price. `sure`: the order of the entries is beyond doubt."""

    serial: int
    day: str
    reason: str
    persons: int
    price: int | None
    sure: bool
    state: str
    by: str | None
    why: str | None
    entries: list[ConflictEntry]


class ConflictList(Sent, frozen=True):
    """Conflicts, the newest first."""

    conflicts: list[ConflictCase]


class ConflictQuery(Given, frozen=True):
    """Which state: open, resolved or all."""

    state: Annotated[str, Meta(pattern="^(open|resolved|all)$")] = "open"


class Resolution(Given, frozen=True):
    """What was found, or why it is so."""

    reason: Annotated[Words, Meta(min_length=1)]


@operation("GET", "/conflicts", view=View.MONEY)
def list_conflicts(call: Call, query: ConflictQuery) -> ConflictList:
    """List tickets that several gates let in more often than they may."""
    state = None if query.state == "all" else query.state
    with call.centre.store.read() as connection:
        return ConflictList([_case(case) for case in ledger.cases(connection, state)])


@operation("POST", "/conflicts/{serial}/resolve", act=Act.LEDGER_RESOLVE)
def resolve_conflict(call: Call, path: SerialPath, body: Resolution) -> Done:
    """Close the open conflicts of a ticket; what is found later opens them again."""
    with call.centre.store.read() as connection:
        if not ledger.cases(connection, "open", path.serial):
            raise NotThere(f"cannot find an open conflict of ticket {path.serial}")
    return Done(acts.resolve(call.centre, call.who, path.serial, call.who.name, body.reason))


def _case(case: Case) -> ConflictCase:
    return ConflictCase(
        serial=case.serial,
        day=day_text(case.day),
        reason=case.reason.key,
        persons=case.persons,
        price=case.cents,
        sure=case.sure,
        state=case.state,
        by=case.by or None,
        why=case.why or None,
        entries=[_entry(record) for record in case.records],
    )


def _entry(record: dict[str, Any]) -> ConflictEntry:
    return ConflictEntry(
        gate=record["gate"],
        at=utc_text(record["wall_ms"]),
        record=record["seq"],
        persons=record["persons"],
        too_many=record["too_many"],
    )
