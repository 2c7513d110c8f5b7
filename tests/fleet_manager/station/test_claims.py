"""Test claims: a ticket at several gates is decided once, by what is committed."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from fleet_manager.database import tables_station
from fleet_manager.database.store import Store
from fleet_manager.intake.ingest import ingest
from fleet_manager.park_time import Calendar
from fleet_manager.station import claims
from fleet_manager.station.claims import GRANT_MS, PROMISE_MS, decide_claim
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.claim_number import claim_number
from gate_agent.validator.messages.notes import Claim, ClaimReply
from gate_agent.validator.passage import Direction, PassageKind, Unconfirmed
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import EntryPolicy, EntryRule
from tests.fleet_manager.conftest import SHANGHAI
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id

CALENDAR = Calendar(SHANGHAI)
DAY = CALENDAR.day(NOON)
TICKET = ticket_id(1)
DAILY = EntryPolicy(EntryRule.DAILY).to_byte()
TWICE = EntryPolicy(EntryRule.COUNTED, 2).to_byte()


class Desk:
    """Gates with their journals, whose claims the centre decides."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.pens = {name: Scribe(name, bytes([n]) * 16) for n, name in
                     enumerate(("gate-1", "gate-2", "gate-3"), 1)}  # fmt: skip

    def claim(self, gate: str, persons: int = 1, **fields: Any) -> Claim:
        pen = self.pens[gate]
        values: dict[str, Any] = {
            "journal_id": pen.journal_id, "number": claim_number(len(pen.records) + 1, 1),
            "ticket": TICKET, "persons": persons, "admits": max(persons, 1), "policy": 0,
            "extra": 0, "passback": 2, "passback_ms": 300_000, "share": 0,
        }  # fmt: skip
        return Claim(**(values | fields))

    def ask(
        self, gate: str, persons: int = 1, now_ms: int = NOON, **fields: Any
    ) -> ClaimReply | None:
        return self.judge(gate, self.claim(gate, persons, **fields), now_ms)

    def judge(self, gate: str, claim: Claim, now_ms: int = NOON) -> ClaimReply | None:
        with self.store.write() as connection:
            return decide_claim(connection, gate, 3, claim, DAY, now_ms)

    def write(
        self, gate: str, kind: PassageKind, persons: int = 1, claim: int = 0, **more: Any
    ) -> None:
        values: dict[str, Any] = {"ticket": TICKET, "persons": persons, "admits": 9, "claim": claim}
        self.pens[gate].write(kind, **(values | more))

    def bring(self, gate: str, now_ms: int = NOON) -> None:
        with self.store.write() as connection:
            ingest(connection, [(gate, self.pens[gate].batch())], CALENDAR, now_ms)

    @property
    def open(self) -> list[tuple[int, int]]:
        with self.store.read() as connection:
            query = select(tables_station.claim.c.left, tables_station.claim.c.expires_ms)
            return [tuple(row) for row in connection.execute(query)]


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def answer(verdict: ClaimReply | None) -> tuple[int, int] | None:
    return None if verdict is None else (verdict.persons, verdict.reason)


def test_a_copy_at_two_gates_is_decided_once(desk: Desk) -> None:
    assert answer(desk.ask("gate-1")) == (1, 0)
    assert answer(desk.ask("gate-2")) == (0, Reason.PASSING)
    assert answer(desk.ask("gate-3")) == (0, Reason.PASSING)


def test_the_same_claim_has_the_same_answer(desk: Desk) -> None:
    claim = desk.claim("gate-1", 3)
    first = desk.judge("gate-1", claim)
    assert desk.judge("gate-1", claim) == first
    assert desk.open == [(3, NOON + PROMISE_MS)]


def test_who_comes_back_to_the_same_gate_is_judged_by_what_happened_meanwhile(desk: Desk) -> None:
    """The gate wrote nothing, so it claims with the same number; elsewhere the ticket was used by a
    gate that could not ask."""
    claim = desk.claim("gate-1")
    assert answer(desk.judge("gate-1", claim)) == (1, 0)
    desk.write("gate-2", PassageKind.GRANTED)
    desk.write("gate-2", PassageKind.TAKEN, grant=1)
    desk.bring("gate-2")
    assert answer(desk.judge("gate-1", claim)) == (0, Reason.USED)
    assert desk.open == [(1, NOON + PROMISE_MS)], "the first answer may be on its way"


