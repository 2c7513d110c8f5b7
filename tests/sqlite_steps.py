"""What SQLite's machine does, counted: no other work on this one changes that."""

import sqlite3
from collections.abc import Callable

SLACK = 60
"""Steps that a tree with a level more may cost."""


def steps_of(db: sqlite3.Connection, act: Callable[[], object]) -> int:
    """Steps of `act`."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    db.set_progress_handler(step, 1)
    try:
        act()
    finally:
        db.set_progress_handler(None, 1)
    return count
