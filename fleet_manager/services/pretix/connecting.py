"""Acts on the events of a pretix: connect one, say what its products are here."""

from dataclasses import dataclass
from datetime import date, timedelta

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.pretix import sources
from fleet_manager.pretix.event import PretixEvent
from fleet_manager.pretix.event import connect as initialize
from fleet_manager.pretix.server import PretixError, PretixServer
from fleet_manager.pretix.sources import PretixSource
from fleet_manager.sellers import sellers
from fleet_manager.services.act import performed, refusals
from gate_agent.validator.tickets.series import MAIN_SERIES, is_series

LONGEST_DAYS = 3660


@dataclass(frozen=True, slots=True, kw_only=True)
class EventConnection:
    """What to connect. `url`: of the pretix. `slug`: the event's short name. `token`: one-time
    token of a new device. `signed`: gates check pretix's own signature. `check_in_list`: its
    number, None if there is only one. `first`, `last`: days of tickets that name none, None for
    the event's."""

    series: str
    url: str
    slug: str
    token: str
    signed: bool = False
    check_in_list: int | None = None
    first: date | None = None
    last: date | None = None


def connect(centre: Centre, who: Actor, connection: EventConnection) -> PretixSource:
    """Connect an event as a new series of codes, and return it.

    pretix's token is used up even if something behind it fails; whatever can be checked before is
    checked before. Raises CentreError.
    """
    with refusals(centre, who, Act.PRETIX_CONNECT, f"series {connection.series}"):
        source, key = _initialized(centre, connection)
        sources.save_token(centre.config.keys, connection.series, key)
    with performed(centre, who, Act.PRETIX_CONNECT, f"series {connection.series}") as deed:
        sources.add(deed.connection, source)
        deed.after = {"url": source.url, "event": f"{source.organizer}/{source.event}"}
    return source


def map_item(
    centre: Centre, who: Actor, series: str, item: tuple[int, int], product: str | None
) -> None:
    """Say which product (item, variation) of pretix is here; None: it is nothing here.

    Raises CentreError.
    """
    subject = f"series {series}, item {item[0]}/{item[1]}"
    with performed(centre, who, Act.PRETIX_MAP, subject) as deed:
        source = sources.find(deed.connection, series)
        before = sources.mapping(deed.connection, series).get(item)
        sources.map_item(deed.connection, source, *item, product)
        deed.before, deed.after = {"product": before}, {"product": product}


def _initialized(park: Centre, connection: EventConnection) -> tuple[PretixSource, str]:
    """Return the event, and the key that pretix gave for the token."""
    series, slug, signed = connection.series, connection.slug, connection.signed
    if not is_series(series) or series == MAIN_SERIES:
        raise CentreError(f"cannot use the series {series!r}: must be 1 to 16 of a-z, 0-9 and -")
    with park.store.read() as database:
        if series in {seller.series for seller in sellers.every(database)}:
            raise CentreError(f"cannot add the series {series}: it is there")
    organizer, key = initialize(PretixServer(connection.url), connection.token)
    event = PretixEvent(PretixServer(connection.url, key), organizer, slug)
    start, end = _window(park, event, connection.first, connection.last)
    source = PretixSource(
        series,
        connection.url,
        organizer,
        slug,
        _check_in_list(event, connection.check_in_list),
        signed,
        start,
        end,
    )
    if signed and not event.keys():
        raise PretixError(
            "cannot check signatures of this event: it has no key",
            "choose pretix' signature scheme 1 in the event's settings, and sell one ticket",
        )
    return source, key


def _window(
    park: Centre, event: PretixEvent, first: date | None, last: date | None
) -> tuple[int, int]:
    """Return (not before, expires at) of tickets that name no time, UTC seconds: whole days of the
    park."""
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


def _check_in_list(event: PretixEvent, number: int | None) -> int:
    lists = event.check_in_lists()
    if number is None and len(lists) == 1:
        return next(iter(lists))
    if number not in lists or number is None:
        names = ", ".join(f"{no} {name}" for no, name in lists.items()) or "none"
        raise PretixError(
            f"cannot choose a check-in list: there are {names}", "name one with --check-in-list"
        )
    return number
