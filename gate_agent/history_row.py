"""A History as a row of a table, and back: for what the journal says, and for what was heard."""

from collections.abc import Callable, Sequence
from operator import attrgetter

from gate_agent.validator.history import History

COLUMNS = ", ".join(History.__slots__)
DEFINITION = ", ".join(f"{name} INTEGER NOT NULL" for name in History.__slots__)
MARKS = ", ".join("?" * len(History.__slots__))

to_row: Callable[[History], tuple[int, ...]] = attrgetter(*History.__slots__)


def from_row(row: Sequence[object]) -> History:
    """What `to_row` made a row of. Raises TypeError for a damaged one."""
    if any(type(value) is not int for value in row):
        raise TypeError("what it says of a ticket is damaged")
    entered, day, today, inside, reserved, last_in_ms, left_since, last_out_ms, alone = row
    numbers = (entered, day, today, inside, reserved, last_in_ms)
    return History(*numbers, bool(left_since), last_out_ms, alone)  # type: ignore[arg-type]
