"""The act after a restore from a backup: go on above the numbers that gates have."""

from dataclasses import dataclass

from fleet_manager import recovery
from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.gates import gates
from fleet_manager.recovery import NumberGap
from fleet_manager.services.act import performed

SILENT_MS = 300_000


@dataclass(frozen=True, slots=True)
class Restored:
    """`steps`: every number, and the one it goes on from; None where it stays. `news_anew`:
    every gate is sent all news again. `silent`: gates that were not heard for SILENT_MS."""

    steps: tuple[tuple[NumberGap, int | None], ...]
    news_anew: bool
    silent: tuple[str, ...]


def go_on(centre: Centre, who: Actor, *, again: bool = False) -> Restored:
    """Let every list and the rules go on above what the gates have, and number news anew.

    `again`: only where a gate is ahead, for gates that were away the first time. Raises
    CentreError.
    """
    with performed(centre, who, Act.CENTRE_RESTORED, "numbers") as deed:
        now_ms = centre.clock()
        steps: list[tuple[NumberGap, int | None]] = []
        for gap in recovery.numbers(deed.connection):
            needed = gap.believable and gap.highest > (gap.ours if again else 0)
            if gap.what != recovery.KEYS and needed:
                steps.append((gap, recovery.go_on(deed.connection, gap, now_ms)))
            else:
                steps.append((gap, None))
        if not again:
            recovery.number_news_anew(deed.connection)
        deed.before = {gap.what: gap.ours for gap, _ in steps}
        deed.after = {gap.what: number for gap, number in steps if number is not None}
        silent = _silent(gates.every(deed.connection), now_ms)
    return Restored(tuple(steps), not again, silent)


def look_ahead(centre: Centre) -> Restored:
    """Return what `go_on` would find, and change nothing."""
    with centre.store.read() as connection:
        gaps = recovery.numbers(connection)
        silent = _silent(gates.every(connection), centre.clock())
    return Restored(tuple((gap, None) for gap in gaps), False, silent)


def _silent(enrolled: list[gates.EnrolledGate], now_ms: int) -> tuple[str, ...]:
    return tuple(
        gate.id for gate in enrolled if gate.seen_ms is None or now_ms - gate.seen_ms > SILENT_MS
    )