def test_fewer_at_the_second_time_take_nothing_back(desk: Desk) -> None:
    claim = desk.claim("gate-1", 5)
    assert answer(desk.judge("gate-1", claim)) == (5, 0)
    desk.write("gate-2", PassageKind.GRANTED, 2)
    desk.write("gate-2", PassageKind.TAKEN, 2, grant=1)
    desk.bring("gate-2")
    assert answer(desk.judge("gate-1", claim, NOON + 10)) == (3, 0)
    assert desk.open == [(5, NOON + 10 + PROMISE_MS)]


def test_no_answer_is_for_another_ticket(desk: Desk) -> None:
    """A gate whose card failed while a visitor waited claims for the next with the same number."""
    claim = desk.claim("gate-1")
    desk.judge("gate-1", claim)
    other = replace(claim, ticket=ticket_id(2))
    assert desk.judge("gate-1", other) is None
    assert desk.open == [(1, NOON + PROMISE_MS)]
    assert answer(desk.judge("gate-1", other, NOON + PROMISE_MS)) == (1, 0)
    assert desk.open == [(1, NOON + 2 * PROMISE_MS)]


def test_a_promise_becomes_a_passage_without_a_gap_between(desk: Desk) -> None:
    claim = desk.claim("gate-1")
    desk.judge("gate-1", claim)
    desk.write("gate-1", PassageKind.GRANTED, claim=claim.number)
    desk.bring("gate-1", NOON + 1000)
    assert desk.open == [(1, NOON + 1000 + GRANT_MS)]
    assert answer(desk.ask("gate-2")) == (0, Reason.PASSING)
    desk.write("gate-1", PassageKind.TAKEN, claim=claim.number, grant=1)
    desk.bring("gate-1")
    assert desk.open == []
    assert answer(desk.ask("gate-2")) == (0, Reason.USED)


def test_what_was_not_taken_may_come_in_elsewhere(desk: Desk) -> None:
    claim = desk.claim("gate-1", 5)
    desk.judge("gate-1", claim)
    desk.write("gate-1", PassageKind.GRANTED, 5, claim.number)
    desk.write("gate-1", PassageKind.TAKEN, 1, claim.number, grant=1)
    desk.write("gate-1", PassageKind.TAKEN, 1, claim.number, grant=1)
    desk.bring("gate-1")
    assert desk.open == [(3, NOON + GRANT_MS)]
    assert answer(desk.ask("gate-2", 5)) == (0, Reason.PASSING)
    desk.write("gate-1", PassageKind.NOT_TAKEN, 3, claim.number, grant=1)
    desk.bring("gate-1")
    assert answer(desk.ask("gate-2", 5)) == (3, 0)


def test_a_smaller_grant_gives_the_rest_back(desk: Desk) -> None:
    claim = desk.claim("gate-1", 5)
    desk.judge("gate-1", claim)
    desk.write("gate-1", PassageKind.GRANTED, 2, claim.number)
    desk.bring("gate-1")
    assert answer(desk.ask("gate-2", 5)) == (3, 0)


def test_a_gate_that_dies_with_an_open_claim(desk: Desk) -> None:
    desk.ask("gate-1")
    assert answer(desk.ask("gate-2", now_ms=NOON + PROMISE_MS - 1)) == (0, Reason.PASSING)
    assert answer(desk.ask("gate-2", now_ms=NOON + PROMISE_MS)) == (1, 0)
    with desk.store.write() as connection:
        claims.forget_expired(connection, NOON + PROMISE_MS)
    assert desk.open == [(1, NOON + 2 * PROMISE_MS)], "of the second gate"


def test_a_claim_that_comes_after_its_records_has_no_answer(desk: Desk) -> None:
    late = desk.claim("gate-1")
    desk.write("gate-1", PassageKind.GRANTED, alone=Unconfirmed.TIMED_OUT, claim=late.number)
    desk.bring("gate-1")
    assert desk.judge("gate-1", late) is None
    assert desk.open == []


def test_another_gates_journal(desk: Desk) -> None:
    desk.write("gate-1", PassageKind.TAKEN)
    desk.bring("gate-1")
    with pytest.raises(WireError):
        desk.judge("gate-2", desk.claim("gate-1"))


