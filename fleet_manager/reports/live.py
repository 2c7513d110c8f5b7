"""What happens in the park now: who is inside, what each gate did, which gates are silent."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select

from fleet_manager import limits
from fleet_manager.database import store, tables
from fleet_manager.gates import gates
from fleet_manager.gates.gates import EnrolledGate, Station
from fleet_manager.gates.health import SILENT_MS
from fleet_manager.limits import Limits, LoadLevel
from fleet_manager.park_time import Calendar
from gate_agent.validator.passage import Direction, PassageKind

MINUTES = 60
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class PersonFlow:
    """Persons that went through today."""

    entries: int = 0
    exits: int = 0

    @property
    def inside(self) -> int:
        """Return entries less exits."""
        return self.entries - self.exits

    def __add__(self, other: "PersonFlow") -> "PersonFlow":
        return PersonFlow(self.entries + other.entries, self.exits + other.exits)


@dataclass(frozen=True, slots=True)
class GateNow:
    """A gate and what it did today. `silent`: it has said nothing for SILENT_MS. `waiting`: records
    that it had not delivered when it last spoke."""

    gate: EnrolledGate
    flow: PersonFlow
    silent: bool
    waiting: int


@dataclass(frozen=True, slots=True)
class StationNow:
    """A station, what its gates did today, and the gates."""

    station: Station
    flow: PersonFlow
    gates: list[GateNow]


@dataclass(frozen=True, slots=True)
class Live:
    """The park at `as_of_ms`. `minutes`: the last MINUTES minutes, (entries, exits), oldest first.
    `limits`: of the whole park; levels are FREE where somebody sees one station alone."""

    as_of_ms: int
    flow: PersonFlow
    stations: list[StationNow]
    minutes: list[tuple[int, int]]
    limits: Limits
    level_now: LoadLevel
    level_day: LoadLevel

    @property
    def silent(self) -> list[GateNow]:
        """Return the gates that are silent: what they let in meanwhile is in no number."""
        return [gate for station in self.stations for gate in station.gates if gate.silent]


_T, _P, _J = tables.tally.c, tables.passage.c, tables.journal.c
_FLOW = (
    select(_T.gate, _T.direction, func.sum(_T.persons))
    .where(_T.day == bindparam("on"), _T.kind == int(PassageKind.TAKEN))
    .group_by(_T.gate, _T.direction)
)
_RECENT = (
    select(_P.wall_ms, _P.direction, _P.persons, _J.gate)
    .join(tables.journal, _J.no == _P.journal)
    .where(
        _P.day == bindparam("on"),
        _P.wall_ms >= bindparam("since"),
        _P.kind == int(PassageKind.TAKEN),
    )
)


def read(connection: Connection, calendar: Calendar, now_ms: int, station: str = "") -> Live:
    """Return the park now; only one station of it if `station` names one."""
    day = calendar.day(now_ms)
    flows = _flows(connection, day)
    stations = []
    gates_of: dict[str, list[GateNow]] = {}
    for gate in gates.every(connection):
        gates_of.setdefault(gate.station, []).append(_gate_now(gate, flows, now_ms))
    for known in gates.stations(connection):
        if station in {"", known.id}:
            members = gates_of.get(known.id, [])
            stations.append(
                StationNow(known, sum((g.flow for g in members), PersonFlow()), members)
            )
    # Gates that are retired since this morning have let people in, too.
    shown = {g.gate.id for s in stations for g in s.gates}
    flow = _sum(s.flow for s in stations) if station else _sum(flows.values())
    park_limits = Limits() if station else limits.read(connection)
    return Live(
        as_of_ms=now_ms,
        flow=flow,
        stations=stations,
        minutes=_minutes(connection, calendar, now_ms, shown if station else None),
        limits=park_limits,
        level_now=limits.level_of(flow.inside, park_limits.at_once),
        level_day=limits.level_of(flow.entries, park_limits.in_a_day),
    )


def _sum(flows: Iterable[PersonFlow]) -> PersonFlow:
    return sum(flows, PersonFlow())


def _flows(connection: Connection, day: int) -> dict[str, PersonFlow]:
    flows: dict[str, PersonFlow] = {}
    for gate, direction, persons in store.run(connection, _FLOW, {"on": day}):
        went_in = direction == Direction.IN
        flow = PersonFlow(int(persons), 0) if went_in else PersonFlow(0, int(persons))
        flows[gate] = flows.get(gate, PersonFlow()) + flow
    return flows


def _gate_now(gate: EnrolledGate, flows: dict[str, PersonFlow], now_ms: int) -> GateNow:
    silent = gate.seen_ms is None or now_ms - gate.seen_ms > SILENT_MS
    return GateNow(gate, flows.get(gate.id, PersonFlow()), silent, gate.waiting)


def _minutes(
    connection: Connection, calendar: Calendar, now_ms: int, shown: set[str] | None
) -> list[tuple[int, int]]:
    first = now_ms // _MINUTE_MS - MINUTES + 1
    ins: Counter[int] = Counter()
    outs: Counter[int] = Counter()
    for day in _days(calendar, first * _MINUTE_MS, now_ms):
        bound = {"on": day, "since": first * _MINUTE_MS}
        for wall_ms, direction, persons, gate in store.run(connection, _RECENT, bound):
            if shown is None or gate in shown:
                counted = ins if direction == Direction.IN else outs
                counted[wall_ms // _MINUTE_MS] += persons
    return [(ins[minute], outs[minute]) for minute in range(first, first + MINUTES)]


def _days(calendar: Calendar, first_ms: int, last_ms: int) -> Sequence[int]:
    return range(calendar.day(first_ms), calendar.day(last_ms) + 1)
