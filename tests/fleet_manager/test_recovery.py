"""Test above which numbers the centre goes on after a restore from a backup."""

import json
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from fleet_manager import centre, recovery
from fleet_manager.centre import Centre
from fleet_manager.database.store import Store, read_meta
from fleet_manager.gates import gates, last_seen
from fleet_manager.intake.ingest import ingest
from fleet_manager.lists import versions
from fleet_manager.park_time import Calendar
from fleet_manager.recovery import AHEAD, JUMP, KEYS, MOST_AHEAD, RULES, NumberGap, SerialGap
from fleet_manager.services import recovery as acts
from fleet_manager.services import tickets
from fleet_manager.station.news import BASE, since
from fleet_manager.tickets import sold, sold_list
from fleet_manager.tickets.sell import TicketOrder
from fleet_manager.trust import rules
from gate_agent.validator.messages.envelopes import GateState
from gate_agent.validator.messages.notes import IN, News, NewsRequest
from gate_agent.validator.passage import PassageKind
from tests.fleet_manager.commands.test_commands import SHORT, attempt, run
from tests.fleet_manager.conftest import SHANGHAI
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id
from tests.fleet_manager.services.test_act import ADMINISTRATOR

MONO_MS = count(1)


def report(store: Store, gate: str, main: int, rules_version: int = 0, keys: int = 0) -> None:
    """Store a state message of the gate."""
    state = GateState(
        boot=1,
        wall_ms=NOON,
        clock=2,
        waiting=0,
        lists=(),
        lanes=(),
        faults=(),
        rules_version=rules_version,
        keys_version=keys,
        mono_ms=next(MONO_MS),
    )
    with store.write() as connection:
        last_seen.save_state(connection, gate, state, [("main", main), ("gone", 9)], NOON)


def numbers(store: Store) -> dict[str, NumberGap]:
    with store.read() as connection:
        return {gap.what: gap for gap in recovery.numbers(connection)}


def publish(store: Store, times: int) -> None:
    with store.write() as connection:
        for _ in range(times):
            versions.publish(connection, "main", 3, 5, NOON)


def test_the_gate_that_is_furthest_counts(store: Store) -> None:
    publish(store, 2)
    report(store, "gate-1", main=7, rules_version=1)
    report(store, "gate-2", main=9, keys=4)
    assert numbers(store) == {
        "main": NumberGap("main", 2, 9, "gate-2"),
        RULES: NumberGap(RULES, 0, 1, "gate-1"),
        KEYS: NumberGap(KEYS, 0, 4, "gate-2"),
    }


def test_a_gate_that_lies_pushes_no_number_to_its_end(store: Store) -> None:
    publish(store, 2)
    report(store, "gate-1", main=7)
    report(store, "gate-2", main=3 + MOST_AHEAD)
    with store.read() as connection:
        gaps = [gap for gap in recovery.numbers(connection) if gap.what == "main"]
    assert [(gap.gate, gap.believable) for gap in gaps] == [("gate-1", True), ("gate-2", False)]


def test_the_next_list_is_above_and_leads_from_nowhere(store: Store) -> None:
    publish(store, 4)
    report(store, "gate-1", main=9)
    with store.write() as connection:
        assert recovery.go_on(connection, numbers(store)["main"], NOON) == 9 + AHEAD
        version = versions.newest(connection)
        assert version is not None
        assert (version.version, version.changes, version.count) == (9 + AHEAD, 3, 5)
        assert [versions.find(connection, "main", at) for at in range(1, 10)] == [None] * 9
        # Also where the centre has come further by itself: its numbers are not those of the gates.
        publish_more = NumberGap("main", 9 + AHEAD, 9, "gate-1")
        assert recovery.go_on(connection, publish_more, NOON) == 9 + 2 * AHEAD


def test_the_next_rule_book_is_above(store: Store) -> None:
    with store.write() as connection:
        rules.change(connection, rules.EVERY, {"passback": "soft"})
    report(store, "gate-1", main=0, rules_version=6)
    with store.write() as connection:
        assert recovery.go_on(connection, numbers(store)[RULES], NOON) == 6 + AHEAD
        assert rules.is_due(connection)


