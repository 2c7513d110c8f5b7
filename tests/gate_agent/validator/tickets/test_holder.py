"""The holder tag binds a serial to a document without keeping the number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.errors import WireError
from gate_agent.validator.tickets.holder import MIN_PEPPER_BYTES, TAG_BYTES, holder_tag, normalise
from tests.gate_agent.validator.builders import prove

PEPPER = bytes(range(32))
NUMBER = "11010519491231002X"


@pytest.mark.parametrize(
    "shown", ["11010519491231002x", " 110105-19491231-002X ", "110105.19491231.002x\r\n", NUMBER]
)
def test_one_document_however_it_is_written(shown: str) -> None:
    assert normalise(shown) == NUMBER
    assert holder_tag(PEPPER, 1, "id-card", shown) == holder_tag(PEPPER, 1, "id-card", NUMBER)


@pytest.mark.parametrize(
    "number",
    ["", "123", "1 2-3", "1" * 33, "1234_", "1234\0", "１２３４", "1234ß", "ſtrasse", "1234|5"],
)
def test_no_document_number(number: str) -> None:
    with pytest.raises(WireError):
        normalise(number)


@pytest.mark.parametrize("number", ["1234", "1" * 32])
def test_the_shortest_and_the_longest(number: str) -> None:
    assert normalise(number) == number


def test_everything_counts() -> None:
    tags = {
        holder_tag(PEPPER, 1, "id-card", NUMBER),
        holder_tag(PEPPER, 2, "id-card", NUMBER),
        holder_tag(PEPPER, 1, "passport", NUMBER),
        holder_tag(PEPPER, 1, "id-card", NUMBER[:-1] + "1"),
        holder_tag(PEPPER[::-1], 1, "id-card", NUMBER),
    }
    assert len(tags) == 5
    assert {len(tag) for tag in tags} == {TAG_BYTES}


def test_a_short_pepper() -> None:
    with pytest.raises(WireError, match="pepper"):
        holder_tag(bytes(MIN_PEPPER_BYTES - 1), 1, "id-card", NUMBER)
    holder_tag(bytes(MIN_PEPPER_BYTES), 1, "id-card", NUMBER)


@pytest.mark.parametrize("document", ["身份证", "id\ncard", "\ud800"])
def test_a_document_type_that_is_none(document: str) -> None:
    with pytest.raises(WireError, match="document type"):
        holder_tag(PEPPER, 1, document, NUMBER)


@prove
@given(st.text(), st.text(max_size=40))
def test_any_text(document: str, number: str) -> None:
    try:
        tag = holder_tag(PEPPER, 1, document, number)
    except WireError:
        return
    assert len(tag) == TAG_BYTES
    assert normalise(normalise(number)) == normalise(number)
