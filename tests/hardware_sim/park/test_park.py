"""The deterministic park: nothing is violated, the same seed is the same day, and every checker
sees what it is for."""

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import insert, update

from fleet_manager.database import tables, tables_passages, tables_station
from gate_agent.validator.passage import PassageKind, chain, decode, encode
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import EntryRule
from gate_agent.validator.tickets.series import MAIN_SERIES
from hardware_sim.devices.turnstile_state import Happened, Push, What
from hardware_sim.park.board.arm import SimArm
from hardware_sim.park.board.queue import Delivery
from hardware_sim.park.centre.database import Database
from hardware_sim.park.every_check import CHECKS
from hardware_sim.park.park import Park, Plan
from hardware_sim.park.people.told import Told
from hardware_sim.park.run import Day, run
from hardware_sim.park.signature_cache import SignatureCache
from hardware_sim.park.world import World
from tests.hardware_sim.park import sabotage

SEEDS = 50


@pytest.mark.parametrize("first", range(1, SEEDS + 1, 10))
def test_nothing_is_violated(first: int) -> None:
    reports = [run(seed) for seed in range(first, first + 10)]
    assert [report.violations for report in reports if report.violations] == []
    assert sum(report.faults for report in reports) > 100


def test_a_good_day_lets_everybody_in() -> None:
    report = run(3, Plan(rates=None, misread=0.0, loss=0.0))
    assert report.violations == ()
    assert report.faults == 0
    assert report.entries > 30


def test_a_backup_of_the_centre_that_is_put_back_costs_nothing_that_gates_know() -> None:
    reports = [run(seed, Plan(restore=True)) for seed in range(1, 5)]
    assert [report.violations for report in reports if report.violations] == []


