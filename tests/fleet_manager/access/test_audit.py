"""The audit: lines in order, a chain that shows every change."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import delete, update

from fleet_manager.access import audit
from fleet_manager.access.actor import Actor, Role, Via
from fleet_manager.access.audit import Filter, Result
from fleet_manager.access.rights import Act
from fleet_manager.database.store import Store, put_row
from fleet_manager.database.tables import meta
from fleet_manager.database.tables_access import audit as table

ZHANG = Actor("zhang", Role.ADMINISTRATOR, Via.COMMAND, "front-desk pts/3")
LI = Actor("李", Role.CASHIER, Via.PAGE, "10.0.0.7")


@pytest.fixture
def written(store: Store) -> Store:
    """A store with five lines."""
    for number in range(1, 6):
        with store.write() as connection:
            audit.append(
                connection,
                ZHANG if number % 2 else LI,
                Act.TICKET_VOID if number < 4 else Act.RULES_SET,
                f"ticket {number}",
                1000 * number,
                result=Result.DONE if number != 3 else Result.REFUSED,
                before={"status": "valid"},
                after={"status": "void"},
                reason="退票",
            )
    return store


def verified(database: Store, head: bytes | None = None) -> audit.Verification:
    with database.read() as connection:
        return audit.verify(connection, head=head)


def listed(database: Store, wanted: Filter) -> list[int]:
    with database.read() as connection:
        return [line.number for line in audit.lines(connection, wanted)]


def test_an_empty_audit_is_whole(store: Store) -> None:
    assert verified(store) == audit.Verification(0, audit.GENESIS)


def test_lines_are_numbered_without_holes_and_keep_what_was_said(written: Store) -> None:
    with written.read() as connection:
        lines = audit.lines(connection, Filter())
    assert [line.number for line in lines] == [1, 2, 3, 4, 5]
    assert (lines[1].actor, lines[1].via, lines[1].origin) == ("李", "page", "10.0.0.7")
    assert json.loads(lines[0].before or "") == {"status": "valid"}
    assert lines[0].reason == "退票"
    assert verified(written).lines == 5
    assert not verified(written).fault


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Filter(actor="zhang"), [1, 3, 5]),
        (Filter(act="ticket"), [1, 2, 3]),
        (Filter(act="ticket.void", object="ticket 2"), [2]),
        (Filter(result="refused"), [3]),
        (Filter(since_ms=2000, until_ms=4000), [2, 3]),
        (Filter(last=2), [4, 5]),
        (Filter(object="%"), []),
        (Filter(whole_object="ticket 2"), [2]),
        (Filter(whole_object="ticket"), []),
    ],
)
def test_lines_are_found_by_what_they_say(
    written: Store, wanted: Filter, numbers: list[int]
) -> None:
    assert listed(written, wanted) == numbers


def _change(number: int, **values: object) -> Callable[[Store], None]:
    def act(database: Store) -> None:
        with database.write() as connection:
            connection.execute(update(table).where(table.c.number == number).values(**values))

    return act


def _cut(*numbers: int) -> Callable[[Store], None]:
    def act(database: Store) -> None:
        with database.write() as connection:
            connection.execute(delete(table).where(table.c.number.in_(numbers)))

    return act


@pytest.mark.parametrize(
    ("act", "fault"),
    [
        (_change(2, actor="wang"), "line 2 was changed"),
        (_change(4, after='{"fresh":"1h"}'), "line 4 was changed"),
        (_change(5, result="refused"), "line 5 was changed"),
        (_change(1, at_ms=999), "line 1 was changed"),
        (_change(3, hash=bytes(32)), "line 3 was changed"),
        (_cut(3), "line 3 is missing"),
        (_cut(1), "line 1 is missing"),
        (_cut(4, 5), "2 lines are cut off at the end"),
    ],
)
def test_a_line_that_was_changed_taken_out_or_cut_off_is_found(
    written: Store, act: Callable[[Store], None], fault: str
) -> None:
    act(written)
    assert verified(written).fault == fault


def test_a_noted_hash_finds_an_audit_that_was_written_anew(written: Store) -> None:
    noted = verified(written).head
    with written.write() as connection:
        audit.append(connection, ZHANG, Act.RULES_SET, "rules of default", 6000)
    assert not verified(written, noted).fault
    _cut(1, 2, 3, 4, 5, 6)(written)
    with written.write() as connection:
        put_row(connection, meta, {"name": audit.COUNTER, "value": 0})
    for number in range(6):
        with written.write() as connection:
            audit.append(connection, ZHANG, Act.RULES_SET, "rules of default", number)
    assert not verified(written).fault
    assert "replaced" in verified(written, noted).fault


def test_long_texts_are_shortened_and_stay_verifiable(store: Store) -> None:
    with store.write() as connection:
        audit.append(connection, ZHANG, Act.TICKET_VOID, "票" * 1000, 1, reason="why " * 1000)
    with store.read() as connection:
        [line] = audit.lines(connection, Filter())
    assert len(line.object) == audit.MAX_OBJECT_CHARS
    assert len(line.reason) == audit.MAX_REASON_CHARS
    assert not verified(store).fault
