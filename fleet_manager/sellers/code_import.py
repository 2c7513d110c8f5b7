"""Taking in a seller's table: all of it or nothing, and the same table again changes nothing.

Rows are read and checked into a table of the connection's own, which holds up nobody; only the last
step, which compares it with the codes that are there, is a writing transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    Executable,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from fleet_manager.database import store, tables
from fleet_manager.errors import CentreError
from fleet_manager.sellers import sellers
from fleet_manager.sellers.csv_table import CsvRow, Mistake
from gate_agent.validator.lists.code_head import MAX_KINDS, CodeKind
from gate_agent.validator.lists.manifest import MAX_CODES
from gate_agent.validator.lists.ticket_list import TicketStatus

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
class ImportResult:
    """`mistakes`: at most MAX_MISTAKES of them; if there are any, nothing was changed."""

    rows: int
    new: int
    changed: int
    taken_away: int
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True, slots=True)
class StagedCodes:
    """Rows that lie in a temporary table of the connection. `known`: how many kinds the series
    had; `fresh`: kinds that are new. If there are mistakes, nothing lies there."""

    series: str
    rows: int
    known: int
    fresh: tuple[CodeKind, ...]
    mistakes: tuple[Mistake, ...]

    def refused(self) -> ImportResult:
        """Return the result of an import with mistakes."""
        return ImportResult(self.rows, 0, 0, 0, self.mistakes)


def stage(connection: Connection, series: str, found: Iterable[CsvRow | Mistake]) -> StagedCodes:
    """Write rows into a temporary table, reading `found` once; look for what is wrong with them.

    It may take minutes and holds up nobody: `merge` on the same connection does the rest.
    """
    known = sellers.kinds(connection, series)
    rows, fresh, mistakes = _stage(connection, known, found)
    if mistakes:
        _INCOMING.drop(connection)
    return StagedCodes(series, rows, len(known), tuple(fresh), tuple(mistakes))


def merge(
    connection: Connection, staged: StagedCodes, *, complete: bool = False, dry_run: bool = False
) -> ImportResult:
    """Put staged rows into the series. `complete`: codes that are not among them are taken away.

    Raises CentreError if another import was faster, or the series takes no codes in any more.
    """
    if sellers.find_series(connection, staged.series).retired_ms is not None:
        raise CentreError(
            f"cannot import codes of series {staged.series}: it is retired",
            f"take them in again with `fleet-manager list retire {staged.series} --undo`",
        )
    if len(sellers.kinds(connection, staged.series)) != staged.known:
        raise CentreError("cannot import: another import was faster", "do it again")
    outcome = _compare(connection, staged.series, staged.rows, complete=complete)
    if not dry_run and outcome.new + outcome.changed + outcome.taken_away:
        sellers.add_kinds(connection, staged.series, staged.known, staged.fresh)
        _merge(connection, staged.series, complete=complete)
    _INCOMING.drop(connection)
    return outcome


def _stage(
    connection: Connection, known: list[CodeKind], found: Iterable[CsvRow | Mistake]
) -> tuple[int, list[CodeKind], list[Mistake]]:
    """Rows, kinds that are new, mistakes."""
    _INCOMING.drop(connection, checkfirst=True)
    _INCOMING.create(connection)
    numbers = {kind: number for number, kind in enumerate(known)}
    mistakes: list[Mistake] = []
    rows = 0
    left = iter(found)
    while some := list(islice(left, STEP_ROWS)):
        mistakes += [row for row in some if isinstance(row, Mistake)]
        ready = [
            _incoming(row, numbers.setdefault(row.kind, len(numbers)))
            for row in some
            if isinstance(row, CsvRow)
        ]
        rows += len(ready)
        if len(mistakes) >= MAX_MISTAKES or rows > MAX_CODES:
            break
        store.insert_rows(connection, _INCOMING, ready)
    fresh = list(numbers)[len(known) :]
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


def _incoming(row: CsvRow, number: int) -> store.Row:
    status = None if row.status is None else int(row.status)
    return row.digest, row.line, number, status, row.tag


def _repeated(connection: Connection) -> list[Mistake]:
    return [
        Mistake(last, "code", f"stands in line {first} as well")
        for first, last in store.run(connection, _TWICE, {"most": MAX_MISTAKES})
    ]


def _compare(connection: Connection, series: str, rows: int, *, complete: bool) -> ImportResult:
    def number(of: Executable) -> int:
        [(count,)] = store.run(connection, of, {"of": series})
        return int(count)

    gone = number(_GONE_NUMBER) if complete else 0
    return ImportResult(rows, rows - number(_THERE), number(_CHANGED), gone, ())


def _merge(connection: Connection, series: str, *, complete: bool) -> None:
    values = {"of": series, "now": sellers.touch(connection, series)}
    for statement in (_TAKE_AWAY, _CHANGE, _ADD) if complete else (_CHANGE, _ADD):
        store.run(connection, statement, values)


# Made once: making a statement costs more than running it on a small table.
_CODE, _ROW = tables.code.c, _INCOMING.c
_OF: BindParameter[str] = bindparam("of")
_NOW: BindParameter[int] = bindparam("now")
_MINE = and_(_CODE.series == _OF, _CODE.digest == _ROW.digest)
_BEFORE = case((_CODE.status == 0, int(TicketStatus.VALID)), else_=_CODE.status)
_STATUS = func.coalesce(_ROW.status, _BEFORE)
"""What the row says; else what it was; and valid if it was taken away."""
_DIFFERS = or_(
    _CODE.kind != _ROW.kind, _CODE.tag.is_distinct_from(_ROW.tag), _CODE.status != _STATUS
)
_GONE = and_(_CODE.series == _OF, _CODE.status != 0, ~exists().where(_ROW.digest == _CODE.digest))
_TWICE = (
    select(func.min(_ROW.line), func.max(_ROW.line))
    .group_by(_ROW.digest)
    .having(func.count() > 1)
    .order_by(func.max(_ROW.line))
    .limit(bindparam("most"))
)
_THERE = select(func.count()).select_from(tables.code.join(_INCOMING, _MINE))
_CHANGED = _THERE.where(_DIFFERS)
_GONE_NUMBER = select(func.count()).where(_GONE)
_TAKE_AWAY = update(tables.code).where(_GONE).values(status=0, change=_NOW)
_CHANGE = (
    update(tables.code)
    .where(_MINE, _DIFFERS)
    .values(kind=_ROW.kind, status=_STATUS, tag=_ROW.tag, change=_NOW)
)
_ADD = insert(tables.code).from_select(
    tables.code.columns.keys(),
    select(
        _OF,
        _ROW.digest,
        _ROW.kind,
        func.coalesce(_ROW.status, int(TicketStatus.VALID)),
        _ROW.tag,
        _NOW,
    ).where(~exists().where(_MINE)),
)
