"""The centre's answer to each claim is the right one by what it holds and has promised; gates
record what it has answered, and without it keep to their share; and nobody is told that a ticket
is being used which nobody uses."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from fleet_manager.station import claims
from gate_agent.validator.messages.notes import Claim, ClaimReply
from gate_agent.validator.passage import (
    Direction,
    Passage,
    PassageKind,
    Unconfirmed,
    decode,
)
from gate_agent.validator.reasons import Reason
from hardware_sim.park.board.gate import SimGate
from hardware_sim.park.oracle.claim_book import Number, Stored
from hardware_sim.park.oracle.in_force import Place, rules_of

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

_OF_TICKET = """SELECT j.gate, j.id, p.seq, p.record FROM passage p JOIN journal j
    ON j.no = p.journal WHERE p.ticket = ? AND p.kind > 0 ORDER BY p.journal, p.seq"""
_MARK = "SELECT mark FROM journal WHERE gate = ? AND id = ?"
_decoded = lru_cache(1 << 16)(decode)


@contextmanager
def watched_claims(park: "Park") -> Iterator[None]:
    """Check each answer of the park's centre inside the block, when it is decided."""
    names = vars(claims)
    real = claims.decide_claim

    def decide(
        connection: Connection, gate: str, gates: int, claim: Claim, day: int, now_ms: int
    ) -> ClaimReply | None:
        reply = real(connection, gate, gates, claim, day, now_ms)
        for wrong in _wrongs(park, gate, gates, claim, reply):
            park.world.violated("claims", f"ticket {claim.ticket.hex()} at {gate}: {wrong}")
        return reply

    names["decide_claim"] = decide
    try:
        yield
    finally:
        names["decide_claim"] = real


def _wrongs(
    park: "Park", gate: str, gates: int, claim: Claim, reply: ClaimReply | None
) -> Iterator[str]:
    if reply is None or park.plan.restore:
        return  # a centre that was put back has forgotten what it promised
    number = gate, claim.journal_id, claim.number
    mark = park.centre.read(_MARK, gate, claim.journal_id)
    if mark and mark[0][0] >= claim.number >> 8:
        yield f"claim {claim.number} is answered, its record is here"
    stored, now_ms = _stored(park, claim.ticket), park.world.utc_ms
    yield from park.claims.wrongs(number, claim, reply, stored, gates=gates, now_ms=now_ms)
    park.claims.answered(number, claim, reply, now_ms)


def _stored(park: "Park", ticket: bytes) -> list[Stored]:
    """Return the records of a ticket that the centre holds, journal by journal."""
    known_ms = park.centre.recorded.known_ms
    return [
        Stored(gate, journal, known_ms(gate, journal, seq), _decoded(record))
        for gate, journal, seq, record in park.centre.read(_OF_TICKET, ticket)
    ]


def check(park: "Park") -> list[str]:
    """Check what gates recorded by what the centre had answered."""
    if park.plan.restore:
        return []
    shown = _shown_once(park)
    return [
        f"{gate.name}: record {row.seq}: {wrong}"
        for gate in park.gates
        for journal, rows in park.cards_of(gate)
        for row in rows
        if row.ticket is not None
        for wrong in (*_agreed(park, gate, journal, row), *_passing(park, rows, row, shown))
    ] + [
        f"{gate.name}: {wrong}"
        for gate in park.gates
        for card, rows in enumerate(park.by_card(gate))
        for wrong in _alone(park, (gate.name, card), rows)
    ]


def _agreed(park: "Park", gate: SimGate, journal: bytes, row: Passage) -> Iterator[str]:
    """Check that a grant to which the centre agreed is for no more persons, and as it said."""
    if row.kind is not PassageKind.GRANTED or not row.claim or row.alone != Unconfirmed.NO:
        return
    number: Number = gate.name, journal, row.claim
    replies = [reply for reply in park.claims.replies[number] if reply.persons]
    most = max((reply.persons for reply in replies), default=0)
    if row.persons > most:
        yield f"lets {row.persons} in, the centre agreed to {most}"
    if replies and all(reply.reentry for reply in replies) and not row.reentry:
        yield "does not say that the ticket comes again, as the centre does"


def _alone(park: "Park", place: Place, rows: list[Passage]) -> Iterator[str]:
    """Check that a gate lets in no more persons of a team without the centre than its share."""
    alone: Counter[bytes] = Counter()
    for row in rows:
        if row.ticket is None or row.product is None or not row.alone or row.admits < 2:
            continue
        if row.kind is PassageKind.NOT_TAKEN:
            alone[row.ticket] -= row.persons
        elif row.kind is PassageKind.GRANTED and row.direction is Direction.IN:
            alone[row.ticket] += row.persons
            books = park.rules.at(place, row.seq)
            shares = [rules.partition_share for rules in rules_of(books, row.product)]
            if min(shares) and alone[row.ticket] > max(shares):
                yield f"record {row.seq}: {alone[row.ticket]} of a team alone, not {max(shares)}"


def _shown_once(park: "Park") -> set[bytes]:
    """Return the tickets that one visitor shows, and nobody else."""
    shown = Counter(visitor.serial for visitor in park.visitors if visitor.serial is not None)
    once = {serial for serial, times in shown.items() if times == 1} - park.shared
    return {park.tickets[serial].id for serial in once}


def _passing(
    park: "Park", rows: list[Passage], row: Passage, shown_once: set[bytes]
) -> Iterator[str]:
    """Check that a ticket which is said to be in use is: somebody has a grant of it at this board
    who has not passed, or the centre has said so, or another one shows it as well."""
    if row.kind is not PassageKind.DENIED or row.reason != Reason.PASSING.value:
        return
    if row.ticket not in shown_once or row.ticket in park.claims.passing:
        return
    if not _has_open_grant(rows[: row.seq - 1], row.ticket):
        yield "says that the ticket is being used, nobody uses it"


def _has_open_grant(rows: list[Passage], ticket: bytes | None) -> bool:
    """Return whether somebody has a grant of the ticket who has not passed."""
    open_persons = 0
    for row in rows:
        if row.ticket == ticket and row.direction is Direction.IN:
            granted = row.kind is PassageKind.GRANTED
            open_persons += row.persons * (granted - (row.grant is not None))
    return open_persons > 0