def test_records_of_a_claim_that_is_forgotten_change_nothing(desk: Desk) -> None:
    claim = desk.claim("gate-1")
    desk.write("gate-1", PassageKind.GRANTED, claim=claim.number)
    desk.write("gate-1", PassageKind.UNRESOLVED, claim=claim.number, grant=1)
    desk.bring("gate-1")
    assert desk.open == []
    assert answer(desk.ask("gate-2")) == (0, Reason.USED)


def test_daily_and_counted_by_the_same_judgement(desk: Desk) -> None:
    desk.write("gate-1", PassageKind.TAKEN, admits=1)
    desk.bring("gate-1")
    soon, later = NOON + 60_000, NOON + 600_000
    assert answer(desk.ask("gate-2", policy=DAILY, now_ms=soon)) == (0, Reason.PASSBACK)
    soft = desk.ask("gate-2", policy=DAILY, now_ms=soon, passback=1)
    assert soft == ClaimReply(claim_number(1, 1), 1, Reason.PASSBACK.value, True)
    with desk.store.write() as connection:
        claims.forget_expired(connection, NOON + 1_000_000)
    assert answer(desk.ask("gate-3", policy=DAILY, now_ms=later)) == (1, 0)
    with desk.store.write() as connection:
        claims.forget_expired(connection, NOON + 2_000_000)
    assert answer(desk.ask("gate-3", policy=TWICE, now_ms=later)) == (1, 0)
    with desk.store.write() as connection:
        claims.forget_expired(connection, NOON + 2_000_000)
    desk.write("gate-1", PassageKind.TAKEN, admits=1)
    desk.bring("gate-1")
    assert answer(desk.ask("gate-2", policy=TWICE, now_ms=later)) == (0, Reason.USED)


def test_an_exit_at_another_gate_lets_in_again(desk: Desk) -> None:
    policy = EntryPolicy(EntryRule.DAILY, 0, exit_required=True).to_byte()
    desk.write("gate-1", PassageKind.TAKEN, admits=1)
    desk.bring("gate-1")
    assert answer(desk.ask("gate-2", policy=policy, now_ms=NOON + 600_000)) == (0, Reason.INSIDE)
    desk.write("gate-3", PassageKind.TAKEN, direction=Direction.OUT, wall_ms=NOON + 300_000)
    desk.bring("gate-3")
    assert answer(desk.ask("gate-2", policy=policy, now_ms=NOON + 600_000)) == (1, 0)


def test_shares_are_reserved_for_gates_that_may_be_cut_off(desk: Desk) -> None:
    """20 persons, 3 gates, a share of 2 each: 14 by claims and 6 by the gates themselves."""
    team = {"admits": 20, "share": 2}
    claim = desk.claim("gate-1", 20, **team)
    assert answer(desk.judge("gate-1", claim)) == (14, 0)
    desk.write("gate-1", PassageKind.GRANTED, 14, claim.number)
    desk.write("gate-1", PassageKind.TAKEN, 14, claim.number, grant=1)
    desk.write("gate-2", PassageKind.TAKEN, 2, alone=Unconfirmed.APART)
    for gate in ("gate-1", "gate-2"):
        desk.bring(gate)
    assert answer(desk.ask("gate-3", 4, **team)) == (0, Reason.SHARES)
    desk.write("gate-3", PassageKind.TAKEN, 2, alone=Unconfirmed.SHARE)
    desk.write("gate-1", PassageKind.TAKEN, 2, alone=Unconfirmed.SHARE)
    desk.bring("gate-3")
    desk.bring("gate-1")
    assert answer(desk.ask("gate-2", 1, **team)) == (0, Reason.USED)


def test_granted_claims_survive_a_restart_of_the_centre(desk: Desk, store: Store) -> None:
    desk.ask("gate-1")
    again = Desk(Store(store._engine))
    assert answer(again.ask("gate-2")) == (0, Reason.PASSING)


def test_a_record_of_another_journal_with_the_same_claim_number_closes_nothing(desk: Desk) -> None:
    claim = desk.claim("gate-1")
    assert answer(desk.judge("gate-1", claim)) == (1, 0)
    other = ticket_id(2)
    desk.write("gate-2", PassageKind.GRANTED, ticket=other, claim=claim.number)
    desk.write("gate-2", PassageKind.TAKEN, ticket=other, claim=claim.number, grant=1)
    desk.bring("gate-2")
    assert answer(desk.ask("gate-3")) == (0, Reason.PASSING)
