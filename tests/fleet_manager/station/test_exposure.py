"""Test what the persons of a conflict would have paid."""

import pytest

from fleet_manager.station.conflicts import Conflict, EntryUse, Movement, exposure_cents
from gate_agent.validator.reasons import Reason


@pytest.mark.parametrize(
    ("too_many", "price_cents", "cents"), [(1, 1000, 334), (2, 1000, 667), (3, 1000, 1000)]
)
def test_a_part_of_a_teams_price_is_rounded_up(too_many: int, price_cents: int, cents: int) -> None:
    entry = Movement(
        wall_ms=1,
        gate="gate-1",
        journal=b"j" * 16,
        seq=1,
        out=False,
        persons=too_many,
        day=1,
        product=1,
        admits=3,
        record=b"",
    )
    uses = (EntryUse(entry, too_many),)
    conflict = Conflict(1, Reason.USED, too_many, sure=True, uses=uses)
    assert exposure_cents(conflict, price_cents) == cents
