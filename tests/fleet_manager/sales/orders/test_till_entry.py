"""What a cashier types, scans or presses into the one field of a till."""

import pytest

from fleet_manager.errors import CentreError
from fleet_manager.sales.orders.till_entry import (
    AddPersons,
    GivenCash,
    Nothing,
    ScannedPayment,
    TicketText,
    TillEntry,
    read,
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", Nothing()),
        ("  ", Nothing()),
        ("1", AddPersons(1, 1)),
        ("12", AddPersons(12, 1)),
        ("1*3", AddPersons(1, 3)),
        ("２×１０", AddPersons(2, 10)),
        ("-1", AddPersons(1, -1)),
        ("-1*2", AddPersons(1, -2)),
        ("+", GivenCash(None)),
        ("+200", GivenCash(20000)),
        ("+200.5", GivenCash(20050)),
        ("+0.05", GivenCash(5)),
        ("134567890123456789", ScannedPayment("134567890123456789")),
        ("2812345678901234", ScannedPayment("2812345678901234")),
        ("#123", TicketText("#123")),
        ("200", TicketText("200")),
    ],
)
def test_an_entry_has_one_meaning(typed: str, meant: TillEntry) -> None:
    assert read(typed) == meant


def test_an_entry_without_end_is_refused() -> None:
    with pytest.raises(CentreError, match="at most 600"):
        read("7" * 601)
