"""How a History stands in a table, of the journal's own records and of other gates' reports."""

from collections.abc import Sequence

from gate_agent.validator.history import History

NAMES = (
    "entered",
    "day",
    "entered_today",
    "inside",
    "reserved",
    "last_in_ms",
    "left_since",
    "last_out_ms",
    "alone",
)
"""Columns in the order of History's fields. They are names in files on boards: they stay, whatever
the fields are called."""

COLUMNS = ", ".join(NAMES)
DEFINITION = ", ".join(f"{name} INTEGER NOT NULL" for name in NAMES)
MARKS = ", ".join("?" * len(NAMES))
_TRUTH_VALUE = NAMES.index("left_since")


def from_row(row: Sequence[object]) -> History:
    """Return the history in a row of COLUMNS. Raises TypeError for a damaged one."""
    if any(type(value) is not int for value in row):
        raise TypeError("what it says of a ticket is damaged")
    at = _TRUTH_VALUE
    return History._make((*row[:at], bool(row[at]), *row[at + 1 :]))
