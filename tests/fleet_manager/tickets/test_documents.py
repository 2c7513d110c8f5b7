"""Numbers of documents are checked where they are typed in, and not only at the gate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_manager.errors import CentreError
from fleet_manager.tickets.documents import check_character, checked

GOOD = "11010519491231002X"  # the example of GB 11643-1999


@pytest.mark.parametrize(
    "number",
    [
        GOOD,
        GOOD.lower(),
        "110105 19491231 002x",
        "110105-19491231-002X",
        "１１０１０５１９４９１２３１００２Ｘ",
    ],
)
def test_an_identity_card_however_its_number_is_written(number: str) -> None:
    assert checked("id-card", number) == ("id-card", GOOD)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("11010519491231002Y", "does not fit"),
        ("110105194912310021", "does not fit"),
        ("11010519491232002X", "no date of birth"),
        ("11010519491331002X", "no date of birth"),
        ("110105491231002", "not 15 characters"),
        ("1101051949123100X", "not 17 characters"),
        ("A1010519491231002X", "17 digits"),
        ("12", "4 to 32"),
        ("11010519491231002★", "4 to 32"),
    ],
)
def test_a_number_that_no_card_has_is_refused_without_repeating_it(number: str, said: str) -> None:
    with pytest.raises(CentreError, match=said) as caught:
        checked("id-card", number)
    assert number not in str(caught.value) + caught.value.hint


@given(st.text("0123456789", min_size=17, max_size=17), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_always_shows(digits: str, at: int, by: int) -> None:
    wrong = digits[:at] + str((int(digits[at]) + by) % 10) + digits[at + 1 :]
    assert check_character(wrong) != check_character(digits)


def test_other_documents_have_no_check_digit() -> None:
    assert checked("passport", "e１２３４５６７８") == ("passport", "E12345678")
