"""Test rules at the centre: set, refused with a reason, made into a book, sent until received."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from fleet_manager.__main__ import build
from fleet_manager.access.actor import computer_user
from fleet_manager.centre import Centre
from fleet_manager.daemon.collector import Collector
from fleet_manager.database import store
from fleet_manager.errors import CentreError
from fleet_manager.services import products as product_acts
from fleet_manager.services.products import NewProduct
from fleet_manager.tickets import products
from fleet_manager.tickets.products import Product
from fleet_manager.trust import rules
from gate_agent.validator.messages.trust_messages import RulesOffer
from gate_agent.validator.trust.keys import KeyRing
from gate_agent.validator.trust.rule_book import (
    DEFAULT,
    Passback,
    ProductNames,
    Rules,
    TooOld,
    open_book,
)
from tests.fleet_manager.boards import STATE, Board, birth
from tests.fleet_manager.conftest import enrol
from tests.fleet_manager.scribe import NOON


@pytest.fixture
def board(park: Centre, tmp_path: Path) -> Board:
    return Board("gate-1", enrol(park, "gate-1", tmp_path / "gate-1"))


@pytest.fixture
def collector(park: Centre, board: Board) -> Collector:
    started = Collector(park.store, park.unlock(), "west-lake", park.calendar)
    started.refresh(NOON)
    return started


def set_rules(park: Centre, code: str, **words: str) -> Rules:
    with park.store.write() as connection:
        return rules.change(
            connection, code, {name.replace("_", "-"): word for name, word in words.items()}
        )


def books(board: Board, packets: list[tuple[str, bytes]]) -> list[int]:
    """Return the versions of the books among the packets."""
    received = [board.verify(packet) for packet in packets]
    offers = [message for message in received if isinstance(message, RulesOffer)]
    return [open_book(message.book, board_ring(board)).version for message in offers]


def board_ring(board: Board) -> KeyRing:
    return KeyRing.from_json(board.bundle.ring)


def test_settings_are_read_and_shown_the_same_way() -> None:
    words = {
        "fresh": "90s", "stale": "2d", "too-old": "deny", "passback": "soft",
        "passback-time": "0ms", "claim": "no", "partition-share": "20", "identity": "no",
    }  # fmt: skip
    read = rules.read_settings(DEFAULT, words)
    assert read == Rules(
        fresh_ms=90_000,
        stale_ms=172_800_000,
        too_old=TooOld.DENY,
        passback=Passback.SOFT,
        passback_ms=0,
        claim=False,
        partition_share=20,
        identity=False,
    )
    assert rules.settings_of(read) == words
    assert rules.read_settings(DEFAULT, rules.settings_of(DEFAULT)) == DEFAULT
    assert set(words) == set(rules.NAMES.split(", "))


@pytest.mark.parametrize(
    ("name", "word", "why"),
    [
        ("fresh", "5", "a time like"),
        ("fresh", "m", "a time like"),
        ("fresh", "-5m", "a time like"),
        ("fresh", "1.5h", "a time like"),
        ("stale", "99999d", "below"),
        ("stale", "1ms", "below fresh"),
        ("too-old", "maybe", "admit or deny"),
        ("too-old", "DENY", "admit or deny"),
        ("passback", "on", "off or soft or hard"),
        ("claim", "true", "yes or no"),
        ("partition-share", "65536", "0 (no limit) to 65535"),
        ("partition-share", "٣", "0 (no limit) to 65535"),
        ("freshness", "5m", "no such rule"),
    ],
)
def test_what_cannot_be_set_is_named(name: str, word: str, why: str) -> None:
    with pytest.raises(CentreError) as caught:
        rules.read_settings(DEFAULT, {name: word})
    assert why in f"{caught.value} {caught.value.hint}"
    assert name in str(caught.value)


def test_a_product_starts_from_the_rules_of_all(park: Centre) -> None:
    set_rules(park, "default", stale="2h")
    changed = set_rules(park, "child", passback="soft")
    assert (changed.stale_ms, changed.passback) == (7_200_000, Passback.SOFT)
    with park.store.read() as connection:
        default, own = rules.current(connection)
    assert (default.stale_ms, list(own)) == (7_200_000, [2])
    with park.store.write() as connection:
        rules.forget(connection, "child")
        assert rules.current(connection)[1] == {}
        with pytest.raises(CentreError, match="no rules of its own"):
            rules.forget(connection, "child")


def test_an_unknown_product_changes_nothing(park: Centre) -> None:
    with pytest.raises(CentreError, match="cannot find product 'nobody'"):
        set_rules(park, "nobody", fresh="1m")
    with park.store.read() as connection:
        assert store.read_meta(connection, "rules") == 0
        assert not rules.is_due(connection)


def test_a_book_reaches_every_gate_once(park: Centre, collector: Collector, board: Board) -> None:
    assert books(board, collector.refresh(NOON + 1)) == []
    set_rules(park, "adult", too_old="deny")
    assert books(board, collector.refresh(NOON + 1000)) == [1]
    assert books(board, collector.refresh(NOON + 2000)) == []
    set_rules(park, "adult", too_old="admit")
    set_rules(park, "adult", claim="no")
    assert books(board, collector.refresh(NOON + 3000)) == [3]


def test_a_gate_that_reports_an_older_version_is_sent_the_newest(
    park: Centre, collector: Collector, board: Board
) -> None:
    set_rules(park, "default", stale="2h")
    collector.refresh(NOON + 1000)
    for message in (STATE, birth()):
        assert books(board, collector.process([board.sign(message)], 0, NOON)) == [1]
    up_to_date = birth(rules_version=1)
    assert books(board, collector.process([board.sign(up_to_date)], 0, NOON)) == []


def test_a_gate_enrolled_later_gets_the_book(
    park: Centre, collector: Collector, tmp_path: Path
) -> None:
    set_rules(park, "default", stale="2h")
    collector.refresh(NOON + 1000)
    late = Board("gate-2", enrol(park, "gate-2", tmp_path / "gate-2"))
    packets = [packet for packet in collector.refresh(NOON + 2000) if "/gate-2/" in packet[0]]
    assert books(late, packets) == [1]


def test_the_time_of_a_book_does_not_go_back_with_our_clock(park: Centre) -> None:
    signer = park.unlock().list
    made_books = []
    for step in range(8):
        set_rules(park, "default", stale=f"{step + 1}h")
        with park.store.write() as connection:
            made_books.append(rules.make(connection, signer, NOON - step))
    assert {book.as_of_ms for book in made_books} == {NOON}
    assert [book.version for book in made_books] == list(range(1, 9))


def test_the_commands(park: Centre) -> None:
    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(build(), ["--data", str(park.config.folder), "rules", *words])
        return done.exit_code, done.output

    assert run("set", "stale=12h", "too-old=deny")[0] == 0
    assert run("set", "--product", "child", "passback=soft") == (
        0,
        "child: fresh=5m  stale=12h  too-old=deny  passback=soft  passback-time=5m  claim=yes  "
        "partition-share=0  identity=yes\n",
    )
    text = run("show", "--json")[1]
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(line["product"], line["stale"]) for line in lines] == [
        ("default", "12h"), ("child", "12h"),
    ]  # fmt: skip
    assert "child" in run("show")[1]
    assert run("set", "stale=1s") == (
        1,
        "fleet-manager: cannot set stale to 1s: it is below fresh, which is 5m\n"
        "  a list is fresh, then stale, then too old\n",
    )
    for words in (("stale",), ("stale=1h", "stale=2h")):
        assert run("set", *words)[0] == 2
    status, output = run("reset", "child")
    assert (status, output.startswith("child goes by the rules of all again: fresh=5m")) == (
        0,
        True,
    )
    assert run("reset", "child")[0] == 1


def test_a_new_product_sends_its_names_to_every_gate(
    park: Centre, collector: Collector, board: Board
) -> None:
    wanted = NewProduct(code="team", number=9, name_zh="团" * 30, name_en="Team ticket")
    product_acts.add(park, computer_user(), wanted)
    packets = [packet for step in (1, 2) for packet in collector.refresh(NOON + step * 1000)]
    offers = [message for message in map(board.verify, packets) if isinstance(message, RulesOffer)]
    (offer,) = offers
    names = open_book(offer.book, board_ring(board)).names
    assert names[9] == ProductNames("团" * 20, "Team ticket")


def test_rules_go_out_without_names_where_there_is_no_room_for_both(
    park: Centre, board: Board
) -> None:
    with park.store.write() as connection:
        for number in range(100, 600):
            product = Product(number, f"p{number}", "团" * 20, "T" * 60)
            products.add(connection, product)
        rules.change(connection, rules.EVERY, {"passback": "soft"})
        made = rules.make(connection, park.unlock().list, NOON)
    book = open_book(made.sealed, board_ring(board))
    assert (book.default.passback, book.names) == (Passback.SOFT, {})
