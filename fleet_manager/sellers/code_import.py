"""Taking in a seller's table: all of it or nothing, and the same table again changes nothing.

Rows are read and checked into a table of the connection's own, which holds up nobody; only the last
step, which compares it with the codes that are there, is a writing transaction.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType

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
from fleet_manager.wording import counted
from gate_agent.validator.lists.code_head import MAX_KINDS, CodeKind
from gate_agent.validator.lists.manifest import MAX_CODES
from gate_agent.validator.lists.ticket_list import TicketStatus

MAX_MISTAKES = 100
STEP_ROWS = 20_000
QUIETLY_TAKEN_PERCENT = 10
"""Of a series: a complete table may take so much away without a question."""
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
    """What an import did, or would do. `mistakes`: at most MAX_MISTAKES of them; if there are any,
    nothing was changed. `before`: codes that the series had."""

    rows: int
    new: int
    changed: int
    taken_away: int
    mistakes: tuple[Mistake, ...]
    before: int = field(default=0, compare=False)

    @property
    def takes_much(self) -> bool:
        """Return whether so much is taken away that a person must agree to it."""
        return self.taken_away > self.before * QUIETLY_TAKEN_PERCENT / 100


class TooMuchTaken(CentreError):
    """A complete table would take away more codes than was agreed to. `result`: the numbers."""

    def __init__(self, result: ImportResult) -> None:
        super().__init__(
            f"cannot import: {result.taken_away} of {counted(result.before, 'code')} of the series "
            f"would be taken away, because the table has {counted(result.rows, 'code')} and they "
            "are not among them; nothing was changed",
            "is the table whole? If it is, pass --yes; --dry-run shows the numbers",
        )
        self.result = result


@dataclass(frozen=True, slots=True)
class StagedCodes:
    """Rows that lie in a temporary table of the connection. `kinds_before`: how many kinds the
    series had; `new_kinds`: those that it did not have. If there are mistakes, nothing lies
    there."""

    series: str
    rows: int
    kinds_before: int
    new_kinds: tuple[CodeKind, ...]
    mistakes: tuple[Mistake, ...]

    def refused(self) -> ImportResult:
        """Return the result of an import with mistakes."""
        return ImportResult(self.rows, 0, 0, 0, self.mistakes)


def stage(
    connection: Connection,
    series: str,
    rows: Iterable[CsvRow | Mistake],
    retired: Mapping[int, str] = MappingProxyType({}),
) -> StagedCodes:
    """Write rows into a temporary table, reading `rows` once; look for what is wrong with them.

    `retired`: codes of products, by id, of which the series may have no new codes. It may take
    minutes and holds up nobody: `merge` on the same connection does the rest.
    """
    kinds = sellers.kinds(connection, series)
    count, new_kinds, mistakes = _stage(connection, kinds, rows)
    if not mistakes:
        mistakes = _of_retired(connection, series, [*kinds, *new_kinds], retired)
    if mistakes:
        _INCOMING.drop(connection)
    return StagedCodes(series, count, len(kinds), tuple(new_kinds), tuple(mistakes))


def merge(
    connection: Connection,
    staged: StagedCodes,
    *,
    complete: bool = False,
    dry_run: bool = False,
    agreed: int | None = None,
) -> ImportResult:
    """Put staged rows into the series, and return what that changes.

    `complete`: codes that are not among the rows are taken away, but more than
    QUIETLY_TAKEN_PERCENT of the series only up to `agreed` of them. Raises CentreError if another
    import was faster or a complete table has no row, TooMuchTaken for more than was agreed to.
    """
    if sellers.find_series(connection, staged.series).retired_ms is not None:
        raise CentreError(
            f"cannot import codes of series {staged.series}: it is retired",
            f"take them in again with `fleet-manager list retire {staged.series} --undo`",
        )
    if len(sellers.kinds(connection, staged.series)) != staged.kinds_before:
        raise CentreError("cannot import: another import was faster", "do it again")
    result = _compare(connection, staged.series, staged.rows, complete=complete)
    if complete and not staged.rows:
        raise CentreError(
            "cannot import a table without a row as complete: "
            f"{counted(result.before, 'code')} would be taken away; nothing was changed",
            "is the table whole? Codes are refused one by one with `fleet-manager list void`",
        )
    if not dry_run and result.takes_much and result.taken_away > (agreed or 0):
        raise TooMuchTaken(result)
    if not dry_run and result.new + result.changed + result.taken_away:
        sellers.add_kinds(connection, staged.series, staged.kinds_before, staged.new_kinds)
        _merge(connection, staged.series, complete=complete)
    _INCOMING.drop(connection)
    return result


def _stage(
    connection: Connection, kinds: list[CodeKind], rows: Iterable[CsvRow | Mistake]
) -> tuple[int, list[CodeKind], list[Mistake]]:
    """Return (number of rows, kinds that are new, mistakes)."""
    _INCOMING.drop(connection, checkfirst=True)
    _INCOMING.create(connection)
    numbers = {kind: number for number, kind in enumerate(kinds)}
    mistakes: list[Mistake] = []
    count = 0
    rest = iter(rows)
    while step := list(islice(rest, STEP_ROWS)):
        ready: list[store.Row] = []
        for row in step:
            if isinstance(row, Mistake):
                mistakes.append(row)
                continue
            number = numbers.setdefault(row.kind, len(numbers))
            status = None if row.status is None else int(row.status)
            ready.append((row.digest, row.line, number, status, row.tag))
        count += len(ready)
        if len(mistakes) >= MAX_MISTAKES or count > MAX_CODES:
            break
        store.insert_rows(connection, _INCOMING, ready)
    if count > MAX_CODES:
        mistakes.append(Mistake(MAX_CODES + 2, "", f"is too much: at most {MAX_CODES} codes"))
    if len(numbers) > MAX_KINDS:
        much = f"at most {MAX_KINDS} different products, days and rules in one series"
        mistakes.append(Mistake(1, "", much))
    if not mistakes:
        # Made when the rows are there: that is three times as fast.
        connection.execute(text("CREATE INDEX incoming_digest ON incoming (digest)"))
        mistakes = _repeated(connection)
    return count, list(numbers)[len(kinds) :], mistakes[:MAX_MISTAKES]


def _repeated(connection: Connection) -> list[Mistake]:
    return [
        Mistake(last, "code", f"stands in line {first} as well")
        for first, last in store.run(connection, _TWICE, {"most": MAX_MISTAKES})
    ]


def _of_retired(
    connection: Connection, series: str, kinds: list[CodeKind], retired: Mapping[int, str]
) -> list[Mistake]:
    """Return the rows that are new codes of retired products. Those that the series has already may
    stand in its table: a seller sends the whole again."""
    over = {
        number: retired[kind.product]
        for number, kind in enumerate(kinds)
        if kind.product in retired
    }
    values = {"of": series, "kinds": list(over), "most": MAX_MISTAKES}
    return [
        Mistake(
            line,
            "product",
            f"is retired and gets no new codes: {over[kind]!r}; leave the line out, or bring it "
            f"back with `fleet-manager product retire {over[kind]} --undo`",
        )
        for line, kind in (connection.execute(_NEW_OF_KINDS, values) if over else ())
    ]


def _compare(connection: Connection, series: str, rows: int, *, complete: bool) -> ImportResult:
    def number(query: Executable) -> int:
        [(count,)] = store.run(connection, query, {"of": series})
        return int(count)

    taken_away = number(_GONE_NUMBER) if complete else 0
    new = rows - number(_THERE)
    return ImportResult(rows, new, number(_CHANGED), taken_away, (), number(_BEFORE_NUMBER))


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
"""The status that the row names; else the one it had; valid if it was taken away."""
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
_KINDS: BindParameter[list[int]] = bindparam("kinds", expanding=True)
_NEW_OF_KINDS = (
    select(_ROW.line, _ROW.kind)
    .where(_ROW.kind.in_(_KINDS), ~exists().where(_MINE, _CODE.kind.in_(_KINDS)))
    .order_by(_ROW.line)
    .limit(bindparam("most"))
)
_THERE = select(func.count()).select_from(tables.code.join(_INCOMING, _MINE))
_CHANGED = _THERE.where(_DIFFERS)
_GONE_NUMBER = select(func.count()).where(_GONE)
_BEFORE_NUMBER = select(func.count()).where(_CODE.series == _OF, _CODE.status != 0)
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
