"""Test who sold which ticket, at both ends of each sale."""

from fleet_manager.access.actor import program
from fleet_manager.centre import Centre
from fleet_manager.services.tickets import SaleRequest, issue
from fleet_manager.tickets.sold_list import Sellers


def test_the_first_and_the_last_ticket_of_a_sale_are_its_sellers(park: Centre) -> None:
    for name, count in (("li", 3), ("wang", 1), ("zhao", 2)):
        issue(park, program(name), SaleRequest(product="adult", count=count))
    with park.store.read() as connection:
        sellers = Sellers(connection)
    names = [sellers.of(serial) for serial in range(8)]
    assert names == ["", "li", "li", "li", "wang", "zhao", "zhao", ""]
