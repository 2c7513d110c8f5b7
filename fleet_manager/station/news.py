"""News: what the gates of a station tell each other through the centre, numbered as it commits.

No passage is written down twice: the table keeps which records of which journal are news. Gates
hear of new ones at once; one that missed some asks from its own number on.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select, text, update

from fleet_manager.database import store, tables, tables_station
from gate_agent.validator.messages.notes import FORGIVEN, IN, MAX_NEWS, OUT, News, NewsRequest
from gate_agent.validator.messages.short_news import MOST_PERSONS, ShortNews
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind, decode

BY_CENTRE = 0
"""The journal number of what the centre itself has forgiven."""
JUST_NOW_MS = 2000
KEPT_MS = 40 * 86_400_000
"""Longer than most tickets are good for. A gate that was away for longer begins here."""
BASE = "news base"
"""In `meta`: numbers up to here are from before a restore."""


class NewsItem(NamedTuple):
    """One piece of news: `what` is IN, OUT or FORGIVEN."""

    ticket: bytes
    what: int
    persons: int
    wall_ms: int
    sure: bool = False


def item_of(passage: Passage) -> NewsItem | None:
    """What a passage is to the other gates; None for nothing."""
    if passage.ticket is None:
        return None
    kind = passage.kind
    if kind is PassageKind.TAKEN:
        what = OUT if passage.direction is Direction.OUT else IN
    elif kind is PassageKind.UNRESOLVED and passage.direction is Direction.IN:
        what = IN
    elif kind is PassageKind.FORGIVEN:
        what = FORGIVEN
    else:
        return None
    sure = passage.clock is ClockState.TRUSTED
    return NewsItem(passage.ticket, what, passage.persons, passage.wall_ms, sure)


class Written(NamedTuple):
    """News that were numbered from `after`, exclusive, on; `gate` has them already."""

    station: str
    gate: str
    after: int
    items: Sequence[NewsItem]


def write(
    connection: Connection,
    journal: int,
    gate: str,
    seqs: tuple[int, int],
    items: Sequence[NewsItem],
    now_ms: int,
) -> Written:
    """Number what is news among the records from `seqs[0]` to `seqs[1]` of a gate's journal."""
    [(station, head)] = store.run(connection, _COUNT_UP, {"of": gate, "more": len(items)})
    written = Written(station, gate, head - len(items), items)
    return _keep(connection, written, journal, seqs, now_ms)


def forgive(
    connection: Connection, ticket: bytes, persons: int, by: str, why: str, now_ms: int
) -> None:
    """Let a ticket off anti-passback, as if `persons` had gone out; the gates of every station
    hear of it."""
    values = {"ticket": ticket, "persons": persons, "at_ms": now_ms, "by": by, "why": why}
    result = connection.execute(insert(tables_station.forgiven).values(values))
    assert result.inserted_primary_key is not None
    no = int(result.inserted_primary_key[0])
    items = [NewsItem(ticket, FORGIVEN, persons, now_ms)]
    for row in connection.execute(_COUNT_ALL).all():
        _keep(connection, Written(row.id, "", row.news - 1, items), BY_CENTRE, (no, no), now_ms)


def _keep(
    connection: Connection, written: Written, journal: int, seqs: tuple[int, int], now_ms: int
) -> Written:
    first, last = written.after + 1, written.after + len(written.items)
    store.run(
        connection,
        _INSERT,
        {
            "station": written.station, "first": first, "last": last, "journal": journal,
            "first_seq": seqs[0], "last_seq": seqs[1], "at_ms": now_ms,
        },
    )  # fmt: skip
    return written


def tell(written: Written, gates: Iterable[str], now_ms: int) -> list[tuple[str, News | ShortNews]]:
    """What to send to the gates of the station: a short note for what happened just now."""
    at, head = written.after, written.after + len(written.items)
    its_own: list[News | ShortNews] = [News(0, at, head, head, ())]
    others: list[News | ShortNews] = []
    for part in _parts(written.items, now_ms):
        if isinstance(part, NewsItem):
            others.append(ShortNews(at + 1, part.ticket, part.what == OUT, part.persons))
            at += 1
        else:
            entries = tuple((one.ticket, one.what, one.persons, one.wall_ms) for one in part)
            others.append(News(0, at, at + len(part), at + len(part), entries))
            at += len(part)
    return [(gate, one) for gate in gates for one in (its_own if gate == written.gate else others)]


def _parts(items: Sequence[NewsItem], now_ms: int) -> list[NewsItem | list[NewsItem]]:
    """Single ones that are short, and runs of at most MAX_NEWS that are not."""
    parts: list[NewsItem | list[NewsItem]] = []
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