def test_nobody_goes_on_from_a_number_of_before(store: Store) -> None:
    pen = Scribe("gate-1", bytes(16))
    for number in (1, 2, 3):
        pen.write(PassageKind.TAKEN, ticket=ticket_id(number))
    with store.write() as connection:
        ingest(connection, [(pen.gate, pen.batch())], Calendar(SHANGHAI), NOON)
        recovery.number_news_anew(connection)
        assert since(connection, "gate-2", NewsRequest(7, 2)) == News(
            nonce=7, after=0, upto=0, head=0, entries=()
        )
        assert since(connection, "gate-2", NewsRequest(7, JUMP)) == News(
            nonce=7, after=0, upto=0, head=0, entries=()
        )
        answer = since(connection, "gate-2", NewsRequest(7, 0))
        assert (answer.after, answer.upto, answer.head) == (0, JUMP + 3, JUMP + 3)
        assert [(entry[0], entry[1]) for entry in answer.entries] == [
            (ticket_id(number), IN) for number in (1, 2, 3)
        ]
        assert since(connection, "gate-2", NewsRequest(8, JUMP + 2)).upto == JUMP + 3
        recovery.number_news_anew(connection)
        assert since(connection, "gate-2", NewsRequest(9, JUMP + 3)) == News(
            nonce=9, after=0, upto=0, head=0, entries=()
        )
        assert since(connection, "gate-2", NewsRequest(9, 0)).head == 2 * JUMP + 3


@pytest.fixture
def behind(park: Centre) -> Centre:
    """A park put back to when it had sold 5 tickets. Gates have seen 40 and 41 of its tickets."""
    issuer, calendar = park.issuer(), park.calendar
    with park.store.write() as connection:
        gates.add_gate(connection, "gate-1", "north", bytes(32), NOON)
        sold_before = issuer.sell(connection, TicketOrder("adult", calendar.date_of(NOON)), NOON)
        issuer.sell(connection, TicketOrder("adult", calendar.date_of(NOON), count=4), NOON)
        versions.publish(connection, "main", 0, 5, NOON)
        pen, ticket = Scribe("gate-1", bytes(16)), sold_before[0]
        pen.write(PassageKind.TAKEN, ticket=replace(ticket, serial=40).id)
        pen.write(PassageKind.DENIED, ticket=replace(ticket, serial=41).id, reason=7)
        pen.write(PassageKind.DENIED, ticket=ticket_id(900), reason=3)  # under nobody's key
        ingest(connection, [(pen.gate, pen.batch())], calendar, NOON)
    return park


def test_serials_that_gates_have_seen_are_not_sold_again(behind: Centre) -> None:
    with behind.store.read() as connection:
        assert recovery.serials(connection) == SerialGap(5, 41)
    ahead = acts.look_ahead(behind).serials
    assert (ahead.ours, ahead.theirs, ahead.reserved) == (5, 41, 0)
    last = 41 + acts.SPARE_SERIALS
    assert acts.go_on(behind, ADMINISTRATOR).serials == SerialGap(5, 41, last)
    [handed] = tickets.issue(behind, ADMINISTRATOR, tickets.SaleRequest(product="adult"))
    assert handed.ticket.serial == last + 1
    with behind.store.read() as connection:
        newest = versions.newest(connection)
        assert newest is not None
        assert newest.count == last, "gates take a ticket that was sold before the restore"
        sellers = sold_list.Sellers(connection)
        assert [sellers.of(at) for at in (5, 6, last, last + 1)] == [
            "", sold_list.RESERVED, sold_list.RESERVED, "zhang",
        ]  # fmt: skip


def test_only_what_is_new_is_reserved_again(behind: Centre) -> None:
    acts.go_on(behind, ADMINISTRATOR)
    assert acts.go_on(behind, ADMINISTRATOR, again=True).serials.reserved == 0
    with behind.store.write() as connection:
        ours = sold.find(connection, 5).ticket
        pen = Scribe("gate-1", b"another journal!")
        pen.write(PassageKind.TAKEN, ticket=replace(ours, serial=5000).id)
        ingest(connection, [(pen.gate, pen.batch())], behind.calendar, NOON)
    again = acts.go_on(behind, ADMINISTRATOR, again=True).serials
    assert again.reserved == 5000 + acts.SPARE_SERIALS


