"""Show tickets as they are handed out: code, number, and what the visitor must know."""

from collections.abc import Sequence

from markupsafe import Markup

from fleet_manager.services.tickets import Print
from fleet_manager.tickets import products
from fleet_manager.tickets.pictures import Format, Level, draw, element
from fleet_manager.web.ask import Answer, Ask, show


def shown_prints(ask: Ask, prints: Sequence[Print]) -> Answer:
    """Return the page from which tickets are printed, one on a sheet of the printer."""
    with ask.centre.store.read() as connection:
        names = {item.id: (item.name_zh, item.name_en) for item in products.every(connection)}
    calendar = ask.centre.calendar
    sheets = [
        {
            "serial": handed.ticket.serial,
            "number": handed.number,
            "picture": picture(handed),
            "names": names.get(handed.ticket.product, ("", "")),
            "admits": handed.ticket.admits,
            "from": calendar.date_of(handed.ticket.not_before * 1000),
            "to": calendar.date_of(handed.ticket.expires_at * 1000 - 1),
            "print": handed.ticket.issue,
        }
        for handed in prints
    ]
    return show("prints.html", sheets=sheets)


def picture(handed: Print) -> Markup:
    """Return a ticket's code as SVG inside a page. It holds nothing that somebody typed."""
    svg = draw(handed.code, Format.SVG, Level.M)
    return Markup(element(svg))  # noqa: S704 - our own drawing
