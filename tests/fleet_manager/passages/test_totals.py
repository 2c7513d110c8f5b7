"""Test the sums of one line of the counts: what counts as let in by staff."""

import pytest

from fleet_manager.passages.counts import Totals
from gate_agent.validator.passage import Direction, PassageKind
from gate_agent.validator.reasons import Reason


@pytest.mark.parametrize(
    ("reason", "overridden"),
    [(0, 0), (Reason.PASSBACK, 0), (Reason.INSIDE, 0), (Reason.VOID, 3), (Reason.TYPED, 3)],
)
def test_soft_anti_passback_is_no_act_of_staff(reason: int, overridden: int) -> None:
    totals = Totals()
    totals.add_tally(PassageKind.TAKEN, Direction.IN, reason, (1, 3, 0))
    assert (totals.entries, totals.overridden) == (3, overridden)
