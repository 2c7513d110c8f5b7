"""A day between a real gate and the real centre is recorded, with reboots, another card and a
restore of the centre; then whoever owns the broker sends any of it again, in any order."""

import random
import shutil
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fleet_manager import centre
from fleet_manager.access.actor import computer_user
from fleet_manager.centre import Centre
from fleet_manager.daemon.collector import Collector
from fleet_manager.daemon.packets import Packet
from fleet_manager.database import incidents, tables, tables_passages, tables_station
from fleet_manager.gates import gates
from fleet_manager.incident import Incident
from fleet_manager.services import recovery
from fleet_manager.tickets.sell import TicketOrder
from fleet_manager.tickets.status import set_status
from gate_agent.actor.build import GateCore, build_core
from gate_agent.actor.unit import LaneUnit
from gate_agent.clock import SystemClock, TimeSource
from gate_agent.events import LinkDown, LinkUp, Received, Scanned
from gate_agent.folder import DiskFolder
from gate_agent.health import Health
from gate_agent.journal.journal import Journal
from gate_agent.lane.state import Lane
from gate_agent.lists.list_files import LISTS_FOLDER, ListFiles
from gate_agent.trust.documents import TrustDocuments
from gate_agent.trust.identity import load
from gate_agent.trust.in_force import load_time
from gate_agent.trust.key_renewal import KeyRenewal
from gate_agent.validator.decide import LaneRules
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.passage import Direction, PassageKind, decode
from gate_agent.validator.tickets.ticket import Ticket
from tests.fleet_manager.boards import Board
from tests.fleet_manager.conftest import NOW, SHANGHAI, enrol
from tests.fleet_manager.scribe import NOON, Scribe
from tests.gate_agent.conftest import RecordingLink

MINUTE_MS = 60_000
TICKETS = 40
KEPT_TABLES = (
    tables.passage, tables.journal, tables.tally, tables.gate, tables.renewal,
    tables_passages.untimed, tables_passages.boot,
    tables_station.claim, tables_station.news, tables_station.forgiven,
)  # fmt: skip


class GateBoard:
    """A board whose power and card can be changed; what it knows is in its folder alone."""

    def __init__(self, day: "Day", folder: Path, identity: Path) -> None:
        self._day, self.folder, self._identity = day, folder, identity
        self.link = RecordingLink()
        self.core: GateCore | None = None

    @property
    def at_work(self) -> GateCore:
        assert self.core is not None
        return self.core

    def boot(self) -> None:
        """Start with another boot number, and a boot clock at 0."""
        day, began_ms = self._day, self._day.now_ms
        self.folder.mkdir(exist_ok=True)
        journal = Journal.open(self.folder / "journal.db", SHANGHAI, day.chance.randbytes)
        documents = TrustDocuments.on_disk(self.folder)
        source = TimeSource(lambda: (day.now_ms, day.now_ms - began_ms), lambda: True)
        health = Health()
        self.core = build_core(
            "west-lake",
            "gate-1",
            [LaneUnit(Lane(1, Direction.IN, False), LaneRules(Direction.IN, 0, SHANGHAI), None)],
            own=KeyRenewal("gate-1", load(self._identity), documents, health, day.chance.randbytes),
            journal=journal,
            documents=documents,
            list_files=ListFiles(DiskFolder(self.folder / LISTS_FOLDER)),
            clock=SystemClock(
                day.chance.getrandbits(32),
                trust_host=False,
                bound=load_time(documents, journal.bound_ms),
                source=source,
            ),
            link=self.link,
            health=health,
            draw=day.chance.randbytes,
        )
        self.core.start()

    def cut_power(self) -> None:
        self.at_work.journal.db.close()
        self.core = None

    def state(self) -> dict[str, Any]:
        """What must not be changed by anything old."""
        core = self.at_work
        return {
            "journal": (core.journal.journal_id, core.journal.head, core.journal.acked),
            "waiting": core.uplink.waiting,
            "lists": core.lists.held(),
            "trust": (core.trust.rules.version, core.trust.keys_version),
            "uses": [core.history.of(ticket.id) for ticket in self._day.tickets],
            "key": core.own.identity.public,
            "claims": core.uplink.claim_policy,
            "lanes": core.agent.lanes(),
            "faults": core.health.faults,
        }


