"""A cashier's day at a till's page: open, sell, make mistakes, pay back, count."""

import re
from collections.abc import Callable

import pytest

from fleet_manager.access.actor import Role, computer_user
from fleet_manager.centre import Centre
from fleet_manager.sales.money import ledger
from fleet_manager.sales.orders.tills import Till, TillKind
from fleet_manager.sales.prices.catalogue import Eligibility, PriceRow, Slot
from fleet_manager.services.sales import prices, tills
from fleet_manager.services.sales.prices import NewPrices
from tests.fleet_manager.web.conftest import Entering
from tests.fleet_manager.web.page_client import Page, PageClient

Opening = Callable[..., "Desk"]


class Desk:
    """A till's page in a browser: what is typed into its one field."""

    def __init__(self, client: PageClient) -> None:
        self.client = client
        self.page = client.get("/sell?till=north-1")

    def do(self, what: str, **fields: str) -> Page:
        """Press a button, with the form as the page shows it."""
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', self.page.html)
        form = self.page.html.split('id="till"')[1].split("</form>")[0]
        lines = re.findall(r'name="line" value="([^"]*)"', form)
        intent = dict(hidden)["intent"]
        pairs = [
            ("till", "north-1"),
            ("intent", intent),
            ("shown", "yes"),
            ("do", what),
            *(("line", line) for line in lines),
            *fields.items(),
        ]
        answer = self.client.post("/sell", pairs)
        self.page = self.client.get(answer.location) if answer.status == 303 else answer
        return self.page

    def type(self, text: str) -> Page:
        """Type or scan, and press Enter."""
        return self.do("entry", entry=text)


@pytest.fixture
def desk(park: Centre, entering: Entering) -> Desk:
    """A cashier whose shift is open, with 200.00 in the drawer; adult 120, child 60, pass 0."""
    who = computer_user()
    today = park.calendar.date_of(park.clock())
    for code, fen in (("adult", 120_00), ("child", 60_00), ("pass", 0)):
        rows = (PriceRow("", "", "", fen),)
        prices.set_prices(park, who, NewPrices(product=code, prices=rows, from_day=today))
    tills.add(park, who, Till("north-1", "north", TillKind.WINDOW, "北一", "North 1"))
    cashier = entering(Role.CASHIER, station="north")
    assert cashier.get("/sell?till=north-1").location == "/sell/shift?till=north-1"
    cashier.get("/sell/shift?till=north-1")
    assert cashier.post("/sell/shift/open", till="north-1", float="200").status == 303
    return Desk(cashier)


def balance(park: Centre, account: str) -> int:
    with park.store.read() as connection:
        return ledger.balance(connection, account).fen


def test_a_sale_by_the_keypad_alone(park: Centre, desk: Desk) -> None:
    desk.type("1")
    page = desk.type("2*2")
    assert "¥240.00" in page.html
    page = desk.type("+300")
    assert "Change ¥60.00" in page.words
    assert "Order 1" in page.words
    assert balance(park, "drawer:north-1/1") == 440_00
    assert "Nothing chosen yet" in page.words


def test_too_little_cash_keeps_the_basket_and_says_what_is_missing(desk: Desk) -> None:
    desk.type("1")
    page = desk.type("+100")
    assert "20.00 is missing of 120.00" in page.words
    assert "¥120.00" in page.html
    assert "Order 1" in desk.type("+120").words


def test_the_same_form_sent_twice_is_one_sale(park: Centre, desk: Desk) -> None:
    before = desk.type("1")
    desk.do("cash")
    desk.page = before
    desk.do("cash")
    assert balance(park, "drawer:north-1/1") == 320_00


def test_buttons_change_a_line_and_empty_the_basket(desk: Desk) -> None:
    desk.do("add:1")
    assert "¥240.00" in desk.do("more:0").html
    assert "¥120.00" in desk.do("less:0").html
    assert "Nothing chosen yet" in desk.do("less:0").words
    desk.do("add:2")
    assert "Nothing chosen yet" in desk.do("clear").words


