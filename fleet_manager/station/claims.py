"""Claims: one answer for the same ticket at several gates at once.

A gate that can reach the centre asks before it releases the arm. The centre judges by the passages
of all journals and by what it has promised and not seen pass yet, and writes its promise down: the
verdict may be sent only when that is committed.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, Integer, and_, bindparam, delete, func, not_, select, update

from fleet_manager.database import store, tables_station
from fleet_manager.passages.journals import find
from fleet_manager.passages.usage import alone_by_gate, history_of
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.notes import Claim, ClaimReply
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import POLICIES
from gate_agent.validator.trust.rule_book import Passback
from gate_agent.validator.uses import Entitlement, judge_uses

PROMISE_MS = 30_000
"""So long a ticket waits for the records of a gate that was promised it, and has fallen silent."""
GRANT_MS = 60_000
"""So long after each record of a grant it may still bring another: a team passes one by one."""


class ClaimRecords(NamedTuple):
    """What a journal's records say of one claim: `granted` persons, None if that is not among
    them, and for how many of those it is over."""

    granted: int | None
    ended: int


def judge(
    connection: Connection, gate: str, gates: int, claim: Claim, day: int, now_ms: int
) -> ClaimReply | None:
    """The answer to a claim on the park's `day`, of which there are `gates`; None for a claim
    whose records are here already, or whose number another ticket's promise has. Inside a writing
    transaction. Asked again it judges again, its own promise aside: it may be a copy of the same
    message, or somebody who was not let in and has come back.

    Raises WireError for a claim on another gate's journal.
    """
    journal = find(connection, claim.journal_id)
    if journal is not None and journal.gate != gate:
        raise WireError("a claim for another gate's journal")
    if journal is not None and claim.number >> 8 <= journal.mark:
        return None
    one = {"j": claim.journal_id, "n": claim.number, "now": now_ms}
    before = store.run(connection, _FIND, one)
    if any(ticket != claim.ticket for ticket, _ in before):
        return None
    found = _judge(connection, gates, claim, day, now_ms)
    if found.persons:
        store.put_row(
            connection,
            _TABLE,
            {
                "journal": claim.journal_id,
                "number": claim.number,
                "ticket": claim.ticket,
                "persons": found.persons,
                "reentry": found.reentry,
                "reason": found.reason,
                # Its gate may be letting in as many as it was promised first.
                "left": max([found.persons, *(left for _, left in before)]),
                "expires_ms": now_ms + PROMISE_MS,
            },
        )
    return found


def _judge(connection: Connection, gates: int, claim: Claim, day: int, now_ms: int) -> ClaimReply:
    others = {"id": claim.ticket, "now": now_ms, "j": claim.journal_id, "n": claim.number}
    [(promised,)] = store.run(connection, _PROMISED, others)
    history = history_of(connection, claim.ticket)
    kept = 0
    if claim.share and claim.admits > 1:
        # Every gate may give so many away whenever it is cut off: nobody else can have them.
        alone = alone_by_gate(connection, claim.ticket)
        kept = sum(max(0, claim.share - persons) for persons in alone.values())
        kept += claim.share * max(0, gates - len(alone))
    right = Entitlement(
        policy=POLICIES[claim.policy],
        admits=claim.admits,
        extra=claim.extra,
        passback=Passback(claim.passback),
        passback_ms=claim.passback_ms,
    )
    leave = judge_uses(right, history.with_reserved(promised or 0), day, now_ms)
    if isinstance(leave, Reason):
        return ClaimReply(claim.number, 0, leave.value, False)
    persons = min(leave.persons - kept, claim.persons)
    if persons <= 0:
        return ClaimReply(claim.number, 0, Reason.SHARES.value, False)
    although = 0 if leave.although is None else leave.although.value
    return ClaimReply(claim.number, persons, although, leave.reentry)


def settle(
    connection: Connection, told: dict[tuple[bytes, int], ClaimRecords], now_ms: int
) -> None:
    """Records have come in: what was promised for them is not open any more. In the transaction
    that stores them, so that no admission is counted twice or not at all in between."""
    if not told:
        return
    for (journal, number), one in told.items():
        row = {"j": journal, "n": number, "granted": one.granted, "ended": one.ended,
               "until": now_ms + GRANT_MS}  # fmt: skip
        store.run(connection, _SETTLE, row)
    store.run(connection, _OVER, {})


def forget_expired(connection: Connection, now_ms: int) -> None:
    """A gate that died with an open claim does not keep its visitor out of the others for ever."""
    store.run(connection, _EXPIRED, {"now": now_ms})


def open_claims(connection: Connection) -> Iterable[tuple[bytes, int]]:
    """(ticket, persons) of every promise that is open."""
    return [(row.ticket, row.left) for row in connection.execute(select(_ROW.ticket, _ROW.left))]


# Made once: making a statement costs more than running it.
_TABLE, _ROW = tables_station.claim, tables_station.claim.c
_ONE = (_ROW.journal == bindparam("j"), _ROW.number == bindparam("n"))
_FIND = select(_ROW.ticket, _ROW.left).where(*_ONE, _ROW.expires_ms > bindparam("now"))
_PROMISED = select(func.sum(_ROW.left)).where(
    _ROW.ticket == bindparam("id"), _ROW.expires_ms > bindparam("now"), not_(and_(*_ONE))
)
_SETTLE = (
    update(_TABLE)
    .where(*_ONE)
    .values(
        left=func.coalesce(bindparam("granted", type_=Integer), _ROW.left) - bindparam("ended"),
        expires_ms=bindparam("until"),
    )
)
_OVER = delete(_TABLE).where(_ROW.left <= 0)
_EXPIRED = delete(_TABLE).where(_ROW.expires_ms <= bindparam("now"))
