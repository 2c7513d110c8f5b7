"""News: what the gates of a station tell each other through the centre, numbered as it commits.

No passage is written down twice: the table keeps which records of which journal are news. Gates
hear of new ones at once; one that missed some asks from its own number on.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from fleet_manager import exchange, schema
from gate_agent.validator.moment import ClockState
from gate_agent.validator.notes import FORGIVEN, IN, MAX_NEWS, OUT, News, Since
from gate_agent.validator.passage import Direction, Kind, Passage, decode
from gate_agent.validator.short_news import MOST_PERSONS, ShortNews

BY_CENTRE = 0
"""The journal number of what the centre itself has forgiven."""
JUST_NOW_MS = 2000
KEPT_MS = 40 * 86_400_000
"""Longer than most tickets are good for. A gate that was away for longer begins here."""


class Item(NamedTuple):
    """One piece of news: `what` is IN, OUT or FORGIVEN."""

    ticket: bytes
    what: int
    persons: int
    wall_ms: int
    sure: bool = False


def item_of(passage: Passage) -> Item | None:
    """What a passage is to the other gates; None for nothing."""
    if passage.ticket is None:
        return None
    kind = passage.kind
    if kind is Kind.TAKEN:
        what = OUT if passage.direction is Direction.OUT else IN
    elif kind is Kind.UNRESOLVED and passage.direction is Direction.IN:
        what = IN
    elif kind is Kind.FORGIVEN:
        what = FORGIVEN
    else:
        return None
    sure = passage.clock is ClockState.TRUSTED
    return Item(passage.ticket, what, passage.persons, passage.wall_ms, sure)


class Written(NamedTuple):
    """News that were numbered from `after`, exclusive, on; `gate` has them already."""

    station: str
    gate: str
    after: int
    items: Sequence[Item]


def write(
    connection: Connection,
    journal: int,
    gate: str,
    seqs: tuple[int, int],
    items: Sequence[Item],
    now_ms: int,
) -> Written:
    """Number what is news among the records from `seqs[0]` to `seqs[1]` of a gate's journal."""
    row = connection.execute(_COUNT_UP, {"of": gate, "more": len(items)}).one()
    return _keep(connection, Written(row.id, gate, row.news - len(items), items), journal, seqs,
                 now_ms)  # fmt: skip


def forgive(
    connection: Connection, ticket: bytes, persons: int, by: str, why: str, now_ms: int
) -> None:
    """Let a ticket off anti-passback, as if `persons` had gone out; the gates of every station
    hear of it."""
    values = {"ticket": ticket, "persons": persons, "at_ms": now_ms, "by": by, "why": why}
    result = connection.execute(insert(exchange.forgiven).values(values))
    assert result.inserted_primary_key is not None
    no = int(result.inserted_primary_key[0])
    items = [Item(ticket, FORGIVEN, persons, now_ms)]
    for row in connection.execute(_COUNT_ALL).all():
        _keep(connection, Written(row.id, "", row.news - 1, items), BY_CENTRE, (no, no), now_ms)


def _keep(
    connection: Connection, written: Written, journal: int, seqs: tuple[int, int], now_ms: int
) -> Written:
    first, last = written.after + 1, written.after + len(written.items)
    connection.execute(
        _INSERT,
        {
            "station": written.station, "first": first, "last": last, "journal": journal,
            "first_seq": seqs[0], "last_seq": seqs[1], "at_ms": now_ms,
        },
    )  # fmt: skip
    return written


def tell(written: Written, gates: Iterable[str], now_ms: int) -> list[tuple[str, News | ShortNews]]:
    """What to send to the gates of the station: a short note for what happened just now."""
    told: list[tuple[str, News | ShortNews]] = []
    for gate in gates:
        if gate == written.gate:
            upto = written.after + len(written.items)
            told.append((gate, News(0, written.after, upto, upto, ())))
            continue
        at = written.after
        for part in _parts(written.items, now_ms):
            if isinstance(part, Item):
                out = part.what == OUT
                told.append((gate, ShortNews(at + 1, part.ticket, out, part.persons)))
                at += 1
            else:
                entries = tuple((one.ticket, one.what, one.persons, one.wall_ms) for one in part)
                upto = at + len(part)
                told.append((gate, News(0, at, upto, upto, entries)))
                at = upto
    return told


