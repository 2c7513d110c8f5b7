"""One ticket once: what the centre agreed to fits what it knew; every gate has heard what the
others let in; what was let in apart is bounded and in the ledger."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from fleet_manager.database import tables, tables_station
from fleet_manager.station import ledger
from fleet_manager.station.claims import PROMISE_MS
from gate_agent.validator.passage import Direction, Passage, PassageKind, Unconfirmed
from gate_agent.validator.tickets.entry_policy import EntryRule
from gate_agent.validator.tickets.ticket import Ticket
from hardware_sim.park.board.gate import SimGate

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

SLACK_MS = 1000.0
"""Between a verdict and its record, and a little more."""


class _Grant(NamedTuple):
    """A grant at some card, how many came in on it, and when the centre knew of each of them."""

    true_ms: float
    gate: str
    agreed: bool
    known_ms: list[float]


def check(park: "Park") -> list[str]:
    """Check that while linked no ticket is taken more often than its admissions over all gates;
    that the ledger holds every double use, and nothing else; that gates have heard of
    everything."""
    return [*_agreed(park), *_ledger(park), *_heard(park)]


def _agreed(park: "Park") -> Iterator[str]:
    """Check that the centre agreed to no grant that was too many by what it knew then."""
    for ticket_id, grants in _grants(park).items():
        ticket = park.tickets.get(int.from_bytes(ticket_id[4:], "big"))
        if ticket is not None and ticket.entry_policy.rule is not EntryRule.DAILY:
            yield from _agreed_to(park, ticket, grants)


def _agreed_to(park: "Park", ticket: Ticket, grants: list[_Grant]) -> Iterator[str]:
    most = ticket.admits * (ticket.entry_policy.entries or 1) + park.centre.entries_on_top(
        ticket.serial
    )
    for grant in grants:
        if not grant.agreed or not grant.known_ms:
            continue
        before = sum(_known(park, other, grant) for other in grants if other is not grant)
        if before + len(grant.known_ms) > most:
            yield (
                f"{grant.gate}: the centre agreed to ticket {ticket.serial} for "
                f"{len(grant.known_ms)} after {before} of {most}"
            )


def _known(park: "Park", other: _Grant, grant: _Grant) -> int:
    """Return how many persons on an earlier grant the centre knew of at a later one."""
    if other.true_ms > grant.true_ms:
        return 0
    if _promised(park, other, grant):
        return len(other.known_ms)
    return sum(known_ms < grant.true_ms - SLACK_MS for known_ms in other.known_ms)


def _promised(park: "Park", other: _Grant, grant: _Grant) -> bool:
    """Return whether the centre must remember that it agreed to `other`, recorded or not."""
    return (
        other.agreed
        and grant.true_ms - other.true_ms < PROMISE_MS - SLACK_MS
        and not park.centre.recorded.fell_back(other.true_ms, grant.true_ms)
    )


def _grants(park: "Park") -> dict[bytes, list[_Grant]]:
    """Return every grant of a way in, by ticket."""
    grants: defaultdict[bytes, list[_Grant]] = defaultdict(list)
    for gate in park.gates:
        for journal, rows in park.cards_of(gate):
            for ticket_id, grant in _card(park, gate, journal, rows):
                grants[ticket_id].append(grant)
    return grants


def _card(
    park: "Park", gate: SimGate, journal: bytes, rows: list[Passage]
) -> Iterator[tuple[bytes, _Grant]]:
    by_seq: dict[int, _Grant] = {}
    for row in rows:
        if row.ticket is None or row.direction is Direction.OUT:
            continue
        if row.kind is PassageKind.GRANTED:
            true_ms = park.world.epoch_ms + gate.boots[row.boot] + row.mono_ms
            agreed = row.claim > 0 and row.alone == Unconfirmed.NO
            by_seq[row.seq] = _Grant(true_ms, gate.name, agreed, [])
            yield row.ticket, by_seq[row.seq]
        elif row.kind is PassageKind.TAKEN and row.grant in by_seq:
            known_ms = park.centre.recorded.known_ms(gate.name, journal, row.seq)
            by_seq[row.grant].known_ms.extend([known_ms] * row.persons)


def _ledger(park: "Park") -> Iterator[str]:
    """Compare the ledger with the centre's own tables, summed without the ledger's code: for
    tickets good once."""
    row = tables.passage.c
    query = (
        select(row.ticket, func.sum(row.persons), func.count(row.journal.distinct()))
        .where(row.kind == int(PassageKind.TAKEN), row.direction == 0, row.ticket.is_not(None))
        .group_by(row.ticket)
    )
    with park.centre.store.read() as connection:
        entered = [(bytes(ticket), *sums) for ticket, *sums in connection.execute(query)]
        in_ledger: Counter[bytes] = Counter()
        for case in ledger.cases(connection):
            in_ledger[case.ticket] += case.persons
    # A gate that lies lets in twice in one journal, which no honest one does.
    by_staff = {row.ticket for gate in park.gates for row in park.records(gate) if row.detail}
    by_staff |= park.used_by_liars
    # A case that was resolved stays, also when one of its gates is disowned.
    by_staff |= park.used_up & {ticket_id for ticket_id, _ in park.office_log.resolved}
    for ticket_id, persons, journals in entered:
        ticket = park.tickets.get(int.from_bytes(ticket_id[4:], "big"))
        if ticket is None or ticket_id in by_staff:
            continue  # an entry against the gate's own records is no conflict
        if ticket.entry_policy.rule is not EntryRule.ONCE:
            continue
        admits = ticket.admits + park.centre.entries_on_top(ticket.serial)
        too_many = max(0, persons - admits)
        if too_many != in_ledger[ticket_id]:
            yield (
                f"ticket {ticket.serial} let in {too_many} too many, the ledger says "
                f"{in_ledger[ticket_id]}"
            )
        if persons > admits * journals:
            yield f"ticket {ticket.serial} let in {persons} at {journals} journals"


class _Moved(NamedTuple):
    """Persons that each ticket let in and out."""

    came: Counter[bytes]
    left: Counter[bytes]


def _heard(park: "Park") -> Iterator[str]:
    """Compare what gates know of each ticket with the records of the others of their station at the
    centre: they hear of all those, and of no others."""
    by_gate = _moved(park)
    exempted = _exempted(park)
    for gate in park.gates:
        if gate.core is None:
            continue
        station = park.stations[gate.name]
        beside = [moved for name, moved in by_gate.items() if park.stations[name] == station]
        came = _sum(moved.came for moved in beside)
        left = _sum([*(moved.left for moved in beside), exempted])
        rows = gate.disk.db.execute("SELECT ticket, entered, inside FROM heard")
        heard = {ticket_id: (entered, inside) for ticket_id, entered, inside in rows}
        own = by_gate[gate.name]
        for ticket_id in {*came, *left, *heard} - park.invented:
            entered = came[ticket_id] - own.came[ticket_id]
            inside = entered - (left[ticket_id] - own.left[ticket_id])
            heard_entered, heard_inside = heard.get(ticket_id, (0, 0))
            if (heard_entered, heard_inside) != (entered, inside):
                serial = int.from_bytes(ticket_id[4:], "big")
                yield (
                    f"{gate.name} has heard that ticket {serial} let in {heard_entered}, it was "
                    f"{entered}; inside {heard_inside}, it is {inside}"
                )


def _moved(park: "Park") -> defaultdict[str, _Moved]:
    """Sum the centre's records by gate."""
    by_gate: defaultdict[str, _Moved] = defaultdict(lambda: _Moved(Counter(), Counter()))
    row = tables.passage.c
    query = select(tables.journal.c.gate, row.ticket, row.kind, row.direction, row.persons)
    query = query.join(tables.journal, tables.journal.c.no == row.journal)
    with park.centre.store.read() as connection:
        for gate, ticket_id, kind, direction, persons in connection.execute(query):
            if ticket_id is None:
                continue
            if direction == 0 and kind in (PassageKind.TAKEN, PassageKind.UNRESOLVED):
                by_gate[gate].came[bytes(ticket_id)] += persons
            elif direction == 1 and kind == PassageKind.TAKEN:
                by_gate[gate].left[bytes(ticket_id)] += persons
    return by_gate


def _exempted(park: "Park") -> Counter[bytes]:
    """Sum the exemptions by staff at the centre, of which every gate hears."""
    row = tables_station.forgiven.c
    exempted: Counter[bytes] = Counter()
    with park.centre.store.read() as connection:
        for ticket_id, persons in connection.execute(select(row.ticket, row.persons)):
            exempted[bytes(ticket_id)] += persons
    return exempted


def _sum(counters: Iterable[Counter[bytes]]) -> Counter[bytes]:
    whole: Counter[bytes] = Counter()
    for counter in counters:
        whole.update(counter)
    return whole
