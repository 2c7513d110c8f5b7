"""A History is a row of a table, for what the journal says and for what was heard; and back."""

from collections.abc import Sequence

from gate_agent.validator.history import History

COLUMNS = ", ".join(History._fields)
DEFINITION = ", ".join(f"{name} INTEGER NOT NULL" for name in History._fields)
LEFT_SINCE = History._fields.index("left_since")
MARKS = ", ".join("?" * len(History._fields))


def from_row(row: Sequence[object]) -> History:
    """The history that the row is. Raises TypeError for a damaged one."""
    if any(type(value) is not int for value in row):
        raise TypeError("what it says of a ticket is damaged")
    at = LEFT_SINCE
    return History._make((*row[:at], bool(row[at]), *row[at + 1 :]))
