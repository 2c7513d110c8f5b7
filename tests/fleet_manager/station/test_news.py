"""Test news: numbered in the order of commits, sent at once, and to gates that missed them."""

from fleet_manager.database.store import Store
from fleet_manager.gates import gates
from fleet_manager.intake.ingest import ingest
from fleet_manager.park_time import Calendar
from fleet_manager.station import news
from fleet_manager.station.news import KEPT_MS, NewsItem, NumberedNews, since, to_notes
from gate_agent.validator.messages.notes import FORGIVEN, IN, MAX_NEWS, OUT, News, NewsRequest
from gate_agent.validator.messages.short_news import ShortNews
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, PassageKind
from tests.fleet_manager.conftest import SHANGHAI
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id

CALENDAR = Calendar(SHANGHAI)


def bring(store: Store, pen: Scribe, first: int = 1) -> list[NumberedNews]:
    numbered: list[NumberedNews] = []
    with store.write() as connection:
        ingest(connection, [(pen.gate, pen.batch(first))], CALENDAR, NOON, numbered)
    return numbered


def ask(store: Store, gate: str, number: int) -> News:
    with store.read() as connection:
        return since(connection, gate, NewsRequest(7, number))


def pen(gate: str = "gate-1", number: int = 1) -> Scribe:
    return Scribe(gate, bytes([number]) * 16)


def test_what_is_news(store: Store) -> None:
    scribe = pen()
    scribe.write(PassageKind.BOOT, persons=0)
    scribe.write(PassageKind.GRANTED, ticket=ticket_id(1))
    scribe.write(PassageKind.TAKEN, ticket=ticket_id(1))
    scribe.write(PassageKind.TAKEN, ticket=ticket_id(2), direction=Direction.OUT, persons=2)
    scribe.write(PassageKind.UNRESOLVED, ticket=ticket_id(3), clock=ClockState.BOUNDED)
    scribe.write(PassageKind.UNRESOLVED, ticket=ticket_id(3), direction=Direction.OUT)
    scribe.write(PassageKind.NOT_TAKEN, ticket=ticket_id(4))
    scribe.write(PassageKind.FORGIVEN, ticket=ticket_id(5))
    scribe.write(PassageKind.TAKEN)
    (numbered,) = bring(store, scribe)
    assert (numbered.station, numbered.gate, numbered.after) == ("north", "gate-1", 0)
    assert numbered.items == [
        NewsItem(ticket_id(1), IN, 1, NOON + 3000, True),
        NewsItem(ticket_id(2), OUT, 2, NOON + 4000, True),
        NewsItem(ticket_id(3), IN, 1, NOON + 5000, False),
        NewsItem(ticket_id(5), FORGIVEN, 1, NOON + 8000, True),
    ]
    answer = ask(store, "gate-2", 0)
    assert (answer.nonce, answer.after, answer.upto, answer.head) == (7, 0, 4, 4)
    assert answer.entries == tuple(item[:4] for item in numbered.items)
    assert ask(store, "gate-1", 0) == News(nonce=7, after=0, upto=4, head=4, entries=())
    assert ask(store, "gate-3", 0) == News(nonce=7, after=0, upto=0, head=0, entries=())


def test_sent_twice_is_numbered_once(store: Store) -> None:
    scribe = pen()
    scribe.write(PassageKind.TAKEN, ticket=ticket_id(1))
    assert len(bring(store, scribe)) == 1
    assert bring(store, scribe) == []
    assert ask(store, "gate-2", 0).head == 1


def test_a_gate_goes_on_from_its_number(store: Store) -> None:
    first, second = pen(), pen("gate-2", 2)
    for n in range(3):
        first.write(PassageKind.TAKEN, ticket=ticket_id(n))
        second.write(PassageKind.TAKEN, ticket=ticket_id(10 + n))
    bring(store, first)
    bring(store, second)
    assert [entry[0] for entry in ask(store, "gate-2", 1).entries] == [ticket_id(1), ticket_id(2)]
    assert [entry[0] for entry in ask(store, "gate-1", 4).entries] == [ticket_id(11), ticket_id(12)]
    assert ask(store, "gate-2", 3) == News(nonce=7, after=3, upto=6, head=6, entries=())


