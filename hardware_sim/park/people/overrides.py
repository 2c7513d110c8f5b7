"""Staff and nobody else override refusals: each such grant was asked for by somebody who may, for
no more persons, against the refusal that was on the screen, within its minute; and records say
who."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gate_agent.validator.passage import Passage, PassageKind
from gate_agent.validator.reasons import Reason
from hardware_sim.park.oracle.staff_act import StaffAct

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

ANSWER_MS = 60_000
_BUSY = Reason.BUSY.value


def check(park: "Park") -> list[str]:
    """Check every grant against a refusal."""
    return [
        f"{gate.name}: record {row.seq}: {wrong}"
        for gate in park.gates
        for card, rows in enumerate(park.by_card(gate))
        for row in rows
        if row.kind is PassageKind.GRANTED and row.detail
        for wrong in (
            *_override(park.staff_acts[gate.name], card, rows, row),
            *_too_many(park, row),
        )
    ]


def _override(acts: list[StaffAct], card: int, rows: list[Passage], row: Passage) -> Iterator[str]:
    refusal = _last_refusal(rows, row)
    if refusal is None:
        yield "overrides nothing"
        return
    asked = (card, row.lane, refusal.seq)
    act = next((act for act in acts if (act.card, act.lane, act.record) == asked), None)
    yield from _wrong(row, refusal, act)


def _last_refusal(rows: list[Passage], granted: Passage) -> Passage | None:
    """Return the newest refusal at a lane before a grant; who jumps the queue is not shown one."""
    for row in reversed(rows[: granted.seq - 1]):
        if row.lane == granted.lane and row.kind is PassageKind.DENIED and row.reason != _BUSY:
            return row
    return None


def _wrong(row: Passage, refusal: Passage, act: StaffAct | None) -> Iterator[str]:
    if act is None:
        yield "overrides a refusal that nobody asked about"
        return
    if not act.may(refusal.reason):
        yield f"{act.who or 'nobody'} overrode reason {refusal.reason}"
    if row.detail != f"{act.who}: checked":
        yield f"says {row.detail!r}, it was {act.who}"
    if row.reason != refusal.reason or row.ticket != refusal.ticket:
        yield f"overrides reason {row.reason}, the refusal was for {refusal.reason}"
    if row.persons > act.persons:
        yield f"lets {row.persons} in, asked for were {act.persons}"
    if row.boot == refusal.boot and row.mono_ms - refusal.mono_ms > ANSWER_MS:
        yield f"comes {row.mono_ms - refusal.mono_ms} ms after the refusal"


def _too_many(park: "Park", row: Passage) -> Iterator[str]:
    """Check that staff let in no more than the ticket admits."""
    ticket = park.ticket_of(row)
    if ticket is not None and row.persons > ticket.admits:
        yield f"lets {row.persons} in, ticket {ticket.serial} admits {ticket.admits}"
