"""What the office of a simulated park did, for whoever checks."""

from dataclasses import dataclass, field
from datetime import date

from fleet_manager.services.tickets import SaleRequest
from gate_agent.validator.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Sale:
    """What was asked for, by whom, on which park day, and what was sold."""

    seller: str
    request: SaleRequest
    today: date
    tickets: tuple[Ticket, ...]


@dataclass(frozen=True, slots=True)
class OfficeLog:
    """`sales`: of the day. `voided`: serials. `resolved`: of each case, by ticket and day, how many
    persons were too many when it was resolved last."""

    sales: list[Sale] = field(default_factory=list)
    voided: list[int] = field(default_factory=list)
    resolved: dict[tuple[bytes, int], int] = field(default_factory=dict)