def test_the_same_seed_is_the_same_day_in_another_process() -> None:
    command = [sys.executable, "-m", "hardware_sim", "park", "--seed", "7", "--json"]
    outputs = {
        subprocess.run(
            command,
            env={**os.environ, "PYTHONHASHSEED": salt},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()[0]
        for salt in ("1", "2")
    }
    assert len(outputs) == 1
    assert run(7).hash in outputs.pop()


def test_time_that_stands_still_is_noticed() -> None:
    world = World(1)

    def again() -> None:
        world.after(0.0, again)

    again()
    with pytest.raises(RuntimeError, match="stands still"):
        world.run(10.0)


def _end_of_day() -> Park:
    park = Park(5, Plan(rates=None, misread=0.0, loss=0.0), SignatureCache(), Database())
    assert Day(park).run().violations == ()
    return park


def _lose_a_record(park: Park) -> None:
    park.gates[0].disk.db.execute("DELETE FROM passages WHERE seq = 5")


def _change_a_record(park: Park) -> None:
    db = park.gates[0].disk.db
    record, before = db.execute(
        "SELECT a.record, b.hash FROM passages a JOIN passages b ON b.seq = a.seq - 1"
        " WHERE a.seq = 5"
    ).fetchone()
    changed = encode(decode(record)._replace(lane=9))
    db.execute(
        "UPDATE passages SET record = ?, hash = ? WHERE seq = 5", (changed, chain(before, changed))
    )


def _turn_an_arm_unseen(park: Park) -> None:
    next(iter(park.gates[0].arms.values())).turns_seen += 1


def _forget_a_use(park: Park) -> None:
    park.gates[0].disk.db.execute("UPDATE uses SET entered = entered + 1")


def _leave_a_grant_open(park: Park) -> None:
    park.gates[0].disk.db.execute("INSERT INTO open_grants VALUES (3, 1)")


def _shorten_a_grant(park: Park) -> None:
    _rewrite(park, PassageKind.TAKEN, PassageKind.NOT_TAKEN)


def _rewrite(park: Park, old: PassageKind, new: PassageKind) -> None:
    db = park.gates[0].disk.db
    for seq, record in db.execute("SELECT seq, record FROM passages").fetchall():
        row = decode(record)
        if row.kind is old:
            changed = encode(row._replace(kind=new))
            db.execute("UPDATE passages SET record = ? WHERE seq = ?", (changed, seq))


def _void_what_was_granted(park: Park) -> None:
    for version, edition in park.centre.editions.items():
        void = frozenset(park.tickets)
        park.centre.editions[version] = type(edition)(version, edition.at_ms, void)


def _live_in_the_future(park: Park) -> None:
    gate = park.gates[0]
    gate.clock.error_ms = 3_600_000


def _shut_somebody_out(park: Park) -> None:
    next(visitor for visitor in park.visitors if visitor.honest).passed = 0


def _let_an_impostor_in(park: Park) -> None:
    entered = park.entered()
    visitor = next(
        visitor
        for visitor in park.visitors
        if visitor.serial is not None and park.tickets[visitor.serial].id in entered
    )
    visitor.impostor = True


def _leave_something_waiting(park: Park) -> None:
    gate = park.gates[0]
    assert gate.journal is not None
    gate.wire.cut()
    row = next(row for row in park.records(gate) if row.kind is PassageKind.DENIED)
    gate.journal.commit([row._replace(seq=gate.journal.head + 1)])


def _write_a_number_down(park: Park) -> None:
    number = next(visitor.document[1] for visitor in park.visitors if visitor.document is not None)
    park.gates[0].disk.db.execute("INSERT INTO meta VALUES ('note', ?)", (number,))


def _wave_somebody_through(park: Park) -> None:
    next(lane for lane in park.lanes if not lane.gate.arms).waved += 1


def _count_in_another_hour(park: Park) -> None:
    with park.centre.store.write() as connection:
        connection.execute(update(tables.tally).values(hour=(tables.tally.c.hour + 1) % 24))


def _count_in_another_month(park: Park) -> None:
    month = tables_passages.tally_month
    with park.centre.store.write() as connection:
        connection.execute(update(month).values(month=month.c.month + 1))


def _keep_fewer_records(park: Park) -> None:
    park.gates[0].disk.db.execute("DELETE FROM passages WHERE seq = 1")


def _be_sure_of_a_case(park: Park) -> None:
    with park.centre.store.write() as connection:
        values = dict.fromkeys(("day", "found_ms", "changed_ms", "persons"), 0)
        connection.execute(
            insert(tables_station.conflict).values(
                **values,
                ticket=bytes(8),
                reason=Reason.USED.value,
                sure=True,
                records="[]",
                state="open",
                by="",
                why="",
            )
        )


def _sell_for_another_zone(park: Park) -> None:
    for serial, ticket in park.tickets.items():
        park.tickets[serial] = replace(ticket, zones=1 << 9)


def _override_unasked(park: Park) -> None:
    park.staff_acts.clear()


def _change_keys_behind_their_backs(park: Park) -> None:
    park.centre.ceremony.publish(park.world.utc_ms)


def _let_a_crowd_in_unnoticed(park: Park) -> None:
    once = next(
        ticket.id
        for ticket in park.tickets.values()
        if ticket.id in park.entered() and ticket.entry_policy.rule is EntryRule.ONCE
    )
    row = tables.passage.c
    with park.centre.store.write() as connection:
        connection.execute(
            update(tables.passage)
            .where(row.ticket == once, row.kind == int(PassageKind.TAKEN), row.direction == 0)
            .values(persons=row.persons + 100)
        )


def _lose_what_a_device_said(park: Park) -> None:
    park.gates[0].queue.meter.owed += 1


def _name_an_honest_gate(park: Park) -> None:
    with park.centre.store.write() as connection:
        connection.execute(
            insert(tables.incident).values(
                kind="fork", gate=park.gates[0].name, detail="", times=1, first_ms=1, last_ms=1
            )
        )


def _see_a_gate_in_the_future(park: Park) -> None:
    with park.centre.store.write() as connection:
        connection.execute(update(tables.report).values(seen_ms=park.world.utc_ms + 1))


def _agree_to_nobody(park: Park) -> None:
    park.claims.replies.clear()


def _sell_under_no_key(park: Park) -> None:
    ceremony = park.centre.ceremony
    ceremony.trusts[ceremony.version] = {}


SABOTAGE: tuple[tuple[str, Callable[[Park], None]], ...] = (
    ("books", _lose_a_record),
    ("books", _change_a_record),
    ("turns", _turn_an_arm_unseen),
    ("uses", _forget_a_use),
    ("uses", _leave_a_grant_open),
    ("grants", _shorten_a_grant),
    ("lists", _void_what_was_granted),
    ("clocks", _live_in_the_future),
    ("service", _shut_somebody_out),
    ("service", _let_an_impostor_in),
    ("bounds", _leave_something_waiting),
    ("privacy", _write_a_number_down),
    ("answers", _wave_somebody_through),
    ("counted", _count_in_another_hour),
    ("kept", _keep_fewer_records),
    ("sums", _count_in_another_month),
    ("cases", _be_sure_of_a_case),
    ("told", _sell_for_another_zone),
    ("overrides", _override_unasked),
    ("trust", _change_keys_behind_their_backs),
    ("once", _let_a_crowd_in_unnoticed),
    ("inbox", _lose_what_a_device_said),
    ("incidents", _name_an_honest_gate),
    ("seen", _see_a_gate_in_the_future),
    ("claims", _agree_to_nobody),
    ("recovered", _sell_under_no_key),
    ("modes", sabotage.hide_who_set_a_mode),
    ("audited", sabotage.cut_the_audit_off),
    ("reports", sabotage.report_another_hour),
    ("retired", sabotage.hear_a_retired_gate),
    ("sold", sabotage.sell_a_day_late),
    ("histories", sabotage.forget_who_is_in),
)


@pytest.mark.parametrize(("name", "act"), SABOTAGE, ids=[act.__name__ for _, act in SABOTAGE])
def test_each_checker_sees_what_it_is_for(name: str, act: Callable[[Park], None]) -> None:
    park = _end_of_day()
    act(park)
    before = len(park.world.violations)
    assert CHECKS[name](park) or len(park.world.violations) > before


def test_every_checker_is_tested() -> None:
    assert {name for name, _ in SABOTAGE} == set(CHECKS)


def test_who_comes_back_to_a_gate_with_another_card_may_be_told_that_the_ticket_is_used() -> None:
    """The centre told the gate what the old card had recorded."""
    park = _end_of_day()
    cards = {gate.name: park.by_card(gate) for gate in park.gates}
    holders = Counter(visitor.serial for visitor in park.visitors)
    gate, used = next(
        (gate, row)
        for gate in park.gates
        for row in cards[gate.name][0]
        if row.kind is PassageKind.TAKEN and row.ticket is not None
        for ticket in [park.tickets.get(int.from_bytes(row.ticket[4:], "big"))]
        if ticket is not None and ticket.series == MAIN_SERIES and ticket.admits == 1
        if ticket.entry_policy.rule is EntryRule.ONCE and holders[ticket.serial] == 1
    )
    refused = used._replace(
        seq=1, kind=PassageKind.DENIED, grant=None, persons=0, reason=Reason.USED.value
    )
    cards[gate.name].append([refused])
    assert list(Told(park, cards).check()) == []


def test_who_passes_after_the_process_has_died_passes_on_no_pulse_of_the_next_one() -> None:
    world = World(1)
    arm = SimArm(
        world,
        1,
        random.Random(1),
        lambda _event, done: done(Delivery.DONE),
        lambda _lane: None,
        0.0,
    )
    arm.start(lambda _event: None)
    arm.release()
    world.run(400.0)
    arm.stop()

    def start_again(happened: Happened) -> None:
        if happened.what is What.PASSAGE_OPENED:
            world.after(100.0, lambda: arm.start(lambda _event: None))

    arm.on_happened = start_again
    arm.push(Push())
    world.run(20_000.0)
    assert (arm.turns_seen, arm.rightful) == (1, 0)
