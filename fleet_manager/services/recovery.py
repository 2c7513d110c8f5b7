"""Acts that put the centre's own books in order.

After a restore from a backup: go on above the numbers that gates have. Where sums of the counts are
not those of their hours: make them again.
"""

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from fleet_manager import recovery
from fleet_manager.access import links, sessions
from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.gates import gates
from fleet_manager.passages import tally
from fleet_manager.recovery import NumberGap, SerialGap
from fleet_manager.services.act import performed
from fleet_manager.tickets.sell import Issuer
from fleet_manager.tickets.sold_list import SERIALS
from gate_agent.validator.lists.manifest import MAX_SERIALS

SILENT_MS = 300_000
SPARE_SERIALS = 1000
"""Reserved above the highest serial that a gate has seen: tickets that were sold and not shown."""


@dataclass(frozen=True, slots=True)
class Restored:
    """`steps`: every number, and the one it goes on from; None where it stays. `news_anew`:
    every gate is sent all news again. `silent`: gates that were not heard for SILENT_MS.
    `serials`: what was sold, seen and reserved."""

    steps: tuple[tuple[NumberGap, int | None], ...]
    news_anew: bool
    silent: tuple[str, ...]
    serials: SerialGap


def go_on(centre: Centre, who: Actor, *, again: bool = False) -> Restored:
    """Let every list and the rules go on above what the gates have, and number news anew; reserve
    the serials that were sold since the backup, and SPARE_SERIALS for those no gate has seen.

    Everybody has to sign in again. `again`: only where a gate is ahead, for gates that were away
    the first time. Raises CentreError.
    """
    issuer = centre.issuer()
    with performed(centre, who, Act.CENTRE_RESTORED, "numbers") as deed:
        now_ms = centre.clock()
        serials = _reserve(deed.connection, issuer, now_ms, again=again)
        steps: list[tuple[NumberGap, int | None]] = []
        for gap in recovery.numbers(deed.connection):
            needed = gap.believable and gap.highest > (gap.ours if again else 0)
            if gap.what != recovery.KEYS and needed:
                steps.append((gap, recovery.go_on(deed.connection, gap, now_ms)))
            else:
                steps.append((gap, None))
        if not again:
            recovery.number_news_anew(deed.connection)
            # A backup brings sessions and links back that were ended since.
            sessions.end_everybodys(deed.connection)
            links.drop_all(deed.connection)
        deed.before = {gap.what: gap.ours for gap, _ in steps}
        deed.after = {gap.what: number for gap, number in steps if number is not None}
        if serials.reserved:
            deed.after = {**deed.after, SERIALS: [serials.ours + 1, serials.reserved]}
        silent = _silent(gates.every(deed.connection), now_ms)
    return Restored(tuple(steps), not again, silent, serials)


def look_ahead(centre: Centre) -> Restored:
    """Return what `go_on` would find, and change nothing."""
    with centre.store.read() as connection:
        gaps = recovery.numbers(connection)
        serials = recovery.serials(connection)
        silent = _silent(gates.every(connection), centre.clock())
    return Restored(tuple((gap, None) for gap in gaps), False, silent, serials)


def _reserve(connection: Connection, issuer: Issuer, now_ms: int, *, again: bool) -> SerialGap:
    """Reserve serials before a list is made of them. Those that are not believable are left."""
    gap = recovery.serials(connection)
    if not gap.believable or (again and gap.theirs <= gap.ours) or not gap.highest:
        return gap
    last = min(gap.highest + SPARE_SERIALS, MAX_SERIALS)
    issuer.reserve(connection, last, now_ms)
    return replace(gap, reserved=last)


def _silent(enrolled: list[gates.EnrolledGate], now_ms: int) -> tuple[str, ...]:
    return tuple(
        gate.id for gate in enrolled if gate.seen_ms is None or now_ms - gate.seen_ms > SILENT_MS
    )


def compare_sums(centre: Centre) -> list[str]:
    """Return in what the sums are not those of the tally, one sentence a row; change nothing."""
    with centre.store.read() as connection:
        return [
            sentence
            for month in tally.stored_months(connection)
            for sentence in tally.compare(connection, month)
        ]


def rebuild_sums(centre: Centre, who: Actor) -> list[str]:
    """Make the sums of every month that differs again; return in what they differed.

    Each month is a transaction of its own, so that the records of gates wait for one month at most.
    It can be repeated after a program died in between.
    """
    differences = compare_sums(centre)
    with performed(centre, who, Act.COUNTS_REBUILD, "counts") as deed:
        deed.after = {"differences": len(differences)}
        wanted = tally.stored_months(deed.connection)
    for month in wanted:
        with centre.store.write() as connection:
            if tally.compare(connection, month):
                tally.rebuild(connection, month)
    return differences
