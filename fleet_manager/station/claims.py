"""Decide claims, so that a ticket that is shown at several gates at once is admitted once.

A gate that can reach the centre claims a ticket before it releases the arm. The centre decides by
the passages of all journals and by the claims that it has granted and whose records have not
arrived. A granted claim is stored: the reply may be sent only when that is committed.
"""

from typing import NamedTuple

from sqlalchemy import Connection, Integer, and_, bindparam, delete, func, not_, select, update

from fleet_manager.database import store, tables_station
from fleet_manager.gates import last_seen
from fleet_manager.passages.examine import JournalState
from fleet_manager.passages.journals import find, is_newest
from fleet_manager.passages.usage import alone_by_gate, history_of
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.notes import Claim, ClaimReply
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import POLICIES
from gate_agent.validator.trust.rule_book import Passback
from gate_agent.validator.uses import Entitlement, judge_uses

PROMISE_MS = 30_000
"""How long a granted claim counts while no record of it arrives."""
GRANT_MS = 60_000
"""How long a claim counts after each of its records: a team passes one by one."""


class ClaimRecords(NamedTuple):
    """What new records of a journal say about one claim. `granted`: persons of its GRANTED record,
    None without one. `ended`: persons who have passed, or will not."""

    granted: int | None
    ended: int


def decide_claim(
    connection: Connection, gate: str, gates: int, claim: Claim, day: int, now_ms: int
) -> ClaimReply | None:
    """Decide a claim of a gate and store it if it is granted.

    `gates`: number of enrolled gates. `day`: park day. Call it in a writing transaction. Returns
    None, for no reply, if records with this claim number have already arrived, if the number is
    reserved for another ticket, or if the gate works with another journal now. A claim that is
    repeated is decided again, as if it had not been granted: it may be of a visitor who was not let
    in and has come back. Raises WireError for a claim on another gate's journal.
    """
    journal = find(connection, claim.journal_id)
    if journal is not None and journal.gate != gate:
        raise WireError("a claim for another gate's journal")
    if journal is not None and (
        claim.number >> 8 <= journal.mark or _has_left(connection, gate, journal)
    ):
        return None
    of_number = {"j": claim.journal_id, "n": claim.number, "now": now_ms}
    before = store.run(connection, _FIND, of_number)
    if any(ticket != claim.ticket for ticket, _ in before):
        return None
    reply = _decide(connection, gates, claim, day, now_ms)
    if reply.persons:
        store.put_row(
            connection,
            _TABLE,
            {
                "journal": claim.journal_id,
                "number": claim.number,
                "ticket": claim.ticket,
                "persons": reply.persons,
                "reentry": reply.reentry,
                "reason": reply.reason,
                # The gate may have received the first reply, and let in as many as that said.
                "left": max([reply.persons, *(left for _, left in before)]),
                "expires_ms": now_ms + PROMISE_MS,
            },
        )
    return reply


def _has_left(connection: Connection, gate: str, journal: JournalState) -> bool:
    """Return whether a gate has begun another journal since this one, and does not report from
    this one: then somebody sends a claim of an earlier card again."""
    return (
        not is_newest(connection, journal) and last_seen.journal_of(connection, gate) != journal.id
    )


def _decide(connection: Connection, gates: int, claim: Claim, day: int, now_ms: int) -> ClaimReply:
    others = {"id": claim.ticket, "now": now_ms, "j": claim.journal_id, "n": claim.number}
    [(promised,)] = store.run(connection, _PROMISED, others)
    history = history_of(connection, claim.ticket)
    reserved = 0
    if claim.share and claim.admits > 1:
        # A gate that is cut off may let in so many by itself: no claim may use them up.
        alone = alone_by_gate(connection, claim.ticket)
        reserved = sum(max(0, claim.share - persons) for persons in alone.values())
        reserved += claim.share * max(0, gates - len(alone))
    entitlement = Entitlement(
        policy=POLICIES[claim.policy],
        admits=claim.admits,
        extra=claim.extra,
        passback=Passback(claim.passback),
        passback_ms=claim.passback_ms,
    )
    decision = judge_uses(entitlement, history.with_reserved(promised or 0), day, now_ms)
    if isinstance(decision, Reason):
        return ClaimReply(claim.number, 0, decision.value, False)
    persons = min(decision.persons - reserved, claim.persons)
    if persons <= 0:
        return ClaimReply(claim.number, 0, Reason.SHARES.value, False)
    overridden = 0 if decision.overridden_reason is None else decision.overridden_reason.value
    return ClaimReply(claim.number, persons, overridden, decision.reentry)


def close_claims(
    connection: Connection, records: dict[tuple[bytes, int], ClaimRecords], now_ms: int
) -> None:
    """Close claims whose records have arrived, or reduce them by the persons who have passed.

    `records`: by journal id and claim number. Call it in the transaction that stores the records,
    so that no admission is counted twice, or not at all, in between.
    """
    if not records:
        return
    for (journal, number), of_claim in records.items():
        values = {
            "j": journal,
            "n": number,
            "granted": of_claim.granted,
            "ended": of_claim.ended,
            "until": now_ms + GRANT_MS,
        }
        store.run(connection, _CLOSE, values)
    store.run(connection, _DELETE_CLOSED, {})


def forget_expired(connection: Connection, now_ms: int) -> None:
    """Delete expired claims: a gate that died with a granted claim must not keep its visitor out
    of the other gates for ever."""
    store.run(connection, _DELETE_EXPIRED, {"now": now_ms})


# Built once: building a statement costs more than running it.
_TABLE, _ROW = tables_station.claim, tables_station.claim.c
_OF_NUMBER = (_ROW.journal == bindparam("j"), _ROW.number == bindparam("n"))
_FIND = select(_ROW.ticket, _ROW.left).where(*_OF_NUMBER, _ROW.expires_ms > bindparam("now"))
_PROMISED = select(func.sum(_ROW.left)).where(
    _ROW.ticket == bindparam("id"), _ROW.expires_ms > bindparam("now"), not_(and_(*_OF_NUMBER))
)
_CLOSE = (
    update(_TABLE)
    .where(*_OF_NUMBER)
    .values(
        left=func.coalesce(bindparam("granted", type_=Integer), _ROW.left) - bindparam("ended"),
        expires_ms=bindparam("until"),
    )
)
_DELETE_CLOSED = delete(_TABLE).where(_ROW.left <= 0)
_DELETE_EXPIRED = delete(_TABLE).where(_ROW.expires_ms <= bindparam("now"))