class Day:
    """Gate, centre, and a broker whose owner keeps everything."""

    def __init__(self, folder: Path, seed: int, stack: ExitStack) -> None:
        self.chance = random.Random(seed)
        self.now_ms = NOON
        self.up: list[Packet] = []
        self.down: list[Packet] = []
        self._folder, self._stack = folder, stack
        self._open()
        gate = enrol(self.park, "gate-1", folder / "identity")
        other = enrol(self.park, "gate-2", folder / "other")
        self.other, self.pen = Board("gate-2", other), Scribe("gate-2", b"o" * 16)
        assert gate.gate == "gate-1"
        with self.park.store.write() as connection:
            order = TicketOrder("adult", NOW.astimezone(SHANGHAI).date(), TICKETS, days=2)
            issuer = self.park.issuer()
            self.tickets: list[Ticket] = issuer.sell(connection, order, NOON)
        self.code = issuer.code
        self.unused = list(self.tickets)
        self.board = GateBoard(self, folder / "card", folder / "identity")
        self.board.boot()
        self.refresh()
        self.link_up()

    # --- the centre ---------------------------------------------------------------------------

    def _open(self) -> None:
        self._opened = self._stack.enter_context(ExitStack())
        self.park: Centre = self._opened.enter_context(centre.opened(self._folder / "data"))
        park = self.park
        self.collector = Collector(park.store, park.unlock(), park.config.park, park.calendar)

    def back_up(self) -> None:
        self._opened.close()
        shutil.copytree(self._folder / "data", self._folder / "backup", dirs_exist_ok=True)
        self._open()
        self._announce()

    def restore(self) -> None:
        """The centre is the one of the backup, in the middle of a connection; then somebody runs
        `fleet-manager restored`."""
        if not (self._folder / "backup").exists():
            return
        self._opened.close()
        shutil.rmtree(self._folder / "data")
        shutil.copytree(self._folder / "backup", self._folder / "data")
        self._open()
        self._announce()
        recovery.go_on(replace(self.park, clock=lambda: self.now_ms), computer_user())
        self.refresh()

    def _announce(self) -> None:
        self.refresh()
        self.deliver_down(self.collector.announce_all(self.now_ms))

    def refresh(self) -> None:
        self.deliver_down(self.collector.refresh(self.now_ms))

    # --- the wires ----------------------------------------------------------------------------

    def deliver_up(self, packets: list[Packet]) -> None:
        self.up += packets
        self.deliver_down(self.collector.process(packets, 0, self.now_ms))

    def deliver_down(self, packets: list[Packet]) -> None:
        for topic, payload in packets:
            if "/gate-1/" in topic:
                self.down.append((topic, payload))
                if self.board.core is not None and self.board.core.uplink.linked:
                    self.board.core.agent.step(Received(topic, payload))
        self.pump()

    def pump(self) -> None:
        """Carry what the gate has sent, until nothing is on its way."""
        while self.board.link.sent:
            sent, self.board.link.sent = self.board.link.sent, []
            self.deliver_up(sent)

    def link_up(self) -> None:
        self.board.at_work.agent.step(LinkUp())
        self.pump()

    def pass_time(self, ms: int) -> None:
        end_ms = self.now_ms + ms
        while self.now_ms < end_ms:
            self.now_ms = min(end_ms, self.now_ms + 500)
            self.board.at_work.agent.tick()
            self.pump()
            if self.now_ms % 5000 < 500:
                self.refresh()

    # --- what happens on a day -----------------------------------------------------------------

    def scan(self, ticket: Ticket) -> str:
        """Show a ticket; return `granted` or why not."""
        core = self.board.at_work
        head = core.journal.head
        core.agent.step(Scanned(1, self.code(ticket).encode()))
        self.pump()
        self.pass_time(1000)
        self.board.at_work.agent.tick()
        rows = core.journal.db.execute("SELECT record FROM passages WHERE seq > ?", (head,))
        kinds = [decode(record) for (record,) in rows]
        asked = (PassageKind.GRANTED, PassageKind.DENIED)
        first = next((row for row in kinds if row.kind in asked), None)
        if first is None:
            return "the same code again"
        return "granted" if first.kind is PassageKind.GRANTED else "denied"

    def visitor(self) -> None:
        self.scan(self.unused.pop())
        self.pass_time(self.chance.choice((2000, 20_000)))

    def second_try(self) -> None:
        used = self.tickets[len(self.unused) :]
        self.scan(self.chance.choice(used or [self.unused.pop()]))

    def elsewhere(self) -> None:
        """A passage at the other gate: news."""
        ticket = self.unused.pop()
        self.pen.write(
            PassageKind.TAKEN, ticket=ticket.id, product=1, wall_ms=self.now_ms, mono_ms=self.now_ms
        )
        packet = self.other.sign(self.pen.batch())
        self.deliver_down(self.collector.process([packet], 0, self.now_ms))

    def minute(self) -> None:
        self.pass_time(MINUTE_MS)

    def cut(self) -> None:
        self.board.at_work.agent.step(LinkDown(""))
        self.board.link.sent.clear()
        self.visitor()
        self.link_up()

    def reboot(self) -> None:
        self.board.cut_power()
        self.board.boot()
        self.link_up()

    def another_card(self) -> None:
        self.minute()
        self.board.cut_power()
        shutil.rmtree(self.board.folder)
        self.board.boot()
        self.link_up()

    def void(self) -> None:
        with self.park.store.write() as connection:
            serial = self.unused.pop().serial
            set_status(connection, [serial], TicketStatus.VOID)

    def settle(self) -> None:
        """Until promises have expired, and a state has sent back the newest beacon."""
        self.pass_time(3 * MINUTE_MS)

    # --- who owns the broker --------------------------------------------------------------------

    def replay(self, up: list[Packet], down: list[Packet]) -> None:
        """Send messages again, in any order; the centre's answers travel as always."""
        packets = [*((True, packet) for packet in up), *((False, packet) for packet in down)]
        self.chance.shuffle(packets)
        for is_up, (topic, payload) in packets:
            if is_up:
                self.deliver_down(self.collector.process([(topic, payload)], 0, self.now_ms))
            else:
                self.board.at_work.agent.step(Received(topic, payload))
                self.pump()
            self.pass_time(self.chance.choice((0, 0, 500)))

    def kept(self) -> dict[str, Any]:
        """The centre's tables, without those that go on by themselves, and without `linked`: a
        birth that came before its journal's first record proves what it proves when it comes again,
        and that only rises."""
        with self.park.store.read() as connection:
            return {
                table.name: sorted(
                    repr([value for name, value in row.items() if name != "linked"])
                    for row in connection.execute(select(table)).mappings()
                )
                for table in KEPT_TABLES
            }

    def incident_kinds(self) -> Counter[Incident]:
        with self.park.store.read() as connection:
            every = incidents.every(connection)
        return Counter({one.kind: 1 for one in every if one.kind is not Incident.REFUSED})


