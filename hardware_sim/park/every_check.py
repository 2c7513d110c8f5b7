"""Every check by its name, as violations and planted bugs name it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hardware_sim.park.checks import (
    answers,
    bounds,
    clocks,
    grants,
    histories,
    lists,
    once,
    privacy,
    service,
    trust,
    turns,
    uses,
)
from hardware_sim.park.checks.exchange import claims
from hardware_sim.park.checks.office import audited, reports, retired, sold
from hardware_sim.park.checks.records import books, cases, counted, kept, recovered, sums
from hardware_sim.park.checks.siege import inbox, incidents, seen
from hardware_sim.park.people import modes, overrides, told

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

Check = Callable[["Park"], list[str]]
CHECKS: dict[str, Check] = {
    "answers": answers.check,
    "books": books.check,
    "claims": claims.check,
    "cases": cases.check,
    "counted": counted.check,
    "kept": kept.check,
    "sums": sums.check,
    "recovered": recovered.check,
    "modes": modes.check,
    "overrides": overrides.check,
    "audited": audited.check,
    "reports": reports.check,
    "retired": retired.check,
    "sold": sold.check,
    "told": told.check,
    "turns": turns.check,
    "uses": uses.check,
    "histories": histories.check,
    "once": once.check,
    "grants": grants.check,
    "lists": lists.check,
    "clocks": clocks.check,
    "trust": trust.check,
    "service": service.check,
    "bounds": bounds.check,
    "privacy": privacy.check,
    "inbox": inbox.check,
    "incidents": incidents.check,
    "seen": seen.check,
}
