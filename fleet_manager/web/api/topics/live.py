"""`/me`, `/live`: who asks, and what happens in the park now."""

from msgspec import UNSET, UnsetType

from fleet_manager.access.rights import View
from fleet_manager.reports import live
from fleet_manager.reports.live import StationNow
from fleet_manager.web.api.kinds import Name
from fleet_manager.web.api.operations import Call, Given, Sent, operation
from gate_agent.validator.moment import day_text, utc_text


class Caller(Sent, frozen=True):
    """Who asks. `station`: the only one that they may see, null for the whole park."""

    name: str
    role: str
    station: str | None


class StationCount(Sent, frozen=True):
    """A station today. `silent`: gates of which nothing is heard: what they let in is missing."""

    station: str
    entries: int
    exits: int
    inside: int
    gates: int
    silent: list[str]


class LiveCount(Sent, frozen=True):
    """The park now. `limit_at_once`, `limit_in_a_day`: null for none. Levels: free, busy (80 %),
    nearly_full (90 %), full. `entries_by_minute`: of the last hour, the oldest first."""

    as_of: str
    day: str
    entries: int
    exits: int
    inside: int
    limit_at_once: int | None
    limit_in_a_day: int | None
    level_at_once: str
    level_in_a_day: str
    stations: list[StationCount]
    entries_by_minute: list[int]
    exits_by_minute: list[int]


class LiveQuery(Given, frozen=True):
    """Which station; all that one may see if it is left out."""

    station: Name | UnsetType = UNSET


@operation("GET", "/me")
def show_caller(call: Call) -> Caller:
    """Show who asks, and with which role."""
    return Caller(call.who.name, call.who.role.value, call.who.station or None)


@operation("GET", "/live", view=View.LIVE)
def show_live(call: Call, query: LiveQuery) -> LiveCount:
    """Show how many are inside now, by station, and which gates are silent."""
    station = call.station(query.station)
    centre = call.centre
    with centre.store.read() as connection:
        now = live.read(connection, centre.calendar, centre.clock(), station or "")
    return LiveCount(
        as_of=utc_text(now.as_of_ms),
        day=day_text(centre.calendar.day(now.as_of_ms)),
        entries=now.flow.entries,
        exits=now.flow.exits,
        inside=now.flow.inside,
        limit_at_once=now.limits.at_once or None,
        limit_in_a_day=now.limits.in_a_day or None,
        level_at_once=now.level_now.value,
        level_in_a_day=now.level_day.value,
        stations=[_station(station) for station in now.stations],
        entries_by_minute=[entries for entries, _ in now.minutes],
        exits_by_minute=[exits for _, exits in now.minutes],
    )


def _station(station: StationNow) -> StationCount:
    return StationCount(
        station=station.station.id,
        entries=station.flow.entries,
        exits=station.flow.exits,
        inside=station.flow.inside,
        gates=len(station.gates),
        silent=[gate.gate.id for gate in station.gates if gate.silent],
    )
