"""The printed number of a ticket: what it says, and that a slip of the finger is noticed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.errors import WireError
from gate_agent.validator.tickets.manual_code import (
    CHECK_DIGITS,
    check_number,
    manual_code,
    printed,
    read_manual_code,
    unseen,
    was_seen,
)
from tests.gate_agent.samples import PEPPER, ticket


def test_serial_and_check_digits() -> None:
    code = manual_code(PEPPER, ticket(12345))
    assert code.startswith("12345")
    assert len(code) == 5 + CHECK_DIGITS
    assert code == "12345341102"
    assert printed(code) == "12 345 341 102"


@given(st.integers(0, (1 << 32) - 1), st.integers(0, 255))
def test_what_was_printed_is_read_again(serial: int, issue: int) -> None:
    of = ticket(serial, issue=issue)
    code = manual_code(PEPPER, of)
    read = read_manual_code(printed(code))
    assert read == (serial, check_number(PEPPER, of.key_id, serial, issue))
    assert read_manual_code(code.replace(" ", "-")) == read


def test_another_print_key_or_park_has_other_digits() -> None:
    of = ticket(7)
    digits = {
        check_number(PEPPER, of.key_id, 7, 0),
        check_number(PEPPER, of.key_id, 7, 1),
        check_number(PEPPER, of.key_id, 8, 0),
        check_number(PEPPER, b"abcd", 7, 0),
        check_number(PEPPER[::-1], of.key_id, 7, 0),
    }
    assert len(digits) == 5


def test_every_slip_of_one_finger_and_every_swap_is_noticed() -> None:
    """Not by the digits' own rule, as a check sum would; but a wrong number fits once in 10⁶."""
    of = ticket(903_216)
    code = manual_code(PEPPER, of)
    places, digits = range(len(code)), "0123456789"
    slips = {code[:at] + digit + code[at + 1 :] for at in places for digit in digits}
    slips |= {code[:at] + code[at + 1] + code[at] + code[at + 2 :] for at in range(len(code) - 1)}
    for slip in slips - {code}:
        try:
            serial, check = read_manual_code(slip)
        except WireError:
            continue
        assert check_number(PEPPER, of.key_id, serial, 0) != check


BAD = [
    "", "1", "123456", "01234567", "4294967296000000", "99999999999999999", "1234567x",
    "１２３４５６７８",
]  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(WireError):
        read_manual_code(text)


@given(st.text(max_size=20))
def test_any_text_is_a_number_or_a_wire_error(text: str) -> None:
    try:
        serial, check = read_manual_code(text)
    except WireError:
        return
    assert 0 <= serial < 1 << 32
    assert 0 <= check < 10**CHECK_DIGITS


def test_a_ticket_of_which_only_the_number_is_known() -> None:
    of = ticket(9)
    assert was_seen(of)
    shadow = unseen(of.key_id, 9, 1)
    assert not was_seen(shadow)
    assert was_seen(replace(of, issued_at=0)), "a code of another seller"
    assert shadow.id == of.id
