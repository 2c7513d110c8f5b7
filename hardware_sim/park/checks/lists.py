"""Lists never go back, and what a list says is obeyed."""

from typing import TYPE_CHECKING

from gate_agent.validator.passage import Direction, Kind, decode
from hardware_sim.park.gate import SimGate

if TYPE_CHECKING:
    from hardware_sim.park.park import Park


def check(park: "Park") -> list[str]:
    """Per card the version in the records never falls; a ticket that the version in force calls
    void is never granted; every board ends with the newest list."""
    found: list[str] = []
    for gate in park.gates:
        for card in gate.cards:
            try:
                rows = card.execute("SELECT record FROM passages ORDER BY seq").fetchall()
            except Exception:  # noqa: BLE001, S112
                continue
            version = 0
            for (record,) in rows:
                row = decode(record)
                # A board whose list was damaged has none until it reaches the centre.
                lost = row.list_version == 0 and gate.torn
                if row.list_version < version and not lost:
                    found.append(f"{gate.name}: list {version} was followed by {row.list_version}")
                version = max(version, row.list_version)
                edition = park.centre.editions.get(row.list_version)
                if (
                    edition is not None
                    and row.kind is Kind.GRANTED
                    and row.direction is Direction.IN
                    and row.ticket is not None
                    and int.from_bytes(row.ticket[4:], "big") in edition.void
                ):
                    found.append(
                        f"{gate.name}: granted a ticket that list {row.list_version} calls void"
                    )
        found += _newest(park, gate)
    return found


def _newest(park: "Park", gate: SimGate) -> list[str]:
    newest = max(park.centre.editions, default=0)
    has = 0 if gate.uplink is None else gate.uplink.list_version
    return [] if has == newest else [f"{gate.name}: ended with list {has}, the newest is {newest}"]
