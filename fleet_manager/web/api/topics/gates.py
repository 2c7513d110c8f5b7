"""`/gates`: the boards, how each stands; invite, rename, retire."""

import json
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from fleet_manager.access.rights import Act, NotAllowed, View
from fleet_manager.gates import gates
from fleet_manager.gates.gates import EnrolledGate
from fleet_manager.gates.health import SILENT_MS
from fleet_manager.services import gates as acts
from fleet_manager.services.boards import enrolment
from fleet_manager.web.api.kinds import Name, NamePath, ReasonBody, looking_for
from fleet_manager.web.api.operations import Call, Given, Sent, operation
from gate_agent.validator.moment import ClockState, utc_text

_CLOCKS = {int(state): state.name.lower() for state in ClockState}


class GateLane(Sent, frozen=True):
    """A lane of a gate."""

    lane: int
    mode: str
    phase: str


class GateStanding(Sent, frozen=True):
    """A gate as it last reported itself. `seen`: the newest time of the centre that it has sent
    back, null for never. `silent`: nothing of it for three minutes. `waiting`: records that had not
    arrived then. `lists`: versions in force."""

    gate: str
    label: str
    station: str
    added: str
    seen: str | None
    silent: bool
    retired: str | None
    disowned: str | None
    software: str
    clock: str | None
    waiting: int
    lists: dict[str, int]
    lanes: list[GateLane]
    faults: list[str]
    config: str | None
    config_drifts: bool


class GateList(Sent, frozen=True):
    """Gates, by station and name."""

    gates: list[GateStanding]


class GateQuery(Given, frozen=True):
    """`retired`: those out of use as well."""

    station: Name | UnsetType = UNSET
    retired: bool = False


class GateInvitation(Given, frozen=True):
    """For which gate: with a `station` a new one, with `replace` another board of one that
    exists."""

    gate: Name
    station: Name | UnsetType = UNSET
    replace: bool = False
    valid_minutes: Annotated[int, Meta(ge=1, le=20_160)] = 120


class InvitationToken(Sent, frozen=True):
    """A one-time token, for `gate-agent enrol`."""

    gate: str
    token: str
    expires: str


class GateChange(Given, frozen=True):
    """What people call a gate, '' for nothing."""

    label: Annotated[str, Meta(max_length=40)]


@operation("GET", "/gates", view=View.FLEET)
def list_gates(call: Call, query: GateQuery) -> GateList:
    """List gates: when each was seen, what it runs, its lanes and faults."""
    station = call.station(query.station)
    with call.centre.store.read() as connection:
        every = gates.every(connection, retired=query.retired)
    now_ms = call.centre.clock()
    return GateList([_gate(gate, now_ms) for gate in every if station in (None, gate.station)])


@operation("GET", "/gates/{name}", view=View.FLEET)
def show_gate(call: Call, path: NamePath) -> GateStanding:
    """Show one gate."""
    return _gate(_find(call, path), call.centre.clock())


@operation("PATCH", "/gates/{name}", act=Act.GATE_SET)
def rename_gate(call: Call, path: NamePath, body: GateChange) -> GateStanding:
    """Change what people call a gate."""
    _find(call, path)
    acts.set_label(call.centre, call.who, path.name, body.label)
    return _gate(_find(call, path), call.centre.clock())


@operation("POST", "/gates/{name}/retire", act=Act.GATE_RETIRE)
def retire_gate(call: Call, path: NamePath, body: ReasonBody) -> GateStanding:
    """Take nothing from a gate any more, for ever; its records stay."""
    _find(call, path)
    acts.retire(call.centre, call.who, path.name, body.reason)
    return _gate(_find(call, path), call.centre.clock())


@operation("POST", "/gates/invitations", act=Act.GATE_INVITE, status=201)
def invite_gate(call: Call, body: GateInvitation) -> InvitationToken:
    """Make a one-time token by which a board enrols itself."""
    station = None if isinstance(body.station, UnsetType) else body.station
    token = enrolment.invite(
        call.centre,
        call.who,
        body.gate,
        station,
        valid_ms=body.valid_minutes * 60_000,
        replaces=body.replace,
    )
    return InvitationToken(token.gate, token.to_text(), utc_text(token.expires_s * 1000))


def _find(call: Call, path: NamePath) -> EnrolledGate:
    """Return a gate. Raises NotThere, and NotAllowed for one of another station."""
    with call.centre.store.read() as connection, looking_for():
        gate = gates.find(connection, path.name)
    if call.who.station not in ("", gate.station):
        raise NotAllowed(f"cannot show gate {gate.id}: it is of station {gate.station}")
    return gate


def _gate(gate: EnrolledGate, now_ms: int) -> GateStanding:
    state: dict[str, Any] = json.loads(gate.state) if gate.state else {}
    return GateStanding(
        gate=gate.id,
        label=gate.label,
        station=gate.station,
        added=utc_text(gate.added_ms),
        seen=_utc(gate.seen_ms),
        silent=gate.seen_ms is None or now_ms - gate.seen_ms > SILENT_MS,
        retired=_utc(gate.retired_ms),
        disowned=_utc(gate.disowned_ms),
        software=gate.software,
        clock=_CLOCKS.get(state.get("clock", -1)),
        waiting=gate.waiting,
        lists=gate.lists,
        lanes=[GateLane(number, mode, phase) for number, mode, phase in state.get("lanes", [])],
        faults=list(state.get("faults", [])),
        config=gate.config or None,
        config_drifts=gate.config_drifts,
    )


def _utc(at_ms: int | None) -> str | None:
    return None if at_ms is None else utc_text(at_ms)
