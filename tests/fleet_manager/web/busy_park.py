"""A park in the middle of a day: tickets, passages, refusals, a conflict, what strangers wrote."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fleet_manager.access.actor import computer_user
from fleet_manager.centre import Centre
from fleet_manager.database import incidents
from fleet_manager.events.event_types import ALL
from fleet_manager.incident import Incident, Sighting
from fleet_manager.intake.ingest import ingest
from fleet_manager.services import sellers, tickets
from fleet_manager.services.tickets import Print, SaleRequest
from fleet_manager.services.webhooks import receivers
from gate_agent.validator.passage import Direction, PassageKind
from gate_agent.validator.reasons import Reason
from tests.fleet_manager.scribe import Scribe

WICKED = "<script>alert(1)</script>"
"""A name that somebody gives to whatever has one."""


@dataclass(frozen=True)
class BusyPark:
    """`prints`: what was sold, in order."""

    prints: list[Print]


def fill(park: Centre) -> BusyPark:
    """Sell, let in and refuse today; gates stand there already."""
    who = computer_user()
    sold = tickets.issue(park, who, SaleRequest(product="adult", count=6, entry="2"))
    sold += tickets.issue(park, who, SaleRequest(product="adult", count=3, group=True))
    tickets.suspend(park, who, [sold[5].ticket.serial], f"lost {WICKED}")
    sellers.add_series(park, who, "otter", WICKED, tagged=True)
    now_ms = park.clock()
    day = datetime.fromtimestamp(now_ms / 1000, ZoneInfo("Asia/Shanghai"))
    begun_ms = int(day.replace(hour=0, minute=0, second=1).astimezone(UTC).timestamp() * 1000)
    pens = {gate: Scribe(gate, gate[-1].encode() * 16) for gate in ("gate-1", "gate-2", "gate-3")}
    ids = [handed.ticket.id for handed in sold]

    def write(gate: str, kind: PassageKind, number: int, **fields: object) -> None:
        fields = {"wall_ms": begun_ms + 1000 * number, "product": 1, **fields}
        pens[gate].write(kind, ticket=ids[number], **fields)

    for number in range(4):
        write("gate-1", PassageKind.TAKEN, number)
    write("gate-3", PassageKind.TAKEN, 0, wall_ms=begun_ms + 60_000)
    write("gate-2", PassageKind.TAKEN, 0, wall_ms=begun_ms + 90_000)  # once more than it may
    write("gate-1", PassageKind.TAKEN, 1, direction=Direction.OUT, wall_ms=begun_ms + 95_000)
    write("gate-2", PassageKind.DENIED, 5, reason=int(Reason.SUSPENDED))
    write("gate-2", PassageKind.TAKEN, 5, detail=f"li: {WICKED}"[:60], reason=int(Reason.SUSPENDED))
    pens["gate-2"].write(PassageKind.FORCED, wall_ms=begun_ms + 99_000)
    pens["gate-2"].write(PassageKind.DENIED, code=b"12345678", reason=1, wall_ms=begun_ms)
    batches = [(pen.gate, pen.batch()) for pen in pens.values()]
    with park.store.write() as connection:
        ingest(connection, batches, park.calendar, now_ms)
        sighting = Sighting(Incident.FORK, "gate-2", "two stories", WICKED)
        incidents.record(connection, Counter({sighting: 2}), now_ms)
    _tell(park)
    return BusyPark(sold)


def _tell(park: Centre) -> None:
    """Add a receiver of events that does not answer, and let somebody try it."""
    allowing = replace(park.config, webhook_hosts=frozenset({"localhost"}))
    telling = replace(park, config=allowing)
    receivers.add(telling, computer_user(), "till", "http://localhost:9/hooks", ALL)
    receivers.disable(telling, computer_user(), "till", WICKED)
    receivers.send_test(telling, computer_user(), "till")
