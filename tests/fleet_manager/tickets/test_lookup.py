"""A ticket is found by whatever somebody has of it: serial, printed number, code, as pasted."""

from dataclasses import replace

import pytest

from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.park_time import Calendar
from fleet_manager.services import tickets
from fleet_manager.services.tickets import Print, SaleRequest
from fleet_manager.tickets import lookup, sold
from gate_agent.validator.tickets.manual_code import manual_code, printed
from tests.fleet_manager.conftest import SHANGHAI
from tests.fleet_manager.services.test_act import ADMINISTRATOR


@pytest.fixture
def prints(park: Centre) -> list[Print]:
    """Of twenty tickets."""
    return tickets.issue(park, ADMINISTRATOR, SaleRequest(product="adult", count=20))


def serial(park: Centre, text: str) -> int:
    with park.store.read() as connection:
        return lookup.serial_of(connection, text, park.unlock)


def test_every_name_of_a_ticket_leads_to_it(park: Centre, prints: list[Print]) -> None:
    one = prints[16]
    bare = one.number.replace(" ", "")
    for text in ("17", "#17", "１７", one.number, bare, bare[:3] + "-" + bare[3:], one.code):
        for around in ("{}", " {} ", "\ufeff{}", '"{}"', "“{}”,", "\u00a0{}\u200b\r\n", "'{}';"):
            assert serial(park, around.format(text)) == 17, (text, around)


def test_the_number_of_an_older_print_leads_to_the_ticket_too(
    park: Centre, prints: list[Print]
) -> None:
    [again] = tickets.reprint(park, ADMINISTRATOR, [4])
    assert again.number != prints[3].number
    with park.store.read() as connection:
        older = lookup.by_number(connection, prints[3].number, park.unlock)
    assert (older.sold.ticket.issue, older.presented.issue) == (1, 0)
    assert serial(park, again.number) == 4


def test_check_digits_that_do_not_fit_are_named(park: Centre, prints: list[Print]) -> None:
    bare = prints[16].number.replace(" ", "")
    wrong = bare[:-1] + str((int(bare[-1]) + 1) % 10)
    with pytest.raises(CentreError, match="do not fit ticket 17") as caught:
        serial(park, wrong)
    assert "paper" in caught.value.hint


@pytest.mark.parametrize("text", ["21", "0", "99999999999999999999", "#", "", "nothing", "1 2 3"])
@pytest.mark.usefixtures("prints")
def test_what_names_no_ticket_is_refused_with_what_does(park: Centre, text: str) -> None:
    with pytest.raises(CentreError, match="cannot find ticket") as caught:
        serial(park, text)
    assert "printed below the code" in caught.value.hint


def test_a_number_that_means_two_tickets_is_no_answer(park: Centre, prints: list[Print]) -> None:
    ticket = prints[0].ticket
    pepper = park.unlock().pepper
    number = manual_code(pepper, ticket)
    with park.store.write() as connection:  # a park that has sold so many
        sold.insert(connection, [replace(ticket, serial=int(number))])
    with pytest.raises(CentreError, match="cannot tell which") as caught:
        serial(park, number)
    assert f"#{number}" in caught.value.hint
    assert serial(park, f"#{number}") == int(number)
    assert serial(park, printed(number)) == 1


def test_park_time_is_written_by_the_parks_clock() -> None:
    assert Calendar(SHANGHAI).text(1_795_406_400_999) == "2026-11-23 12:00:00"
