"""Rule books: one way to write each, and nothing else is taken."""

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.errors import WireError
from gate_agent.validator.moment import END_MS
from gate_agent.validator.trust import rule_book
from gate_agent.validator.trust.rule_book import (
    DEFAULT,
    MAX_RULE_MS,
    NO_BOOK,
    Freshness,
    Passback,
    ProductNames,
    RuleBook,
    Rules,
    TooOld,
    open_book,
    refuse_older,
)
from tests.gate_agent.validator.builders import CBOR_VALUES, prove
from tests.vectors.keyring import LIST, RING, STRANGER, TICKET

NAME = st.text(st.characters(codec="utf-8"), min_size=1, max_size=15)
SPAN = st.integers(0, MAX_RULE_MS - 1)


@st.composite
def rules(draw: st.DrawFn) -> Rules:
    fresh, stale = sorted((draw(SPAN), draw(SPAN)))
    return Rules(
        fresh_ms=fresh,
        stale_ms=stale,
        too_old=draw(st.sampled_from(TooOld)),
        passback=draw(st.sampled_from(Passback)),
        passback_ms=draw(SPAN),
        claim=draw(st.booleans()),
        partition_share=draw(st.integers(0, 65_535)),
        identity=draw(st.booleans()),
    )


books = st.builds(
    RuleBook,
    st.integers(1, 2**32 - 1),
    st.integers(0, END_MS - 1),
    rules(),
    st.dictionaries(st.integers(0, 65_535), rules(), max_size=5),
    st.dictionaries(st.integers(0, 65_535), st.builds(ProductNames, NAME, NAME), max_size=5),
)


def sealed(book: RuleBook) -> bytes:
    return rule_book.seal(book, LIST.id, LIST.sign)


@prove
@given(books)
def test_a_book_comes_back(book: RuleBook) -> None:
    assert open_book(sealed(book), RING) == book


@prove
@given(st.binary(max_size=300))
def test_any_bytes_are_refused_clearly(data: bytes) -> None:
    with pytest.raises(WireError):
        open_book(data, RING)


@prove
@given(st.lists(CBOR_VALUES, min_size=3, max_size=5))
def test_any_value_signed_by_a_list_key_gives_a_book_or_one_error(values: list[object]) -> None:
    written = cbor2.dumps(values)
    signature = LIST.sign(b"scenic-gate rule book\0" + written)
    with pytest.raises(WireError):
        open_book(LIST.id + signature + written, RING)


@pytest.mark.parametrize("rows", [7, {}, [7], [[]], [[1]], [[1, 2]]], ids=str)
def test_rules_of_another_shape(rows: object) -> None:
    written = cbor2.dumps([1, 0, [], rows])
    signature = LIST.sign(b"scenic-gate rule book\0" + written)
    with pytest.raises(WireError):
        open_book(LIST.id + signature + written, RING)


@prove
@given(books, st.integers(0), st.integers(1, 255))
def test_a_changed_byte_is_refused(book: RuleBook, at: int, flip: int) -> None:
    data = bytearray(sealed(book))
    data[at % len(data)] ^= flip
    with pytest.raises(WireError):
        open_book(bytes(data), RING)


def test_a_book_belongs_to_the_list_key() -> None:
    for key in (TICKET, STRANGER):
        with pytest.raises(WireError, match="unknown key"):
            open_book(rule_book.seal(RuleBook(1, 1), key.id, key.sign), RING)


def test_endless_data() -> None:
    """A book that is too large is neither made nor read."""
    large = RuleBook(1, 1, DEFAULT, dict.fromkeys(range(4000), DEFAULT))
    with pytest.raises(WireError, match="40 KiB"):
        sealed(large)
    with pytest.raises(WireError, match="impossible length"):
        open_book(bytes(rule_book.MAX_BOOK_BYTES + 1), RING)


def test_what_no_gate_would_take_is_not_made() -> None:
    for book in (NO_BOOK, RuleBook(1, END_MS), RuleBook(1, 1, Rules(fresh_ms=5, stale_ms=4))):
        with pytest.raises(WireError):
            sealed(book)
    with pytest.raises(WireError):
        sealed(RuleBook(1, 1, DEFAULT, {65_536: DEFAULT}))


def test_every_product_has_rules() -> None:
    strict = Rules(too_old=TooOld.DENY)
    book = RuleBook(1, 1, DEFAULT, {7: strict})
    assert (book.of(7), book.of(8), NO_BOOK.of(7)) == (strict, DEFAULT, DEFAULT)


def test_tiers() -> None:
    of = Rules(fresh_ms=10, stale_ms=20).freshness
    found = [of(age) for age in (-5, 0, 10, 11, 20, 21)]
    fresh, stale, old = Freshness
    assert found == [fresh, fresh, fresh, stale, stale, old]


def test_rollback() -> None:
    now = RuleBook(5, 100)
    refuse_older(now, RuleBook(6, 100))
    for older in (RuleBook(5, 101), RuleBook(4, 200), RuleBook(6, 99)):
        with pytest.raises(WireError, match="not newer"):
            refuse_older(now, older)