ACTS = [
    Day.visitor, Day.visitor, Day.visitor, Day.second_try, Day.elsewhere, Day.elsewhere,
    Day.minute, Day.cut, Day.reboot, Day.another_card, Day.back_up, Day.restore,
]  # fmt: skip


def check(day: Day) -> None:
    """Any part of the day changes nothing, and the day goes on."""
    chance = day.chance
    day.settle()
    up, down = list(day.up), list(day.down)
    # What a restore took from the centre comes back by this, in its order: then nothing is left.
    day.deliver_up(up)
    day.settle()
    before, kept, kinds = day.board.state(), day.kept(), day.incident_kinds()
    for _ in range(3):
        day.replay(
            chance.choices(up, k=min(len(up), 60)), chance.choices(down, k=min(len(down), 60))
        )
        day.settle()
        assert day.board.state() == before
        assert day.kept() == kept
        assert day.incident_kinds() == kinds
    with day.park.store.read() as connection:
        gate = gates.find(connection, "gate-1")
    assert gate.seen_ms is not None
    assert 0 <= day.board.at_work.trust.newest_beacon_ms - gate.seen_ms <= MINUTE_MS
    assert day.now_ms - gate.seen_ms <= 2 * MINUTE_MS
    ticket = day.unused.pop()
    assert day.scan(ticket) == "granted"
    day.settle()
    assert day.scan(ticket) == "denied"
    day.settle()
    assert day.board.at_work.uplink.waiting == 0


@pytest.mark.parametrize("seed", range(6))
def test_a_recorded_day_that_is_sent_again_changes_nothing(
    park: Centre, tmp_path: Path, seed: int
) -> None:
    park.store.close()
    with ExitStack() as stack:
        day = Day(tmp_path, seed, stack)
        day.void()
        acts = [*ACTS, *day.chance.choices(ACTS[:9], k=6)]
        day.chance.shuffle(acts)
        for act in acts:
            act(day)
        check(day)
