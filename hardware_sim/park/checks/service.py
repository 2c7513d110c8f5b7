"""Nobody with a good ticket is left outside once the faults have stopped."""

from typing import TYPE_CHECKING

from gate_agent.validator.passage import PassageKind

if TYPE_CHECKING:
    from hardware_sim.park.park import Park


def check(park: "Park") -> list[str]:
    """Check that no impostor is let in, and that every honest guest is through, or a journal says
    why not: a grant whose end nobody saw used the ticket up, or the ticket was refunded."""
    unresolved = {
        row.ticket
        for gate in park.gates
        for row in park.records(gate)
        if row.kind is PassageKind.UNRESOLVED and row.ticket is not None
    }
    excused = unresolved.union(*(gate.unfinished for gate in park.gates))
    entered = park.entered()
    found = [
        f"guest {guest.number} came in on somebody else's ticket {guest.serial}"
        for guest in park.guests
        if guest.impostor and park.tickets[guest.serial or 0].id in entered
    ]
    found += [f"{gate.name} did not start again" for gate in park.gates if not gate.alive]
    for guest in park.guests:
        if not guest.honest or guest.serial is None or guest.passed >= guest.persons:
            continue
        ticket = park.tickets[guest.serial]
        gone = ticket.id in set().union(*park.centre.sellers.void.values())
        if gone or ticket.id in excused or guest.serial in park.centre.void:
            continue
        reasons = ", ".join(reason.key for reason in guest.refused) or "no answer"
        found.append(
            f"guest {guest.number} with good ticket {guest.serial} passed {guest.passed} of "
            f"{guest.persons}: {reasons}"
        )
    return found