def test_many_are_sent_in_parts(store: Store) -> None:
    scribe = pen()
    for n in range(MAX_NEWS + 20):
        scribe.write(PassageKind.TAKEN, ticket=ticket_id(n))
        if len(scribe.records) % 200 == 0:
            bring(store, scribe, len(scribe.records) - 199)
    bring(store, scribe, MAX_NEWS + 1)
    first = ask(store, "gate-2", 0)
    assert (len(first.entries), first.upto, first.head) == (MAX_NEWS, MAX_NEWS, MAX_NEWS + 20)
    rest = ask(store, "gate-2", first.upto)
    assert [entry[0] for entry in rest.entries] == [ticket_id(MAX_NEWS + n) for n in range(20)]


def test_a_gate_that_knows_more_than_there_is_begins_anew(store: Store) -> None:
    assert ask(store, "gate-1", 9) == News(nonce=7, after=0, upto=0, head=0, entries=())


def forgotten(store: Store) -> Scribe:
    """Number one piece of news, and delete it."""
    scribe = pen()
    scribe.write(PassageKind.TAKEN, ticket=ticket_id(1))
    bring(store, scribe)
    with store.write() as connection:
        news.forget_old(connection, NOON + KEPT_MS + 1)
    return scribe


def test_what_is_old_is_forgotten(store: Store) -> None:
    scribe = forgotten(store)
    scribe.write(PassageKind.TAKEN, ticket=ticket_id(2))
    bring(store, scribe, 2)
    assert ask(store, "gate-2", 0) == News(
        nonce=7, after=0, upto=2, head=2, entries=((ticket_id(2), IN, 1, NOON + 2000),)
    )


def test_a_gate_does_not_request_for_ever_what_is_deleted(store: Store) -> None:
    """A new board in spring: the park was closed for longer than news are stored."""
    forgotten(store)
    assert ask(store, "gate-2", 0) == News(nonce=7, after=0, upto=1, head=1, entries=())


def test_what_staff_forgive_is_news_everywhere(store: Store) -> None:
    with store.write() as connection:
        news.forgive(connection, ticket_id(1), 2, "li", "double scan", NOON)
        assert news.heads(connection) == {"north": 1, "south": 1}
    for gate in ("gate-1", "gate-3"):
        assert ask(store, gate, 0).entries == ((ticket_id(1), FORGIVEN, 2, NOON),)


def test_a_passage_is_sent_in_the_shortest_form() -> None:
    now = NewsItem(ticket_id(1), IN, 1, NOON, True)
    out = NewsItem(ticket_id(2), OUT, 2, NOON - 500, True)
    old = NewsItem(ticket_id(3), IN, 1, NOON - 60_000, True)
    unsure = NewsItem(ticket_id(4), IN, 1, NOON, False)
    many = NewsItem(ticket_id(5), IN, 40, NOON, True)
    written = NumberedNews("north", "gate-1", 10, [now, out, old, unsure, many])
    assert to_notes(written, ["gate-1", "gate-2"], NOON) == [
        ("gate-1", News(nonce=0, after=10, upto=15, head=15, entries=())),
        ("gate-2", ShortNews(11, ticket_id(1), False, 1)),
        ("gate-2", ShortNews(12, ticket_id(2), True, 2)),
        (
            "gate-2",
            News(nonce=0, after=12, upto=15, head=15, entries=(old[:4], unsure[:4], many[:4])),
        ),
    ]


def test_stations_count_apart_and_an_answer_is_of_one(store: Store) -> None:
    north, south = pen(), pen("gate-3", 3)
    for n in range(3):
        north.write(PassageKind.TAKEN, ticket=ticket_id(n))
    bring(store, north)
    for n in range(2):
        south.write(PassageKind.TAKEN, ticket=ticket_id(30 + n))
        bring(store, south, n + 1)
    # In the middle of north's one span, where two of south have begun since.
    assert [entry[0] for entry in ask(store, "gate-2", 1).entries] == [ticket_id(1), ticket_id(2)]
    assert ask(store, "gate-2", 0).head == 3
    with store.write() as connection:
        gates.add_gate(connection, "gate-4", "south", bytes(32), NOON)
    assert [entry[0] for entry in ask(store, "gate-4", 0).entries] == [ticket_id(30), ticket_id(31)]
