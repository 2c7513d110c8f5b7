"""PURE. What the actor asks of the world after the journal has committed. Values, nothing else."""

from dataclasses import dataclass, field
from enum import StrEnum

from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.ticket import Ticket
from gate_agent.validator.uses import Entitlement


class Sign(StrEnum):
    """What a lane shows."""

    READY = "ready"
    GO = "go"
    PLEASE_PASS = "please_pass"
    SHOW_ID = "show_id"
    REFUSED = "refused"
    CLOSED = "closed"
    FREE = "free"
    EVACUATE = "evacuate"
    ALARM = "alarm"
    OUT_OF_ORDER = "out_of_order"


@dataclass(frozen=True, slots=True)
class Release:
    """Give the arm one pulse: one person may pass."""


@dataclass(frozen=True, slots=True)
class Show:
    """Show the visitor a sign. `persons`: may still pass. `reason`: of REFUSED. The rest is for
    staff: the ticket, whether it was used before, the number of the refusal's record, or of the
    grant's if staff say how many of a team go through, and whether staff overrode a refusal."""

    sign: Sign
    persons: int = 0
    reason: Reason | None = None
    ticket: Ticket | None = field(default=None, compare=False)
    reentry: bool = field(default=False, compare=False)
    record: int | None = field(default=None, compare=False)
    overridden: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class AskCentre:
    """Send claim `number` to the centre: may so many `persons` come in on this ticket, of which
    `right` says how often it may be used?"""

    number: int
    ticket: bytes
    persons: int
    right: Entitlement


LaneEffect = Release | Show | AskCentre
