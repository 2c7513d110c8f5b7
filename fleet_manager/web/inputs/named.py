"""Find the ticket that somebody names on a page."""

from sqlalchemy import Connection

from fleet_manager.explain import Explanation, explain
from fleet_manager.web.ask import Ask


def named_ticket(ask: Ask, connection: Connection, named: str, zone: int = 0) -> Explanation:
    """Return what the centre knows of a ticket, by serial, printed number or code. Raises
    CentreError for a number that is no ticket's."""
    vault, calendar = ask.centre.unlock(), ask.centre.calendar
    return explain(connection, named, vault, calendar, zone, ask.now_ms)
