"""Taking in a seller's table: all of it or nothing, and the same table again changes nothing.

Rows are read and checked into a table of the connection's own, which holds up nobody; only the last
step, which compares it with the codes that are there, is a writing transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)

from fleet_manager import schema, sellers, store
from fleet_manager.errors import CentreError
from fleet_manager.seller_csv import Mistake, Row
from fleet_manager.store import Store
from gate_agent.validator.code_head import MAX_KINDS, CodeKind
from gate_agent.validator.manifest import MAX_CODES
from gate_agent.validator.ticket_list import Status

MAX_MISTAKES = 100
STEP_ROWS = 20_000
_INCOMING = Table(
    "incoming",
    MetaData(),
    Column("digest", LargeBinary(10), nullable=False),
    Column("line", Integer, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("status", SmallInteger),
    Column("tag", LargeBinary(4)),
    prefixes=["TEMPORARY"],
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`mistakes`: at most MAX_MISTAKES of them; if there are any, nothing was changed."""

    rows: int
    new: int
    changed: int
    taken_away: int
    mistakes: tuple[Mistake, ...]


def take_in(
    database: Store,
    series: str,
    found: Iterable[Row | Mistake],
    *,
    complete: bool = False,
    dry_run: bool = False,
) -> Outcome:
    """`found`: rows and mistakes, which are read once. `complete`: codes that are not in it are
    taken away. Raises CentreError."""
    with database.read() as connection:
        known = sellers.kinds(connection, series)
        rows, fresh, mistakes = _stage(connection, known, found)
    if mistakes:
        with database.read() as connection:
            _INCOMING.drop(connection)
        return Outcome(rows, 0, 0, 0, tuple(mistakes))
    with database.write() as connection:
        if len(sellers.kinds(connection, series)) != len(known):
            raise CentreError("cannot import: another import was faster", "do it again")
        outcome = _compare(connection, series, rows, complete=complete)
        if not dry_run and outcome.new + outcome.changed + outcome.taken_away:
            sellers.add_kinds(connection, series, len(known), fresh)
            _merge(connection, series, complete=complete)
        _INCOMING.drop(connection)
    return outcome


def _stage(
    connection: Connection, known: list[CodeKind], found: Iterable[Row | Mistake]
) -> tuple[int, list[CodeKind], list[Mistake]]:
    """Rows, kinds that are new, mistakes."""
    _INCOMING.drop(connection, checkfirst=True)
    _INCOMING.create(connection)
    numbers = {kind: number for number, kind in enumerate(known)}
    fresh: list[CodeKind] = []
    mistakes: list[Mistake] = []
    rows = 0
    left = iter(found)
    while some := list(islice(left, STEP_ROWS)):
        ready: list[store.Row] = []
        for one in some:
            if isinstance(one, Mistake):
                mistakes.append(one)
                continue
            number = numbers.get(one.kind)
            if number is None:
                number = numbers[one.kind] = len(numbers)
                fresh.append(one.kind)
            status = None if one.status is None else int(one.status)
            ready.append((one.digest, one.line, number, status, one.tag))
        rows += len(ready)
        if len(mistakes) >= MAX_MISTAKES or rows > MAX_CODES:
            break
        store.insert_rows(connection, _INCOMING, ready)
    if rows > MAX_CODES:
        mistakes.append(Mistake(MAX_CODES + 2, "", f"is too much: at most {MAX_CODES} codes"))
    if len(numbers) > MAX_KINDS:
        much = f"at most {MAX_KINDS} different products, days and rules in one series"
        mistakes.append(Mistake(1, "", much))
    if not mistakes:
        # Made when the rows are there: that is three times as fast.
        connection.execute(text("CREATE INDEX incoming_digest ON incoming (digest)"))
        mistakes = _repeated(connection)
    return rows, fresh, mistakes[:MAX_MISTAKES]


def _repeated(connection: Connection) -> list[Mistake]:
    row = _INCOMING.c
    query = (
        select(func.min(row.line), func.max(row.line))
        .group_by(row.digest)
        .having(func.count() > 1)
        .order_by(func.max(row.line))
        .limit(MAX_MISTAKES)
    )
    return [
        Mistake(last, "code", f"stands in line {first} as well")
        for first, last in connection.execute(query)
    ]


def _compare(connection: Connection, series: str, rows: int, *, complete: bool) -> Outcome:
    code, row = schema.code.c, _INCOMING.c
    joined = schema.code.join(_INCOMING, and_(code.series == series, code.digest == row.digest))
    there = connection.scalar(select(func.count()).select_from(joined)) or 0
    differs = select(func.count()).select_from(joined).where(_differs())
    changed = connection.scalar(differs) or 0
    gone = 0
    if complete:
        gone = connection.scalar(select(func.count()).where(*_gone(series))) or 0
    return Outcome(rows, rows - there, changed, gone, ())


def _differs() -> ColumnElement[bool]:
    code, row = schema.code.c, _INCOMING.c
    return or_(
        code.kind != row.kind,
        code.tag.is_distinct_from(row.tag),
        code.status != _status(),
    )


def _status() -> ColumnElement[int]:
    """What the row says; else what it was; and valid if it was taken away."""
    code, row = schema.code.c, _INCOMING.c
    before = case((code.status == 0, int(Status.VALID)), else_=code.status)
    return func.coalesce(row.status, before)


def _gone(series: str) -> tuple[ColumnElement[bool], ...]:
    code = schema.code.c
    listed = exists().where(_INCOMING.c.digest == code.digest)
    return code.series == series, code.status != 0, ~listed


def _merge(connection: Connection, series: str, *, complete: bool) -> None:
    change = sellers.touch(connection, series)
    code, row = schema.code.c, _INCOMING.c
    mine = and_(code.series == series, code.digest == row.digest)
    if complete:
        connection.execute(
            update(schema.code).where(*_gone(series)).values(status=0, change=change)
        )
    connection.execute(
        update(schema.code)
        .where(mine, _differs())
        .values(kind=row.kind, status=_status(), tag=row.tag, change=change)
    )
    known = exists().where(mine)
    fresh = select(
        literal(series),
        row.digest,
        row.kind,
        func.coalesce(row.status, int(Status.VALID)),
        row.tag,
        literal(change),
    ).where(~known)
    names = schema.code.columns.keys()
    connection.execute(insert(schema.code).from_select(names, fresh))