def since(connection: Connection, gate: str, asked: NewsRequest) -> News:
    """What a gate has missed: at most MAX_NEWS pieces, so that it may have to ask again. A gate
    that knows of more than there is, or goes by numbers of before a restore, begins anew."""
    [(station, head)] = store.run(connection, _HEAD, {"of": gate})
    base = store.read_meta(connection, BASE) or 0
    if asked.number > head or 0 < asked.number <= base:
        return News(asked.nonce, 0, 0, 0, ())
    if asked.number == head:
        return News(asked.nonce, head, head, head, ())
    entries: list[tuple[bytes, int, int, int]] = []
    at = asked.number
    missed = {"station": station, "number": asked.number}
    spans = store.run(connection, _SPANS, missed)
    for first, journal, first_seq, last_seq, by in spans:
        if first > at + 1:
            at = first - 1  # what was before is not kept any more
        skip = at + 1 - first
        mine = by == gate
        for item in _items(connection, journal, first_seq, last_seq)[skip:]:
            if len(entries) >= MAX_NEWS:
                return News(asked.nonce, asked.number, at, head, tuple(entries))
            at += 1
            if not mine:
                entries.append((item.ticket, item.what, item.persons, item.wall_ms))
    if len(spans) < MAX_NEWS:
        at = head  # what is not among them is not kept any more
    return News(asked.nonce, asked.number, at, head, tuple(entries))


def forget_old(connection: Connection, now_ms: int) -> None:
    """What is older than KEPT_MS."""
    store.run(connection, _OLD, {"before": now_ms - KEPT_MS})


def heads(connection: Connection) -> dict[str, int]:
    """The newest number of each station."""
    return dict(store.run(connection, _HEADS, {}))


def gates_by_station(connection: Connection) -> dict[str, list[str]]:
    """The gates of each station that has any."""
    found: dict[str, list[str]] = defaultdict(list)
    for station, gate in store.run(connection, _GATES, {}):
        found[station].append(gate)
    return found


def _items(connection: Connection, journal: int, first: int, last: int) -> list[NewsItem]:
    span = {"journal": journal, "first": first, "last": last}
    if journal == BY_CENTRE:
        return [
            NewsItem(row.ticket, FORGIVEN, row.persons, row.at_ms)
            for row in connection.execute(_FORGIVEN, span)
        ]
    records = store.run(connection, _RECORDS, span)
    return [item for (record,) in records if (item := item_of(decode(record))) is not None]


# Made once: making a statement costs more than running it.
_NEWS, _PASSAGE = tables_station.news.c, tables.passage.c
_GATE, _STATION = tables.gate.c, tables.station.c
_ITS = select(_GATE.station).where(_GATE.id == bindparam("of")).scalar_subquery()
_COUNT_UP = (
    update(tables.station)
    .where(_STATION.id == _ITS)
    .values(news=_STATION.news + bindparam("more"))
    .returning(_STATION.id, _STATION.news)
)
_COUNT_ALL = (
    update(tables.station).values(news=_STATION.news + 1).returning(_STATION.id, _STATION.news)
)
_GATES = select(_GATE.station, _GATE.id).where(_GATE.retired_ms.is_(None))
_HEADS = select(_STATION.id, _STATION.news)
_HEAD = _HEADS.where(_STATION.id == _ITS)
_INSERT = insert(tables_station.news).values(
    {column.name: bindparam(column.name) for column in _NEWS}
)
_EARLIER = tables_station.news.alias("earlier").c
_AT = (
    select(func.max(_EARLIER.first))
    .where(_EARLIER.station == bindparam("station"), _EARLIER.first <= bindparam("number") + 1)
    .scalar_subquery()
)
_SPANS = (
    select(_NEWS.first, _NEWS.journal, _NEWS.first_seq, _NEWS.last_seq, tables.journal.c.gate)
    .outerjoin(tables.journal, tables.journal.c.no == _NEWS.journal)
    .where(
        _NEWS.station == bindparam("station"),
        _NEWS.first >= func.coalesce(_AT, 0),  # the one that holds the number, by the key
        _NEWS.last > bindparam("number"),
    )
    .order_by(_NEWS.first)
    .limit(MAX_NEWS)
)
_RECORDS = (
    select(_PASSAGE.record)
    .where(
        _PASSAGE.journal == bindparam("journal"),
        _PASSAGE.seq.between(bindparam("first"), bindparam("last")),
        text("kind IN (3, 8, 10)"),  # taken, unresolved, forgiven
    )
    .order_by(_PASSAGE.seq)
)
_FORGIVEN = (
    select(tables_station.forgiven)
    .where(tables_station.forgiven.c.no.between(bindparam("first"), bindparam("last")))
    .order_by(tables_station.forgiven.c.no)
)
_OLD = delete(tables_station.news).where(_NEWS.at_ms < bindparam("before"))
