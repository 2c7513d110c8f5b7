"""What somebody wants to buy, before it has a price."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_manager.errors import CentreError
from fleet_manager.sales.orders.basket import Basket, WantedLine, check, spread

_TWO = WantedLine(product="adult", persons=2, day=date(2026, 12, 1))
_BASKET = Basket(intent="till-1/42", lines=(_TWO,), till="north-1")


@given(st.integers(0, 10**9), st.integers(1, 500))
def test_an_amount_is_spread_to_the_fen_and_evenly(total_fen: int, parts: int) -> None:
    shares = spread(total_fen, parts)
    assert sum(shares) == total_fen
    assert len(shares) == parts
    assert max(shares) - min(shares) <= 1
    assert shares == sorted(shares, reverse=True)


def test_three_for_99_99_are_equal() -> None:
    assert spread(9999, 3) == [3333, 3333, 3333]


@pytest.mark.parametrize(
    ("basket", "reason"),
    [
        (replace(_BASKET, intent=""), "without an id of the sale"),
        (replace(_BASKET, intent="a\nb"), "without an id of the sale"),
        (replace(_BASKET, lines=()), "an empty order"),
        (replace(_BASKET, lines=(_TWO,) * 41), "41 lines at once"),
        (replace(_BASKET, lines=(replace(_TWO, persons=0),)), "0 of adult"),
        (
            replace(_BASKET, lines=(replace(_TWO, holders=(("id-card", "1"),)),)),
            "2 of adult to 1 named persons",
        ),
    ],
)
def test_a_basket_that_cannot_be_an_order_is_refused(basket: Basket, reason: str) -> None:
    with pytest.raises(CentreError, match=reason):
        check(basket)


def test_the_digest_covers_everything_that_is_wanted() -> None:
    others = [
        replace(_BASKET, till="north-2"),
        replace(_BASKET, buyer="agency"),
        replace(_BASKET, lines=(replace(_TWO, persons=3),)),
        replace(_BASKET, lines=(replace(_TWO, together=True),)),
        replace(_BASKET, lines=(replace(_TWO, slot="10:00"),)),
    ]
    assert len({basket.digest() for basket in (_BASKET, *others)}) == len(others) + 1
