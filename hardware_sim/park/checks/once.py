"""One ticket once: what the centre agreed to fits what it knew; every gate has heard what the
others let in; what was let in apart is bounded and in the ledger."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from fleet_manager.database import tables
from fleet_manager.station import ledger
from fleet_manager.station.claims import PROMISE_MS
from gate_agent.validator.passage import Direction, PassageKind, Unconfirmed
from gate_agent.validator.tickets.entry_policy import EntryRule
from gate_agent.validator.tickets.ticket import Ticket
from hardware_sim.park.world import EPOCH_MS

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
    """While linked, no ticket is taken more often than its admissions over all gates; the ledger
    holds every double use, and nothing else; gates have heard of everything."""
    return [*_agreed(park), *_ledger(park), *_heard(park)]


def _most(ticket: Ticket) -> int | None:
    policy = ticket.entry_policy
    return None if policy.rule is EntryRule.DAILY else ticket.admits * (policy.entries or 1)


def _agreed(park: "Park") -> list[str]:
    found: list[str] = []
    for ticket_id, grants in _grants(park).items():
        ticket = park.tickets.get(int.from_bytes(ticket_id[4:], "big"))
        most = None if ticket is None else _most(ticket)
        if ticket is None or most is None:
            continue
        for grant in grants:
            if not grant.agreed or not grant.known_ms:
                continue
            before = sum(
                sum(
                    known < grant.true_ms - SLACK_MS or _promised(park, other, grant)
                    for known in other.known_ms
                )
                for other in grants
                if other is not grant and other.true_ms <= grant.true_ms
            )
            if before + len(grant.known_ms) > most:
                found.append(
                    f"{grant.gate}: the centre agreed to ticket {ticket.serial} for "
                    f"{len(grant.known_ms)} after {before} of {most}"
                )
    return found


def _promised(park: "Park", other: _Grant, grant: _Grant) -> bool:
    """Whether the centre must remember that it agreed to the other one, recorded or not."""
    return (
        other.agreed
        and grant.true_ms - other.true_ms < PROMISE_MS - SLACK_MS
        and not park.centre.marks.fell_back(other.true_ms, grant.true_ms)
    )


def _grants(park: "Park") -> dict[bytes, list[_Grant]]:
    grants: defaultdict[bytes, list[_Grant]] = defaultdict(list)
    for gate in park.gates:
        for card, rows in park.cards_of(gate):
            by_seq: dict[int, _Grant] = {}
            for row in rows:
                if row.ticket is None or row.direction is Direction.OUT:
                    continue
                if row.kind is PassageKind.GRANTED:
                    true_ms = EPOCH_MS + gate.boots[row.boot] + row.mono_ms
                    agreed = row.claim > 0 and row.alone == Unconfirmed.NO
                    by_seq[row.seq] = _Grant(true_ms, gate.name, agreed, [])
                    grants[row.ticket].append(by_seq[row.seq])
                elif row.kind is PassageKind.TAKEN and row.grant in by_seq:
                    known_ms = park.centre.marks.known_ms(card, row.seq)
                    by_seq[row.grant].known_ms.extend([known_ms] * row.persons)
    return grants


def _ledger(park: "Park") -> list[str]:
    """By the centre's own tables, summed without its ledger's code: for tickets good once."""
    found: list[str] = []
    row = tables.passage.c
    query = (
        select(row.ticket, func.sum(row.persons), func.count(row.journal.distinct()))
        .where(row.kind == int(PassageKind.TAKEN), row.direction == 0, row.ticket.is_not(None))
        .group_by(row.ticket)
    )
    with park.centre.store.read() as connection:
        entered = {bytes(one[0]): (int(one[1]), int(one[2])) for one in connection.execute(query)}
        held: Counter[bytes] = Counter()
        for case in ledger.cases(connection):
            held[case.ticket] += case.persons
    for ticket_id, (persons, journals) in entered.items():
        ticket = park.tickets.get(int.from_bytes(ticket_id[4:], "big"))
        if ticket is None or ticket.entry_policy.rule is not EntryRule.ONCE:
            continue
        too_many = max(0, persons - ticket.admits)
        if too_many != held[ticket_id]:
            found.append(
                f"ticket {ticket.serial} let in {too_many} too many, the ledger says "
                f"{held[ticket_id]}"
            )
        if persons > ticket.admits * journals:
            found.append(f"ticket {ticket.serial} let in {persons} at {journals} journals")
    return found


def _heard(park: "Park") -> list[str]:
    """Gates know of each ticket what the others' records say at the centre."""
    found: list[str] = []
    entered: defaultdict[str, Counter[bytes]] = defaultdict(Counter)
    left: defaultdict[str, Counter[bytes]] = defaultdict(Counter)
    row = tables.passage.c
    with park.centre.store.read() as connection:
        query = select(tables.journal.c.gate, row.ticket, row.kind, row.direction, row.persons)
        query = query.join(tables.journal, tables.journal.c.no == row.journal)
        for gate_name, ticket_id, kind, direction, persons in connection.execute(query):
            if ticket_id is None:
                continue
            if direction == 0 and kind in (PassageKind.TAKEN, PassageKind.UNRESOLVED):
                entered[gate_name][bytes(ticket_id)] += persons
            elif direction == 1 and kind == PassageKind.TAKEN:
                left[gate_name][bytes(ticket_id)] += persons
    in_all, out_of_all = _sum(entered.values()), _sum(left.values())
    for gate in park.gates:
        if gate.core is None:
            continue
        rows = gate.disk.db.execute("SELECT ticket, entered, inside FROM heard")
        heard = {ticket_id: (came, inside) for ticket_id, came, inside in rows}
        own_in, own_out = entered[gate.name], left[gate.name]
        for ticket_id in {*in_all, *out_of_all}:
            came = in_all[ticket_id] - own_in[ticket_id]
            inside = came - (out_of_all[ticket_id] - own_out[ticket_id])
            told = heard.get(ticket_id, (0, 0))
            if told != (came, inside):
                serial = int.from_bytes(ticket_id[4:], "big")
                found.append(
                    f"{gate.name} has heard that ticket {serial} let in {told[0]}, it was "
                    f"{came}; inside {told[1]}, it is {inside}"
                )
    return found


def _sum(counters: Iterable[Counter[bytes]]) -> Counter[bytes]:
    whole: Counter[bytes] = Counter()
    for counter in counters:
        whole.update(counter)
    return whole
