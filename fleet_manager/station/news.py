"""Number the news of a station: passages at one gate that its other gates must know.

Numbers are given in the order of commits. No passage is stored twice: the table says which records
of which journal are news. New items are sent to the gates at once; a gate that missed some requests
those after its own number.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select, text, update

from fleet_manager.database import store, tables, tables_station
from fleet_manager.passages import closed_days
from gate_agent.validator.messages.notes import FORGIVEN, IN, MAX_NEWS, OUT, News, NewsRequest
from gate_agent.validator.messages.short_news import MOST_PERSONS, ShortNews
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind, decode

BY_CENTRE = 0
"""Journal number, in the table `news`, of exemptions by staff at the centre."""
JUST_NOW_MS = 2000
"""A passage that is at most so old is sent as a short note, which has no time in it."""
KEPT_MS = 40 * 86_400_000
"""Longer than most tickets are valid. A gate that was away for longer gets what is left."""
BASE = "news base"
"""Row of `meta`: numbers up to its value are from before a restore."""


_Entry = tuple[bytes, int, int, int]
"""Of `News`: ticket, what, persons, UTC ms."""


class NewsItem(NamedTuple):
    """A piece of news. `ticket`: its id, 8 bytes. `what`: IN, OUT or FORGIVEN. `sure`: the gate's
    clock was trusted."""

    ticket: bytes
    what: int
    persons: int
    wall_ms: int
    sure: bool = False


def news_item(passage: Passage) -> NewsItem | None:
    """Return what other gates must know of a passage; None for nothing."""
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


class NumberedNews(NamedTuple):
    """News of a station, numbered from `after` + 1 on. `gate`: the gate that they come from and
    that has them already; '' for the centre."""

    station: str
    gate: str
    after: int
    items: Sequence[NewsItem]


def number(
    connection: Connection,
    journal: int,
    gate: str,
    seqs: tuple[int, int],
    items: Sequence[NewsItem],
    now_ms: int,
) -> NumberedNews:
    """Number the `items` of the records from `seqs[0]` to `seqs[1]` of a gate's journal.

    `journal`: its number in the database. Call it in the transaction that stores the records.
    """
    [(station, head)] = store.run(connection, _COUNT_UP, {"of": gate, "more": len(items)})
    numbered = NumberedNews(station, gate, head - len(items), items)
    _insert(connection, numbered, journal, seqs, now_ms)
    return numbered


def forgive(
    connection: Connection, ticket: bytes, persons: int, by: str, why: str, now_ms: int
) -> None:
    """Exempt a ticket from anti-passback, as if `persons` had gone out, and make it news for the
    gates of every station.

    `by`: who decided it. `why`: in their words.
    """
    values = {"ticket": ticket, "persons": persons, "at_ms": now_ms, "by": by, "why": why}
    result = connection.execute(insert(tables_station.forgiven).values(values))
    assert result.inserted_primary_key is not None
    no = int(result.inserted_primary_key[0])
    closed_days.reopen(connection, ticket, 0)  # the clock may have been set back
    items = [NewsItem(ticket, FORGIVEN, persons, now_ms)]
    for row in connection.execute(_COUNT_ALL).all():
        numbered = NumberedNews(row.id, "", row.news - 1, items)
        _insert(connection, numbered, BY_CENTRE, (no, no), now_ms)


def _insert(
    connection: Connection,
    numbered: NumberedNews,
    journal: int,
    seqs: tuple[int, int],
    now_ms: int,
) -> None:
    values = {
        "station": numbered.station,
        "first": numbered.after + 1,
        "last": numbered.after + len(numbered.items),
        "journal": journal,
        "first_seq": seqs[0],
        "last_seq": seqs[1],
        "at_ms": now_ms,
    }
    store.run(connection, _INSERT, values)


def to_notes(
    numbered: NumberedNews, gates: Iterable[str], now_ms: int
) -> list[tuple[str, News | ShortNews]]:
    """Return the notes to send to `gates`, those of the station: short ones for passages of just
    now. The gate that the news come from gets only their numbers."""
    at, head = numbered.after, numbered.after + len(numbered.items)
    own: list[News | ShortNews] = [News(nonce=0, after=at, upto=head, head=head, entries=())]
    others: list[News | ShortNews] = []
    for part in _parts(numbered.items, now_ms):
        if isinstance(part, NewsItem):
            others.append(ShortNews(at + 1, part.ticket, part.what == OUT, part.persons))
            at += 1
        else:
            entries = tuple((item.ticket, item.what, item.persons, item.wall_ms) for item in part)
            others.append(
                News(nonce=0, after=at, upto=at + len(part), head=at + len(part), entries=entries)
            )
            at += len(part)
    return [(gate, note) for gate in gates for note in (own if gate == numbered.gate else others)]


def _parts(items: Sequence[NewsItem], now_ms: int) -> list[NewsItem | list[NewsItem]]:
    """Return items that fit a short note one by one, and the runs between them in lists of at
    most MAX_NEWS."""
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


def since(connection: Connection, gate: str, request: NewsRequest) -> News:
    """Return what a gate has missed, at most MAX_NEWS pieces: it may have to request again.

    A gate whose number is above the newest, or from before a restore, is told to begin anew.
    """
    [(station, head)] = store.run(connection, _HEAD, {"of": gate})
    base = store.read_meta(connection, BASE) or 0
    if request.number > head or 0 < request.number <= base:
        return News(nonce=request.nonce, after=0, upto=0, head=0, entries=())
    if request.number == head:
        return News(nonce=request.nonce, after=head, upto=head, head=head, entries=())
    entries: list[_Entry] = []
    at = request.number
    spans = store.run(connection, _SPANS, {"station": station, "number": request.number})
    for span in spans:
        at, is_full = _append_span(connection, span, entries, gate=gate, at=at)
        if is_full:
            break
    else:
        if len(spans) < MAX_NEWS:
            at = head  # items that are in no span are deleted
    return News(
        nonce=request.nonce, after=request.number, upto=at, head=head, entries=tuple(entries)
    )


def _append_span(
    connection: Connection, span: tuple[Any, ...], entries: list[_Entry], *, gate: str, at: int
) -> tuple[int, bool]:
    """Append a span's items above number `at` that do not come from `gate`. Return the last number
    dealt with, and whether there are already MAX_NEWS entries and more to come."""
    first, journal, first_seq, last_seq, origin, disowned = span
    at = max(at, first - 1)  # older items are deleted
    for seq, item in _items(connection, journal, first_seq, last_seq)[at + 1 - first :]:
        if len(entries) >= MAX_NEWS:
            return at, True
        at += 1
        if origin != gate and (disowned is None or seq < disowned):
            entries.append((item.ticket, item.what, item.persons, item.wall_ms))
    return at, False


def forget_old(connection: Connection, now_ms: int) -> None:
    """Delete news that are older than KEPT_MS."""
    store.run(connection, _DELETE_OLD, {"before": now_ms - KEPT_MS})


def heads(connection: Connection) -> dict[str, int]:
    """Return the newest number of each station."""
    return dict(store.run(connection, _HEADS, {}))


def gates_by_station(connection: Connection) -> dict[str, list[str]]:
    """Return the gates of each station that has any."""
    gates: dict[str, list[str]] = defaultdict(list)
    for station, gate in store.run(connection, _GATES, {}):
        gates[station].append(gate)
    return gates


def _items(
    connection: Connection, journal: int, first: int, last: int
) -> list[tuple[int, NewsItem]]:
    """Return the items of a span with the numbers of their records, disowned ones too: they have
    numbers like the others."""
    span = {"journal": journal, "first": first, "last": last}
    if journal == BY_CENTRE:
        return [
            (row.no, NewsItem(row.ticket, FORGIVEN, row.persons, row.at_ms))
            for row in connection.execute(_FORGIVEN, span)
        ]
    records = store.run(connection, _RECORDS, span)
    passages = [decode(record) for (record,) in records]
    return [(passage.seq, item) for passage in passages if (item := news_item(passage)) is not None]


# Built once: building a statement costs more than running it.
_NEWS, _PASSAGE = tables_station.news.c, tables.passage.c
_GATE, _STATION = tables.gate.c, tables.station.c
_STATION_OF_GATE = select(_GATE.station).where(_GATE.id == bindparam("of")).scalar_subquery()
_COUNT_UP = (
    update(tables.station)
    .where(_STATION.id == _STATION_OF_GATE)
    .values(news=_STATION.news + bindparam("more"))
    .returning(_STATION.id, _STATION.news)
)
_COUNT_ALL = (
    update(tables.station).values(news=_STATION.news + 1).returning(_STATION.id, _STATION.news)
)
_GATES = select(_GATE.station, _GATE.id).where(
    _GATE.retired_ms.is_(None), _GATE.disowned_ms.is_(None)
)
_HEADS = select(_STATION.id, _STATION.news)
_HEAD = _HEADS.where(_STATION.id == _STATION_OF_GATE)
_INSERT = insert(tables_station.news).values(
    {column.name: bindparam(column.name) for column in _NEWS}
)
_EARLIER = tables_station.news.alias("earlier").c
_FIRST_OF_SPAN = (
    select(func.max(_EARLIER.first))
    .where(_EARLIER.station == bindparam("station"), _EARLIER.first <= bindparam("number") + 1)
    .scalar_subquery()
)
_SPANS = (
    select(
        _NEWS.first,
        _NEWS.journal,
        _NEWS.first_seq,
        _NEWS.last_seq,
        tables.journal.c.gate,
        tables.journal.c.disowned,
    )
    .outerjoin(tables.journal, tables.journal.c.no == _NEWS.journal)
    .where(
        _NEWS.station == bindparam("station"),
        _NEWS.first >= func.coalesce(_FIRST_OF_SPAN, 0),  # begin with the span of the number
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
        text("kind IN (3, 8, 10, -3, -8, -10)"),
    )
    .order_by(_PASSAGE.seq)
)
_FORGIVEN = (
    select(tables_station.forgiven)
    .where(tables_station.forgiven.c.no.between(bindparam("first"), bindparam("last")))
    .order_by(tables_station.forgiven.c.no)
)
_DELETE_OLD = delete(tables_station.news).where(_NEWS.at_ms < bindparam("before"))