def _parts(items: Sequence[Item], now_ms: int) -> list[Item | list[Item]]:
    """Single ones that are short, and runs of at most MAX_NEWS that are not."""
    parts: list[Item | list[Item]] = []
    for item in items:
        if (
            item.sure
            and item.what != FORGIVEN
            and 0 < item.persons <= MOST_PERSONS
            and abs(now_ms - item.wall_ms) <= JUST_NOW_MS
        ):
            parts.append(item)
        elif parts and isinstance(parts[-1], list) and len(parts[-1]) < MAX_NEWS:
            parts[-1].append(item)
        else:
            parts.append([item])
    return parts


def since(connection: Connection, gate: str, asked: Since) -> News:
    """What a gate has missed: at most MAX_NEWS pieces, so that it may have to ask again. A gate
    that knows of more than there is begins anew: this centre came back from a backup."""
    station, head = connection.execute(_HEAD, {"of": gate}).one()
    if asked.number > head:
        return News(asked.nonce, 0, 0, head, ())
    entries: list[tuple[bytes, int, int, int]] = []
    at = asked.number
    for span in connection.execute(_SPANS, {"station": station, "number": asked.number}):
        if span.first > at + 1:
            at = span.first - 1  # what was before is not kept any more
        skip = at + 1 - span.first
        mine = span.gate == gate
        for item in _items(connection, span.journal, span.first_seq, span.last_seq)[skip:]:
            if len(entries) >= MAX_NEWS:
                return News(asked.nonce, asked.number, at, head, tuple(entries))
            at += 1
            if not mine:
                entries.append((item.ticket, item.what, item.persons, item.wall_ms))
    return News(asked.nonce, asked.number, at, head, tuple(entries))


def forget_old(connection: Connection, now_ms: int) -> None:
    """What is older than KEPT_MS."""
    connection.execute(_OLD, {"before": now_ms - KEPT_MS})


def heads(connection: Connection) -> dict[str, int]:
    """The newest number of each station."""
    return {row.id: row.news for row in connection.execute(_HEADS)}


def gates_by_station(connection: Connection) -> dict[str, list[str]]:
    """The gates of each station that has any."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in connection.execute(select(schema.gate.c.station, schema.gate.c.id)):
        found[row.station].append(row.id)
    return found


def _items(connection: Connection, journal: int, first: int, last: int) -> list[Item]:
    span = {"journal": journal, "first": first, "last": last}
    if journal == BY_CENTRE:
        return [
            Item(row.ticket, FORGIVEN, row.persons, row.at_ms)
            for row in connection.execute(_FORGIVEN, span)
        ]
    records = connection.execute(_RECORDS, span).scalars()
    return [item for record in records if (item := item_of(decode(record))) is not None]


# Made once: making a statement costs more than running it.
_NEWS, _PASSAGE = exchange.news.c, schema.passage.c
_GATE, _STATION = schema.gate.c, schema.station.c
_ITS = select(_GATE.station).where(_GATE.id == bindparam("of")).scalar_subquery()
_COUNT_UP = (
    update(schema.station)
    .where(_STATION.id == _ITS)
    .values(news=_STATION.news + bindparam("more"))
    .returning(_STATION.id, _STATION.news)
)
_COUNT_ALL = (
    update(schema.station).values(news=_STATION.news + 1).returning(_STATION.id, _STATION.news)
)
_HEADS = select(_STATION.id, _STATION.news)
_HEAD = _HEADS.where(_STATION.id == _ITS)
_INSERT = insert(exchange.news)
_SPANS = (
    select(_NEWS.first, _NEWS.journal, _NEWS.first_seq, _NEWS.last_seq, schema.journal.c.gate)
    .outerjoin(schema.journal, schema.journal.c.no == _NEWS.journal)
    .where(_NEWS.station == bindparam("station"), _NEWS.last > bindparam("number"))
    .order_by(_NEWS.first)
    .limit(MAX_NEWS)
)
_RECORDS = (
    select(_PASSAGE.record)
    .where(
        _PASSAGE.journal == bindparam("journal"),
        _PASSAGE.seq.between(bindparam("first"), bindparam("last")),
        _PASSAGE.kind.in_([int(Kind.TAKEN), int(Kind.UNRESOLVED), int(Kind.FORGIVEN)]),
    )
    .order_by(_PASSAGE.seq)
)
_FORGIVEN = (
    select(exchange.forgiven)
    .where(exchange.forgiven.c.no.between(bindparam("first"), bindparam("last")))
    .order_by(exchange.forgiven.c.no)
)
_OLD = delete(exchange.news).where(_NEWS.at_ms < bindparam("before"))