def test_a_gate_that_lies_uses_no_serials_up(behind: Centre) -> None:
    with behind.store.write() as connection:
        ours = sold.find(connection, 5).ticket
        pen = Scribe("gate-1", b"another journal!")
        pen.write(PassageKind.TAKEN, ticket=replace(ours, serial=(1 << 32) - 1).id)
        ingest(connection, [(pen.gate, pen.batch())], behind.calendar, NOON)
    gap = acts.go_on(behind, ADMINISTRATOR).serials
    assert (gap.believable, gap.reserved) == (False, 0)
    [handed] = tickets.issue(behind, ADMINISTRATOR, tickets.SaleRequest(product="adult"))
    assert handed.ticket.serial == 6


# --- the command --------------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a park whose one gate has list 9, where the centre has 1."""
    folder = tmp_path / "data"
    run(folder, "init", *SHORT)
    run(folder, "station", "add", "north")
    run(folder, "list", "make")
    with centre.opened(folder) as park:
        with park.store.write() as connection:
            gates.add_gate(connection, "gate-1", "north", bytes(32), NOON)
        report(park.store, "gate-1", main=9, keys=1)
    return folder


def version(data: Path) -> int:
    return int(json.loads(run(data, "list", "show", "--json"))["version"])


def test_a_dry_run_changes_nothing(data: Path) -> None:
    output = run(data, "restored", "--dry-run")
    assert output.splitlines()[0] == "list main: the centre has 1, gates have up to 9 (gate-1)"
    assert version(data) == 1


def test_restored_asks_first(data: Path) -> None:
    done = attempt(data, "restored")
    assert done.exit_code == 1
    assert "list main: the centre has 1, gates have up to 9 (gate-1)" in done.output
    assert "pass --yes" in done.output
    assert version(data) == 1


def test_restored(data: Path) -> None:
    output = run(data, "restored", "--yes").splitlines()
    assert output == [
        "list main: the centre has 1, gates have up to 9 (gate-1); the next is 10009",
        "rule book: the centre has 0",
        "key set: the centre has 1, gates have up to 1 (gate-1)",
        "tickets: the centre has sold 0",
        "news: every gate hears all of them again",
        "not heard for five minutes: gate-1; when they are back: `fleet-manager restored --again`",
    ]
    assert version(data) == 10_009


def test_restored_again_changes_only_what_a_gate_is_ahead_of(data: Path) -> None:
    run(data, "restored", "--yes")
    output = run(data, "restored", "--again", "--yes").splitlines()
    assert output[0] == "list main: the centre has 10009, gates have up to 9 (gate-1)"
    assert not any("news" in line for line in output)
    assert version(data) == 10_009
    with centre.opened(data) as park:
        report(park.store, "gate-1", main=20_000, rules_version=4)
        with park.store.read() as connection:
            base = read_meta(connection, BASE)
    output = run(data, "restored", "--again", "--yes").splitlines()
    assert output[:2] == [
        "list main: the centre has 10009, gates have up to 20000 (gate-1); the next is 30000",
        "rule book: the centre has 0, gates have up to 4 (gate-1); the next is 10004",
    ]
    assert version(data) == 30_000
    with centre.opened(data) as park, park.store.read() as connection:
        assert read_meta(connection, BASE) == base == JUMP


def test_what_is_left_to_do_by_hand(data: Path) -> None:
    with centre.opened(data) as park:
        report(park.store, "gate-1", main=9, keys=3)
    outcome = attempt(data, "restored", "--yes")
    assert outcome.exit_code == 1
    assert "gates have up to 3 (gate-1): publish the newest again" in outcome.output
    with centre.opened(data) as park:
        report(park.store, "gate-1", main=2 + 2 * MOST_AHEAD, keys=1)
    outcome = attempt(data, "restored", "--yes")
    assert outcome.exit_code == 1
    assert "not believed, look at gate-1" in outcome.output
    assert version(data) == 9 + 2 * AHEAD
