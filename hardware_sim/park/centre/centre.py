"""The simulated management centre: the real collector over a real database in memory."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from typing import Any

from fleet_manager.daemon.collector import Collector
from fleet_manager.daemon.fair_queue import FairQueue
from fleet_manager.daemon.packets import Packet, sender_of
from fleet_manager.gates import gates as fleet
from fleet_manager.gates import key_renewals
from fleet_manager.gates.gates import Station
from fleet_manager.keys.vault import Vault
from fleet_manager.lists import versions
from fleet_manager.park_time import Calendar
from fleet_manager.station import news
from fleet_manager.tickets import products
from fleet_manager.tickets.sell import Issuer, TicketOrder
from fleet_manager.tickets.status import add_entries, pass_on, reprint, set_status
from fleet_manager.trust import rules
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.tickets.series import MAIN_SERIES
from gate_agent.validator.tickets.ticket import Ticket
from gate_agent.validator.trust.keys import KeyUse
from hardware_sim.park.centre.database import Database
from hardware_sim.park.centre.key_ceremony import KeyCeremony
from hardware_sim.park.centre.recorded_times import RecordedTimes
from hardware_sim.park.centre.seller import SimSellers
from hardware_sim.park.centre.states_heard import StatesHeard
from hardware_sim.park.oracle.answers import Listed
from hardware_sim.park.signature_cache import SignatureCache
from hardware_sim.park.world import World

GATHER_MS = 20.0
HURRY_MS = 1000.0
STATIONS = {"park": ("园区", "Park"), "hill": ("山门", "Hill")}


@dataclass(frozen=True, slots=True)
class Edition:
    """A list as it was published, for whoever checks what gates may do with it. `marks`: tickets of
    which it says something else; `last`: the highest serial that it knows."""

    version: int
    at_ms: float
    void: frozenset[int]
    marks: Mapping[int, Listed] = field(default_factory=dict)
    last: int = 0

    def listed(self, serial: int) -> Listed:
        """Return what this list says of a ticket."""
        mark = self.marks.get(serial, _PLAIN)
        return replace(mark, void=serial in self.void, beyond=serial > self.last)


_PLAIN = Listed()


class SimCentre:
    """`send` carries a packet to its gate. `refresh_ms`: how often it looks for sales and age;
    it hears of a refund within a second, as the daemon does. `nobodys`: serial of a ticket whose
    status changes all the time. `clock_error_ms`: how wrong the clock of its collector is."""

    def __init__(
        self,
        world: World,
        park: str,
        zone: tzinfo,
        *,
        send: Callable[[str, bytes], None],
        refresh_ms: float,
        signatures: SignatureCache,
        database: Database,
    ) -> None:
        self._database = database
        self.store = database.store
        self.ceremony = KeyCeremony(world.stream("keys"), park, signatures, self.store)
        self.calendar = Calendar(zone)
        self.up = True
        self.void: set[int] = set()
        self._marks: dict[int, Listed] = {}
        self._last = 0
        self.nobodys = 0
        self.editions: dict[int, Edition] = {}
        self.code_editions: dict[tuple[str, int], frozenset[bytes]] = {}
        self._world = world
        self._park = park
        self._send = send
        self._refresh_ms = refresh_ms
        self._rng = world.stream("centre")
        self._draw = world.stream("groups").randrange
        self.issuer = self._new_issuer()
        self._collector = Collector(self.store, self.vault, park, self.calendar)
        self._inbox = FairQueue()
        self._draining = False
        self._life = 0
        self.die_in_process = 0.0
        self.clock_error_ms = 0
        self.states = StatesHeard()
        self.recorded = RecordedTimes(world, database)
        with self.store.write() as connection:
            for name, words in STATIONS.items():
                fleet.add_station(connection, Station(name, *words))
        self.sellers = SimSellers(world, self.store, self.vault.pepper, self.calendar)
        self.sellers.open()

    @property
    def now_ms(self) -> int:
        """What the collector's clock says, UTC ms."""
        return self._world.utc_ms + self.clock_error_ms

    @property
    def vault(self) -> Vault:
        """What it signs with now."""
        return self.ceremony.vault

    def _new_issuer(self) -> Issuer:
        return Issuer(self.vault, self._park, self.calendar, self._draw)

    def rotate(self, use: KeyUse) -> None:
        """Put a new key for that use in force, within a second, as the daemon does."""
        self._world.note("rotate", use)
        self.ceremony.rotate(use, self._world.utc_ms)
        self.use_new_keys()

    def use_new_keys(self) -> None:
        """Sign with the keys of the newest set; with a new list key there are new lists already."""
        self.issuer = self._new_issuer()
        with self.store.read() as connection:
            newest = versions.newest(connection, MAIN_SERIES)
        if newest is not None:
            self._remember(newest.version)
        if self.up:
            self.start()

    def change_rules(self, passback: str) -> None:
        """Change the rule book."""
        self._world.note("rules", passback)
        self.set_rules({"passback": passback})

    def set_rules(self, settings: Mapping[str, str], product: str = rules.EVERY) -> None:
        """Change rules of a product, by the names that staff use; or of every one without own."""
        with self.store.write() as connection:
            rules.change(connection, product, settings)

    def renew(self, gate: str) -> None:
        """Order a new key for a gate, as staff do."""
        self._world.note("renew", gate)
        with self.store.write() as connection:
            key_renewals.order(connection, [gate], forget=False)

    def add_products(self, on_sale: Iterable[products.Product]) -> None:
        """Add what is sold."""
        with self.store.write() as connection:
            for product in on_sale:
                products.add(connection, product)

    def sell(self, order: TicketOrder) -> list[Ticket]:
        """Sell tickets, at a window or before."""
        with self.store.write() as connection:
            tickets = self.issuer.sell(connection, order, self._world.utc_ms)
        self.note_sold(tickets)
        return tickets

    def note_sold(self, tickets: Sequence[Ticket]) -> None:
        """Note what was sold, also by the office, for whoever checks."""
        self._last = max(self._last, tickets[-1].serial)
        if tickets[0].key_id != self.ceremony.newest_ticket_key:
            self._world.violated("keys", f"ticket {tickets[0].serial} is signed with an old key")

    @property
    def last_serial(self) -> int:
        """The highest serial that was sold."""
        return self._last

    def code(self, ticket: Ticket) -> bytes:
        """Return a ticket's printed text."""
        return self.issuer.code(ticket).encode()

    def number(self, ticket: Ticket) -> str:
        """Return a ticket's printed number."""
        return self.issuer.number(ticket)

    def refund(self, serials: Iterable[int]) -> None:
        """Void tickets."""
        wanted = list(serials)
        self.set_status(wanted, TicketStatus.VOID)
        self.void.update(wanted)

    def note_void(self, serials: Sequence[int]) -> None:
        """Note what the office has voided; gates should hear of it soon."""
        self.void.update(serials)
        self.hurry()

    def set_status(self, serials: Iterable[int], status: TicketStatus) -> None:
        """Void, suspend or restore tickets."""
        with self.store.write() as connection:
            changed = set_status(connection, list(serials), status)
        for serial in changed:
            self._mark(serial, suspended=status is TicketStatus.SUSPENDED)
        self.hurry()

    def reprint(self, serial: int) -> Ticket:
        """Print a ticket again: from the next list on its older prints are refused."""
        with self.store.write() as connection:
            ticket = reprint(connection, serial)
        self._mark(serial, least_issue=ticket.issue)
        self.hurry()
        return ticket

    def add_entries(self, serial: int, count: int) -> None:
        """Let a ticket enter so many times more than it says."""
        with self.store.write() as connection:
            extra = add_entries(connection, serial, count)
        self._mark(serial, extra=extra)
        self.hurry()

    def pass_on(self, serial: int, holder: tuple[str, str]) -> None:
        """Bind a ticket to another holder."""
        with self.store.write() as connection:
            pass_on(connection, self.vault.pepper, serial, holder)
        self._mark(serial, passed_on=True)
        self.hurry()

    def forgive(self, ticket: Ticket) -> None:
        """Exempt a ticket from anti-passback, as if all its persons had gone out."""
        with self.store.write() as connection:
            news.forgive(connection, ticket.id, ticket.admits, "Li Na", "lost", self._world.utc_ms)
        self.hurry()

    def entries_on_top(self, serial: int) -> int:
        """Return how many entries a ticket was given on top of what it says."""
        return self.edition_now(serial).extra

    def edition_now(self, serial: int) -> Listed:
        """Return what the next list says of a ticket."""
        return self._marks.get(serial, _PLAIN)

    def _mark(self, serial: int, **says: Any) -> None:
        self._marks[serial] = replace(self._marks.get(serial, _PLAIN), **says)

    def refund_code(self, code: bytes) -> None:
        """Void a code of another seller."""
        self.sellers.set_status(code, TicketStatus.VOID)
        self.hurry()

    def hurry(self) -> None:
        """Look for changes soon: something that gates should hear of."""
        if self.up:
            life = self._life
            self._world.after(HURRY_MS, lambda: self._refresh(life))

    def read(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query, for whoever checks."""
        return self._database.read(sql, *values)

    @property
    def newest(self) -> dict[str, int]:
        """The lists that every gate should have in the end."""
        return self._collector.list_versions

    def today(self) -> date:
        """Return the park's day."""
        return datetime.fromtimestamp(self._world.utc_ms / 1000, self.calendar.zone).date()

    def image(self) -> bytes:
        """Return a backup of the database."""
        return self._database.image()

    def put_back(self, image: bytes) -> None:
        """Restore a backup; the centre is down meanwhile."""
        self.kill()
        self._database.put_back(image)
        self.recorded.fall_back()
        self.issuer = self._new_issuer()

    # --- running -------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to look for changes."""
        self.up = True
        self._life += 1
        self._forget()  # what came to the life before
        self._collector = Collector(self.store, self.vault, self._park, self.calendar)
        self._publish(self._collector.announce_all(self.now_ms))
        self._remember_edition()
        life = self._life
        self._world.after(self._refresh_ms, lambda: self._tick(life))

    def kill(self) -> None:
        """Kill the process: what was not committed is gone, and so are answers not sent."""
        self._world.note("centre dies")
        self.up = False
        self._life += 1
        self._forget()

    def _forget(self) -> None:
        self._inbox, self._draining = FairQueue(), False

    def receive(self, topic: str, payload: bytes) -> None:
        """Receive a message from a gate."""
        if not self.up:
            return
        self._inbox.put((topic, payload))
        if not self._draining:
            self._draining = True
            self._drain_soon()

    def _drain_soon(self) -> None:
        life = self._life
        self._world.after(GATHER_MS, lambda: self._drain(life))

    def process_alone(self, packets: list[Packet]) -> None:
        """Handle messages in a transaction of their own, whatever else waits."""
        if self.up:
            answers = self._collector.process(packets, 0, self.now_ms)
            self._remember_edition()
            self._publish(answers)

    def _drain(self, life: int) -> None:
        if life != self._life:
            return
        packets = self._inbox.take(0.0)
        self._draining = bool(packets)
        if not packets:
            return
        self._drain_soon()
        if lost := self._inbox.take_lost():
            self._collector.record_lost(lost, self.now_ms)
        answers = self._collector.process(packets, 0, self.now_ms)
        self._remember_edition()
        self.states.heard(packets, self.now_ms)
        gates = {sender_of(topic) for topic, _ in packets}
        self.recorded.look(self._life, self._collector.stored, gates)
        if self._rng.random() < self.die_in_process:
            self.kill()
            self._world.after(self._rng.uniform(1000.0, 20_000.0), self.start)
            return
        self._publish(answers)

    def _refresh(self, life: int) -> None:
        if life == self._life:
            self._publish(self._collector.refresh(self.now_ms))
            self._remember_edition()

    def _tick(self, life: int) -> None:
        if life != self._life:
            return
        self._refresh(life)
        self._world.after(self._refresh_ms, lambda: self._tick(life))

    def _remember_edition(self) -> None:
        self._remember(self._collector.list_version)
        for series, newest in self._collector.list_versions.items():
            if series in self.sellers.void:
                gone = frozenset(self.sellers.void[series])
                self.code_editions.setdefault((series, newest), gone)

    def _remember(self, version: int) -> None:
        """Write down what a version of the park's list says, if it is new."""
        if version not in self.editions:
            void = frozenset(self.void)
            marks = dict(self._marks)
            self.editions[version] = Edition(version, self._world.now_ms, void, marks, self._last)
            self._world.note("list", version, len(void))

    def _publish(self, packets: Iterable[Packet]) -> None:
        for topic, payload in packets:
            self._send(topic, payload)
