"""What a ticket costs on which day, who may have it, and from when to when it is good."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_manager.errors import CentreError
from fleet_manager.park_time import Calendar
from fleet_manager.sales.prices.agreement import (
    PARK_ALONE,
    Component,
    Priced,
    RefundPolicy,
    check_components,
)
from fleet_manager.sales.prices.catalogue import (
    Catalogue,
    Eligibility,
    PriceList,
    PriceRow,
    Season,
    Slot,
)
from fleet_manager.sales.prices.quote import Wanted, quote
from fleet_manager.tickets.products import Product

CALENDAR = Calendar(ZoneInfo("Asia/Shanghai"))
MONDAY, SATURDAY = date(2027, 3, 1), date(2027, 3, 6)
NOW_MS = int(datetime(2027, 2, 28, 1, tzinfo=UTC).timestamp() * 1000)
ADULT = Product(1, "adult", "成人票", "Adult")
ROWS = (
    PriceRow("", "", "", 80_00),
    PriceRow("", "weekend", "", 90_00),
    PriceRow("peak", "", "", 120_00),
    PriceRow("", "", "kiosk", 75_00),
)
LIST = PriceList(product=1, version=2, from_day=MONDAY.toordinal(), added_ms=0, prices=ROWS)
STUDENT = Eligibility(
    code="student",
    name_zh="学生",
    name_en="student",
    document_zh="学生证",
    document_en="student card",
    at_sale=True,
    at_gate=False,
)
GOODS = Catalogue(
    number=1,
    products={"adult": ADULT},
    lists={1: (LIST,)},
    seasons=(),
    special_days={},
    eligibilities={"student": STUDENT},
    slots={},
    quotas={},
)


def priced(goods: Catalogue = GOODS, day: date = MONDAY, **more: object) -> Priced:
    wanted = Wanted(product="adult", persons=2, day=day, **more)  # type: ignore[arg-type]
    return quote(goods, CALENDAR, wanted, NOW_MS)


def clock(seconds: int) -> str:
    """The park's clock at a time."""
    return CALENDAR.text(seconds * 1000)[:16]


@pytest.mark.parametrize(
    ("day", "channel", "fen"),
    [
        (MONDAY, "window", 80_00),
        (SATURDAY, "window", 90_00),
        (date(2027, 10, 4), "window", 120_00),
        (date(2027, 10, 9), "window", 120_00),
        (MONDAY, "kiosk", 75_00),
        (date(2027, 10, 4), "kiosk", 75_00),
    ],
)
def test_the_price_that_says_most_holds(day: date, channel: str, fen: int) -> None:
    october = date(2027, 10, 1).toordinal()
    peak = Season("peak", october, october + 30, "旺季", "peak")
    goods = replace(GOODS, seasons=(peak,))
    assert priced(goods, day, channel=channel).unit_fen == fen


def test_a_holiday_and_a_workday_at_a_weekend_are_what_somebody_says() -> None:
    goods = replace(GOODS, special_days={SATURDAY.toordinal(): "weekday"})
    assert priced(goods, SATURDAY).unit_fen == 80_00


def test_before_its_first_day_a_list_says_nothing() -> None:
    newer = replace(
        LIST, version=3, from_day=SATURDAY.toordinal(), prices=(PriceRow("", "", "", 1),)
    )
    goods = replace(GOODS, lists={1: (newer, LIST)})
    assert priced(goods, MONDAY).version == 2
    assert priced(goods, SATURDAY).unit_fen == 1


def test_without_a_list_the_plain_price_holds_and_without_both_nothing_is_sold() -> None:
    plain = replace(GOODS, lists={}, products={"adult": replace(ADULT, price_cents=66_00)})
    assert priced(plain).unit_fen == 66_00
    with pytest.raises(CentreError, match="adult: it has no price"):
        priced(replace(GOODS, lists={}))


def test_a_document_is_looked_at_before_the_sale() -> None:
    goods = replace(GOODS, lists={1: (replace(LIST, eligibility="student"),)})
    with pytest.raises(CentreError, match="nobody has looked at the document: student card"):
        priced(goods)
    assert priced(goods, proof="student").eligibility == "student"


def test_a_night_ticket_ends_after_midnight_and_can_be_sold_before_its_evening() -> None:
    night = replace(LIST, entry_from=18 * 60, entry_to=25 * 60)
    ticket = priced(replace(GOODS, lists={1: (night,)}))
    assert clock(ticket.not_before) == "2027-03-01 18:00"
    assert clock(ticket.expires_at) == "2027-03-02 01:00"


def test_a_time_slot_is_its_window() -> None:
    goods = replace(GOODS, slots={1: (Slot(9 * 60, 10 * 60, 5), Slot(10 * 60, 11 * 60, 5))})
    ticket = priced(goods, slot="10:00")
    assert (clock(ticket.not_before), ticket.slot) == ("2027-03-01 10:00", 600)
    assert clock(ticket.expires_at) == "2027-03-01 11:00"
    with pytest.raises(CentreError, match="its times are 09:00, 10:00"):
        priced(goods, slot="12:00")


@pytest.mark.parametrize("day", [date(2027, 2, 27), date(2028, 3, 1)])
def test_a_day_that_is_over_or_far_away_is_not_sold(day: date) -> None:
    with pytest.raises(CentreError, match="from today to a year ahead"):
        priced(day=day)


@given(st.integers(0, 500), st.integers(0, 100), st.booleans())
def test_what_is_agreed_is_kept_whole(fen: int, fee: int, never: bool) -> None:
    bus = Component(code="bus", merchant="m", fen=fen, stations=("south",))
    refund = RefundPolicy(until_days=None if never else 1, fee_percent=fee)
    agreed = replace(LIST, components=(*PARK_ALONE, bus), refund=refund)
    ticket = priced(replace(GOODS, lists={1: (agreed,)}))
    assert Priced.from_json(ticket.to_json()) == ticket


@pytest.mark.parametrize(
    ("components", "reason"),
    [
        ((), "a code of its own"),
        ((Component(code="park"), Component(code="park", merchant="m", fen=1)), "code of its own"),
        ((Component(code="park", fen=5),), "the rest of the price"),
        ((Component(code="park", merchant="m"),), "the rest of the price"),
        ((*PARK_ALONE, Component(code="b", merchant="m", fen=101)), r"would get 1\.01 of 1\.00"),
        ((*PARK_ALONE, Component(code="b", merchant="m", fen=-1)), "would get"),
    ],
)
def test_shares_that_cannot_add_up_are_refused(
    components: tuple[Component, ...], reason: str
) -> None:
    with pytest.raises(CentreError, match=reason):
        check_components("adult", components, 1_00)
