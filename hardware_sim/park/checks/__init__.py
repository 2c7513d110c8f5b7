"""What must hold. One module a subject; each has `check(park) -> list of violations`, run when the
faults have stopped and everything has settled. Some also watch while it happens."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hardware_sim.park.checks import (
    answers,
    books,
    bounds,
    clocks,
    counted,
    grants,
    kept,
    lists,
    once,
    privacy,
    service,
    trust,
    turns,
    uses,
)

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

Check = Callable[["Park"], list[str]]
CHECKS: dict[str, Check] = {
    "answers": answers.check,
    "books": books.check,
    "counted": counted.check,
    "kept": kept.check,
    "turns": turns.check,
    "uses": uses.check,
    "once": once.check,
    "grants": grants.check,
    "lists": lists.check,
    "clocks": clocks.check,
    "trust": trust.check,
    "service": service.check,
    "bounds": bounds.check,
    "privacy": privacy.check,
}
