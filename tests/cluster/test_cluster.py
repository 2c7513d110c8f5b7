"""Real gates and a real centre over a cluster whose nodes are killed while visitors walk in."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import func, select

from fleet_manager.database import tables
from gate_agent.validator.passage import PassageKind
from hardware_sim.broker import BrokerFiles
from hardware_sim.devices.scanner import SimScanner
from tests.cluster.rabbit import Cluster, missing, until
from tests.process import live_park
from tests.process.live_park import LivePark

pytestmark = [pytest.mark.process, pytest.mark.skipif(bool(missing()), reason=missing())]
GATES = ("north-1", "north-2")


class Entrance:
    """A park of two handhelds over a cluster."""

    def __init__(self, park: LivePark, scanners: dict[str, SimScanner], cluster: Cluster) -> None:
        self.park = park
        self.cluster = cluster
        self.scanners = scanners
        self.let_in = 0

    def visitors(self, count: int) -> None:
        """So many at each gate, one after the other; each is let in."""
        for _ in range(count):
            for name, gate in self.park.gates.items():
                before = len(gate.records())
                self.scanners[name].present(self.park.printed(self.let_in))
                self.let_in += 1
                until(lambda: len(gate.records()) >= before + 2, f"a visitor at {name}")  # noqa: B023

    def linked(self) -> bool:
        return all(gate.status().get("linked") for gate in self.park.gates.values())


@pytest.fixture
def entrance(monkeypatch: pytest.MonkeyPatch) -> Iterator[Entrance]:
    made: list[Cluster] = []

    def broker(folder: Path, files: BrokerFiles) -> Cluster:
        made.append(Cluster(folder, files, GATES))
        return made[-1]

    monkeypatch.setattr(live_park, "Broker", broker)
    with LivePark(*GATES, tickets=200, void=2) as park, ExitStack() as stack:
        scanners = {}
        for name, gate in park.gates.items():
            gate.write_config(arm="")
            scanners[name] = stack.enter_context(SimScanner(gate.scanner))
            gate.start()
        until(
            lambda: all(gate.status().get("list_version") for gate in park.gates.values()), "lists"
        )
        yield Entrance(park, scanners, made[0])


def test_nodes_die_and_nothing_is_lost_or_doubled(entrance: Entrance) -> None:
    park = entrance.park
    entrance.visitors(10)
    for node in entrance.cluster.nodes[:2]:
        node.kill()
        entrance.visitors(10)
        took_s = until(entrance.linked, "gates find another node")
        print(f"{node.name}: gates were linked again {took_s:.1f} s after ten visitors")
        entrance.visitors(5)
        node.start()
        until(lambda node=node: node.ready, f"{node.name} comes back")  # type: ignore[misc]
    until(
        lambda: all(gate.settled() for gate in park.gates.values()), "every record is acknowledged"
    )
    with park.centre.store.read() as connection:
        held = connection.scalar(select(func.count()).select_from(tables.passage))
    rows = [row for gate in park.gates.values() for row in gate.records()]
    taken = Counter(row.ticket for row in rows if row.kind is PassageKind.TAKEN)
    assert held == len(rows)
    assert sum(taken.values()) == entrance.let_in
    assert max(taken.values()) == 1
