"""A box office in the middle of a day: a shift that was closed, one that is open, a refund that
waits, products of each kind on the buttons."""

from fleet_manager.access.actor import Actor, Role, Via, computer_user
from fleet_manager.centre import Centre
from fleet_manager.sales.orders.basket import Basket, WantedLine
from fleet_manager.sales.orders.tills import Till, TillKind
from fleet_manager.sales.prices.catalogue import Eligibility, PriceRow, Slot
from fleet_manager.services.sales import orders, prices, refunds, shifts, tills
from fleet_manager.services.sales.orders import PaidBy
from fleet_manager.services.sales.prices import NewPrices
from fleet_manager.services.sales.refunds import RefundRequest

TILL = "north-1"


def open_box_office(park: Centre) -> None:
    """Open a till, sell there, close its first shift, and ask for a refund in the second."""
    who = computer_user()
    today = park.calendar.date_of(park.clock())
    student = Eligibility(
        code="student",
        name_zh="学生",
        name_en="Student",
        document_zh="学生证",
        document_en="student card",
        at_sale=True,
        at_gate=True,
    )
    prices.set_eligibility(park, who, student)
    for code, fen, rule in (("adult", 120_00, ""), ("child", 60_00, "student")):
        rows = (PriceRow("", "", "", fen),)
        new = NewPrices(product=code, prices=rows, from_day=today, eligibility=rule)
        prices.set_prices(park, who, new)
    prices.set_slots(park, who, "child", (Slot(0, 24 * 60, 200),))
    prices.set_quota(park, who, "adult", None, 3000)
    tills.add(park, who, Till(TILL, "north", TillKind.WINDOW, "北门一号", "North 1"))
    shifts.open_shift(park, who, TILL, 500_00)
    line = WantedLine(product="adult", persons=2, day=today)
    orders.sell(park, who, Basket(intent="one", till=TILL, lines=(line,)), PaidBy())
    shifts.close_shift(park, who, TILL, 739_00)
    shifts.close_shift(park, who, TILL, 739_00, "one yuan is missing")
    shifts.open_shift(park, who, TILL, 500_00)
    many = WantedLine(product="adult", persons=6, day=today)
    sale = orders.sell(park, who, Basket(intent="two", till=TILL, lines=(many,)), PaidBy())
    wanted = RefundRequest(id="r", order_no=sale.order.no, reason="rain", till=TILL)
    refunds.ask(park, Actor("lei", Role.CASHIER, Via.PAGE, "10.0.0.7"), wanted)
