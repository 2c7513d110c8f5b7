"""Runs inside pretix's own environment: serves it on loopback, and does at its database what an
organizer does in the browser. One JSON object a line on standard input, one answer a line.

    python shop.py PORT          (PRETIX_CONFIG_FILE says where its data are)
"""

import base64
import datetime
import json
import os
import sys
import threading
from decimal import Decimal
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pretix.settings")
django.setup()

from django.utils.timezone import now  # noqa: E402
from django_scopes import scopes_disabled  # noqa: E402
from pretix.base.models import (  # noqa: E402
    Device,
    Event,
    Order,
    OrderPosition,
    Organizer,
)
from pretix.base.secrets import assign_ticket_secret  # noqa: E402
from pretix.base.services.orders import cancel_order  # noqa: E402
from pretix.wsgi import application  # noqa: E402


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None: ...


def open_event(slug: str, signed: bool) -> dict[str, Any]:
    """An organizer with one event, two products, a check-in list and a device to be connected."""
    organizer, _ = Organizer.objects.get_or_create(slug="park", defaults={"name": "Park"})
    event = Event.objects.create(
        organizer=organizer,
        name="Gardens",
        slug=slug,
        live=True,
        currency="EUR",
        date_from=now(),
        plugins="pretix.plugins.banktransfer",
    )
    if signed:
        event.settings.ticket_secret_generator = "pretix_sig1"
    items = [
        event.items.create(name=name, default_price=Decimal(price), admission=True)
        for name, price in (("Adult", "20.00"), ("Child", "10.00"))
    ]
    variation = items[1].variations.create(value="Under six")
    device = Device.objects.create(organizer=organizer, name=slug, all_events=True)
    return {
        "items": [item.pk for item in items],
        "variation": variation.pk,
        "list": event.checkin_lists.create(name="Gates", all_products=True).pk,
        "token": device.initialization_token,
    }


def sell(slug: str, item: int, count: int, status: str, hours: int | None) -> list[dict[str, Any]]:
    """An order with `count` tickets. `hours`: how long each is valid from now on."""
    event = Event.objects.get(slug=slug)
    order = Order.objects.create(
        event=event,
        status=status,
        email="guest@example.org",
        datetime=now(),
        expires=now() + datetime.timedelta(days=3),
        total=Decimal(0),
        locale="en",
        sales_channel=event.organizer.sales_channels.get(identifier="web"),
    )
    sold = []
    for number in range(1, count + 1):
        position = OrderPosition(
            order=order,
            item=event.items.get(pk=item),
            price=Decimal(0),
            positionid=number,
            valid_from=now() if hours else None,
            valid_until=now() + datetime.timedelta(hours=hours) if hours else None,
        )
        position.save()
        sold.append({"order": order.code, "id": position.pk, "secret": position.secret})
    return sold


def cancel(order: str) -> dict[str, Any]:
    """The whole order."""
    cancel_order(Order.objects.get(code=order).pk, send_mail=False)
    return {}


def block(position: int, blocked: bool) -> dict[str, Any]:
    """One ticket, by hand."""
    one = OrderPosition.objects.get(pk=position)
    one.blocked = ["admin"] if blocked else None
    one.save()
    one.blocked_secrets.update_or_create(
        event=one.order.event, secret=one.secret, defaults={"blocked": blocked}
    )
    one.order.touch()
    return {}


def renew(position: int) -> dict[str, Any]:
    """A new secret for a lost ticket."""
    one = OrderPosition.objects.get(pk=position)
    assign_ticket_secret(one.order.event, one, force_invalidate=True, save=True)
    one.order.touch()
    return {"secret": one.secret}


def checkins(position: int) -> list[dict[str, Any]]:
    """What pretix knows of a ticket's passages."""
    return [
        {"type": one.type, "at": one.datetime.timestamp(), "good": one.successful}
        for one in OrderPosition.objects.get(pk=position).all_checkins.order_by("datetime")
    ]


def public_key(slug: str) -> dict[str, Any]:
    """Of the event's signed tickets, PEM."""
    pem = Event.objects.get(slug=slug).settings.ticket_secrets_pretix_sig1_pubkey
    return {"pem": base64.b64decode(pem).decode()}


_DEEDS = {
    deed.__name__: deed for deed in (open_event, sell, cancel, block, renew, checkins, public_key)
}


def main(port: int) -> None:
    """Until standard input ends."""
    server = make_server("127.0.0.1", port, application, server_class=_Server, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.server_port}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        with scopes_disabled():
            answer = _DEEDS[asked.pop("do")](**asked)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