def test_a_cheaper_ticket_names_the_document_that_is_looked_at(park: Centre, desk: Desk) -> None:
    rule = Eligibility(
        code="student",
        name_zh="学生",
        name_en="student",
        document_zh="学生证",
        document_en="student card",
        at_sale=True,
        at_gate=False,
    )
    prices.set_eligibility(park, computer_user(), rule)
    today = park.calendar.date_of(park.clock())
    rows = (PriceRow("", "", "", 40_00),)
    new = NewPrices(product="child", prices=rows, from_day=today, eligibility="student")
    prices.set_prices(park, computer_user(), new)
    assert "Check: student card" in desk.type("2").words
    assert "Order 1" in desk.type("+").words


def test_what_is_sold_out_says_so_and_sells_nothing(park: Centre, desk: Desk) -> None:
    prices.set_quota(park, computer_user(), "adult", None, 1)
    desk.type("1*2")
    assert "1 are left of 1" in desk.type("+").words
    desk.type("-1")
    assert "Order 1" in desk.type("+").words
    desk.type("1")
    assert "0 are left of 1" in desk.type("+").words
    assert balance(park, "liability") == -120_00


def test_a_time_slot_is_chosen_for_the_cashier_and_can_be_changed(park: Centre, desk: Desk) -> None:
    slots = (Slot(0, 23 * 60, 5), Slot(23 * 60, 24 * 60, 5))
    prices.set_slots(park, computer_user(), "adult", slots)
    page = desk.type("1")
    assert '<option value="23:00"' in page.html
    assert "Order 1" in desk.do("cash", **{"slot.0": "23:00"}).words
    sold = desk.client.get("/sell/order?no=1")
    assert "23:00" in sold.words


def test_a_card_needs_the_slip_and_never_the_cards_number(park: Centre, desk: Desk) -> None:
    desk.type("1")
    assert "without the slip" in desk.do("card").words
    page = desk.do("card", reference="4111111111111111")
    assert "looks like the number of a bank card" in page.words
    assert "4111" not in page.html
    assert "Order 1" in desk.do("card", reference="000123").words
    assert balance(park, "clearing:card") == 120_00


def test_one_ticket_is_paid_back_and_the_drawer_is_counted(park: Centre, desk: Desk) -> None:
    desk.type("1*2")
    desk.type("+")
    client = desk.client
    order = client.get("/sell/order?no=1")
    refund = re.search(r'name="id" value="(\w+)"', order.html)
    assert refund is not None
    done = client.post("/sell/refund", no="1", id=refund[1], serial="1", reason="ill")
    assert done.status == 303
    assert "120.00 paid back" in client.get(done.location).words
    client.get("/sell/shift?till=north-1")
    again = client.post("/sell/shift/close", till="north-1", counted="300")
    assert "Count once more" in client.get(again.location).words
    done = client.post("/sell/shift/close", till="north-1", counted="320")
    sheet = client.get(done.location)
    assert "Over or short0.00" in sheet.words.replace(" ", "").replace(
        "Overorshort", "Over or short"
    )
    assert balance(park, "safe:north") == 120_00


def test_a_large_refund_waits_for_a_lead(park: Centre, desk: Desk, entering: Entering) -> None:
    desk.type("1*5")
    desk.type("+")
    client = desk.client
    client.get("/sell/order?no=1")
    client.post("/sell/refund", no="1", id="r" * 32, reason="storm")
    lead = entering(Role.STATION_LEAD, station="north")
    assert "storm" in lead.get("/sell/refunds").words
    lead.post("/sell/refunds/agree", id="r" * 32)
    assert "No refund waits" in lead.get("/sell/refunds").words
    assert balance(park, "liability") == 0


def test_a_till_of_another_station_has_no_drawer_for_us(desk: Desk, entering: Entering) -> None:
    other = entering(Role.CASHIER, station="south")
    assert "North 1" not in other.get("/sell").words
    other.get("/sell?till=north-1")
    page = other.post("/sell", till="north-1", intent="x", line="adult*1", do="cash")
    assert "its shift is" in page.words


def test_an_accountant_sees_what_was_sold_and_what_is_owed(
    park: Centre, desk: Desk, entering: Entering
) -> None:
    desk.type("1*2")
    desk.type("2")
    desk.type("+")
    accountant = entering(Role.ACCOUNTANT)
    page = accountant.get("/money?by=product")
    assert "adult 1 2 2 240.00 0.00 240.00" in page.words
    assert "Total 3 3 300.00" in page.words
    assert "Sold, not used yet ¥300.00" in page.words
    assert accountant.get("/money?by=hat").status == 422
    assert entering(Role.CASHIER, station="north").get("/money").status == 403
