"""One event of a pretix server: its products and tickets, and the reports of who came in.

Source: pretix's REST documentation, "Orders", "Check-in", "Device authentication".
"""

import base64
import binascii
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from fleet_manager.pretix.orders import ORDER_FIELDS, OrderPosition, positions, secrets
from fleet_manager.pretix.server import SOFTWARE, PretixError, PretixServer

SCHEME = "pretix_sig1"


@dataclass(frozen=True, slots=True)
class PretixItem:
    """Something that is sold. `variation`: 0 for the product itself. `name`: for people."""

    item: int
    variation: int
    name: str


@dataclass(frozen=True, slots=True)
class RedeemOutcome:
    """The answer of pretix to one passage. `reason`: why it refused; empty for accepted."""

    reason: str = ""


def connect(server: PretixServer, token: str) -> tuple[str, str]:
    """Return (organizer, API token) for the initialization token of a new device, which is used up
    by it. Raises PretixError."""
    answer = server.post(
        "device/initialize",
        {
            "token": token,
            "hardware_brand": "scenic-gate",
            "hardware_model": socket.gethostname()[:100] or "centre",
            "software_brand": "scenic-gate",
            "software_version": SOFTWARE,
        },
    )
    body = answer.body if isinstance(answer.body, dict) else {}
    organizer, key = body.get("organizer"), body.get("api_token")
    if answer.status != 200 or not isinstance(organizer, str) or not isinstance(key, str):
        said = body.get("token")
        text = said[0] if isinstance(said, list) and said else f"it answered {answer.status}"
        raise PretixError(
            f"cannot connect to pretix: {str(text)[:200]}",
            "make a new device in pretix (Organizer, Devices) and use the token that it shows",
        )
    return organizer, key


class PretixEvent:
    """`slug`: the event's short name. Every method raises PretixError."""

    def __init__(self, server: PretixServer, organizer: str, slug: str) -> None:
        self._server = server
        self._organizer = f"organizers/{organizer}/"
        self._path = f"{self._organizer}events/{slug}/"

    def items(self) -> list[PretixItem]:
        """Return the products, each variation for itself."""
        items: list[PretixItem] = []
        for page in self._server.pages(f"{self._path}items/"):
            with _readable("a product"):
                for row in page.body:
                    number, name = int(row["id"]), _name(row.get("name"))
                    items.append(PretixItem(number, 0, name))
                    items += [
                        PretixItem(number, int(part["id"]), f"{name}, {_name(part.get('value'))}")
                        for part in row.get("variations") or ()
                    ]
        return items

    def keys(self) -> list[bytes]:
        """Return the public keys, 32 bytes each, under which its signed tickets are good."""
        body = self._server.get(self._path).body
        with _readable("the keys of an event"):
            return [_public(text) for text in (body.get("valid_keys") or {}).get(SCHEME) or []]

    def window(self) -> tuple[datetime, datetime | None]:
        """Return its beginning and its end, None for an end that it does not name."""
        body = self._server.get(self._path).body
        if not isinstance(body, dict):
            raise PretixError("cannot read an answer of pretix: not an event")
        if body.get("has_subevents"):
            raise PretixError(
                "cannot use an event series",
                "connect one event for each season, or bring its tickets in by CSV",
            )
        try:
            end = body.get("date_to")
            start = datetime.fromisoformat(body["date_from"])
            return start, None if end is None else datetime.fromisoformat(end)
        except (KeyError, TypeError, ValueError):
            raise PretixError("cannot read an event of pretix: date_from must be a time") from None

    def check_in_lists(self) -> dict[int, str]:
        """Return the names of its check-in lists, by number."""
        names: dict[int, str] = {}
        for page in self._server.pages(f"{self._path}checkinlists/"):
            with _readable("a check-in list"):
                names |= {int(row["id"]): _name(row["name"]) for row in page.body}
        return names

    def orders(self, since: str) -> Iterator[tuple[list[OrderPosition], str]]:
        """Yield (tickets, time of the page as pretix writes it) for each page of the orders that
        changed after `since`, of all orders if that is empty. In the order in which they were
        made: an order that changes meanwhile moves no other off its page."""
        fields: dict[str, str | list[str]] = {
            "ordering": "datetime",
            "include_canceled_positions": "true",
            "include": list(ORDER_FIELDS),
        }
        if since:
            fields["modified_since"] = since
        for page in self._server.pages(f"{self._path}orders/", fields):
            yield [ticket for order in page.body for ticket in positions(order)], page.generated

    def revoked(self) -> Iterator[tuple[str, bool]]:
        """Yield (secret, whether it is blocked now) of every signed ticket that was revoked or ever
        blocked."""
        for name in ("revokedsecrets", "blockedsecrets"):
            for page in self._server.pages(f"{self._path}{name}/"):
                yield from secrets(page.body)

    def redeem(
        self, secret: str, check_in_list: int, *, entry: bool, at_ms: int, nonce: str
    ) -> RedeemOutcome:
        """Report one passage that has happened, `at_ms` UTC: pretix is not asked whether it may.
        The same `nonce` again changes nothing."""
        at = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
        answer = self._server.post(
            f"{self._organizer}checkinrpc/redeem/",
            {
                "secret": secret,
                "lists": [check_in_list],
                "type": "entry" if entry else "exit",
                "datetime": at,
                "force": True,
                "ignore_unpaid": True,
                "questions_supported": False,
                "nonce": nonce,
            },
        )
        if answer.status == 201:
            return RedeemOutcome()
        body = answer.body if isinstance(answer.body, dict) else {}
        reason = body.get("reason") or body.get("lists") or body.get("detail") or answer.status
        return RedeemOutcome(str(reason)[:100])


@contextmanager
def _readable(what: str) -> Iterator[None]:
    """Raise PretixError for an answer that has another shape than `what` should have."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError):
        raise PretixError(f"cannot read {what} of pretix: not as its documentation says") from None


def _name(value: object) -> str:
    """Return a text of pretix, which is a text, or a text for each language: the first."""
    texts = list(value.values()) if isinstance(value, dict) else [value]
    text = str(texts[0]) if texts and texts[0] else "?"
    return "".join(c for c in text[:60] if c.isprintable())


def _public(text: Any) -> bytes:
    try:
        key = load_pem_public_key(base64.b64decode(text, validate=True))
    except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise PretixError("cannot read a key of pretix: not an Ed25519 public key")
    return key.public_bytes_raw()
