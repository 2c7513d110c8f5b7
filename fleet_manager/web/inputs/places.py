"""Which stations and gates somebody may look at, and which of them a page is asked for."""

from dataclasses import dataclass

from sqlalchemy import Connection

from fleet_manager.gates import gates
from fleet_manager.gates.gates import EnrolledGate, Station
from fleet_manager.web.ask import Ask, BadField


@dataclass(frozen=True, slots=True)
class Places:
    """Stations and gates, also retired ones, that somebody may look at. `station`, `gate`: those
    asked for, '' for all."""

    stations: list[Station]
    gates: list[EnrolledGate]
    station: str
    gate: str

    def choices(self, ask: Ask) -> list[tuple[str, str]]:
        """Return the stations for a field to choose from."""
        return [
            (station.id, ask.pick(station.name_zh, station.name_en)) for station in self.stations
        ]

    @property
    def gate_choices(self) -> list[tuple[str, str]]:
        """Return the gates for a field to choose from."""
        return [(gate.id, gate.label or gate.id) for gate in self.gates]


def read(ask: Ask, connection: Connection) -> Places:
    """Return the places of who asks. Raises BadField for one that is none of theirs."""
    own = ask.who.station
    stations = [known for known in gates.stations(connection) if own in {"", known.id}]
    members = [gate for gate in gates.every(connection, retired=True) if own in {"", gate.station}]
    station = ask.query.choice("station", [known.id for known in stations], own)
    gate = ask.query.choice("gate", [known.id for known in members])
    if own and station != own:
        raise BadField(f"cannot show station {station!r}: must be {own}")
    return Places(stations, members, station, gate)
