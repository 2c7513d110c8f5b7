"""Names of series: whose serials or codes a ticket's number belongs to."""

import re

MAIN_SERIES = "main"
"""The series of the park's own tickets, which are listed by serial."""
_SERIES = re.compile(r"[a-z0-9][a-z0-9-]{0,15}")


def is_series(text: str) -> bool:
    """Return whether a text can name a series: 1 to 16 of a-z, 0-9 and -, not - first."""
    return _SERIES.fullmatch(text) is not None
