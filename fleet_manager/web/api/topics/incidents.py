"""`/incidents`: what should not happen; say that somebody has looked at it."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from fleet_manager.access.rights import Act, View
from fleet_manager.database import incidents
from fleet_manager.gates import gates
from fleet_manager.incident import Incident
from fleet_manager.services import incidents as acts
from fleet_manager.web.api.kinds import Done, Name, Words, or_none
from fleet_manager.web.api.operations import Call, Given, Sent, operation
from gate_agent.validator.moment import utc_text

_KINDS = "|".join(Incident)


class IncidentLine(Sent, frozen=True):
    """Incidents that are alike. `times`: how often; `new`: since somebody last cleared them."""

    kind: str
    gate: str | None
    detail: str
    times: int
    new: int
    first: str
    last: str


class IncidentList(Sent, frozen=True):
    """Incidents, the last one first."""

    incidents: list[IncidentLine]


class IncidentQuery(Given, frozen=True):
    """`cleared`: those that somebody has cleared as well."""

    kind: Annotated[str, Meta(pattern=f"^({_KINDS})?$")] = ""
    gate: Name | UnsetType = UNSET
    cleared: bool = False


class IncidentClearing(Given, frozen=True):
    """Which to clear: all open ones of a kind, or of a kind at one gate."""

    kind: Annotated[str, Meta(pattern=f"^({_KINDS})$")]
    gate: Name | UnsetType = UNSET
    reason: Words = ""


@operation("GET", "/incidents", view=View.FLEET)
def list_incidents(call: Call, query: IncidentQuery) -> IncidentList:
    """List what should not happen, and did."""
    with call.centre.store.read() as connection:
        every = incidents.every(connection)
        here = {
            gate.id
            for gate in gates.every(connection, retired=True)
            if call.who.station in ("", gate.station)
        }
    shown = [
        incident
        for incident in every
        if (query.cleared or incident.is_open)
        and query.kind in ("", incident.kind.value)
        and or_none(query.gate) in (None, incident.gate)
        and (not call.who.station or incident.gate in here)
    ]
    return IncidentList([_line(incident) for incident in shown])


@operation("POST", "/incidents/clear", act=Act.INCIDENT_CLEAR)
def clear_incidents(call: Call, body: IncidentClearing) -> Done:
    """Clear incidents: one that happens again is open again."""
    with call.centre.store.read() as connection:
        seen = incidents.open_now(connection, Incident(body.kind), or_none(body.gate))
    acts.clear(call.centre, call.who, seen, body.reason)
    return Done(len(seen))


def _line(incident: incidents.IncidentCount) -> IncidentLine:
    return IncidentLine(
        kind=incident.kind.value,
        gate=incident.gate or None,
        detail=incident.words,
        times=incident.times,
        new=incident.times - incident.cleared,
        first=utc_text(incident.first_ms),
        last=utc_text(incident.last_ms),
    )
