"""Connecting an event: everything is asked and checked before anything is kept."""

from datetime import date, timedelta

from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.pretix import sources
from fleet_manager.pretix.event import PretixEvent
from fleet_manager.pretix.event import connect as initialize
from fleet_manager.pretix.server import PretixError, PretixServer
from fleet_manager.pretix.sources import PretixSource
from fleet_manager.sellers import sellers
from gate_agent.validator.tickets.series import MAIN_SERIES, is_series

LONGEST_DAYS = 3660


def connect(
    park: Centre,
    series: str,
    url: str,
    slug: str,
    token: str,
    signed: bool,
    check_in_list: int | None,
    first: date | None,
    last: date | None,
) -> PretixSource:
    """A new series that this event sells. Raises CentreError. pretix's token is used up even if
    something behind it fails; what can be known before is checked before."""
    if not is_series(series) or series == MAIN_SERIES:
        raise CentreError(f"cannot use the series {series!r}: must be 1 to 16 of a-z, 0-9 and -")
    with park.store.read() as connection:
        if series in {one.series for one in sellers.every(connection)}:
            raise CentreError(f"cannot add the series {series}: it is there")
    organizer, key = initialize(PretixServer(url), token)
    event = PretixEvent(PretixServer(url, key), organizer, slug)
    start, end = _window(park, event, first, last)
    made = PretixSource(
        series, url, organizer, slug, _check_in_list(event, check_in_list), signed, start, end
    )
    if signed and not event.keys():
        raise PretixError(
            "cannot check signatures of this event: it has no key",
            "choose pretix' signature scheme 1 in the event's settings, and sell one ticket",
        )
    sources.keep_token(park.config.keys, series, key)
    with park.store.write() as connection:
        sources.add(connection, made)
    return made


def _window(
    park: Centre, event: PretixEvent, first: date | None, last: date | None
) -> tuple[int, int]:
    """Of tickets that name none, UTC seconds: whole days of the park."""
    start, end = event.window()
    zone = park.calendar.zone
    begin = first or start.astimezone(zone).date()
    finish = last or (end or start).astimezone(zone).date()
    days = (finish + timedelta(days=1) - begin).days
    if not 0 < days <= LONGEST_DAYS:
        raise CentreError(
            f"cannot use days from {begin} to {finish}: must be 1 to {LONGEST_DAYS} days"
        )
    return park.calendar.window(begin, days)


def _check_in_list(event: PretixEvent, wanted: int | None) -> int:
    found = event.check_in_lists()
    if wanted is None and len(found) == 1:
        return next(iter(found))
    if wanted not in found or wanted is None:
        names = ", ".join(f"{number} {name}" for number, name in found.items()) or "none"
        raise PretixError(
            f"cannot choose a check-in list: there are {names}", "name one with --check-in-list"
        )
    return wanted
