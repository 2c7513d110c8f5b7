"""What pretix's device API answers: the part of it that the centre uses."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hardware_sim.pretix.shop import SimEvent, SimOrder, SimShop, pem_text, time_text

ORGANIZER = "park"
PAGE_ROWS = 50


class Api:
    """Over the organizer's `shop`. `url`: how links in its answers begin."""

    def __init__(self, shop: SimShop, url: str) -> None:
        self._shop = shop
        self._url = url
        self._nonces: set[tuple[int, str]] = set()

    def answer(self, method: str, target: str, token: str, body: Any) -> tuple[int, Any]:
        """Return (status, JSON) for one request."""
        parts = urlsplit(target)
        path, query = parts.path.removeprefix("/api/v1/"), parse_qs(parts.query)
        with self._shop.lock:
            if path == "device/initialize" and method == "POST":
                return self._initialize(body)
            if not any(token in event.tokens for event in self._shop.events.values()):
                return 401, {"detail": "Invalid token."}
            if path == f"organizers/{ORGANIZER}/checkinrpc/redeem/" and method == "POST":
                return self._redeem(body)
            prefix = f"organizers/{ORGANIZER}/events/"
            slug, _, rest = path.removeprefix(prefix).partition("/")
            event = self._shop.events.get(slug) if path.startswith(prefix) else None
            rows = None if event is None else self._rows(event, rest, query)
            if event is not None and rest == "":
                keys = (
                    [base64.b64encode(pem_text(event.key).encode()).decode()] if event.key else []
                )
                return 200, {
                    "slug": slug,
                    "has_subevents": False,
                    "date_from": time_text(datetime.now(UTC)),
                    "date_to": None,
                    "valid_keys": {"pretix_sig1": keys},
                }
            if rows is None:
                return 404, {"detail": "Not found."}
            return 200, _page(self._url, parts.path, query, rows)

    def _rows(
        self, event: SimEvent, rest: str, query: Mapping[str, list[str]]
    ) -> list[dict[str, Any]] | None:
        since = query.get("modified_since", query.get("created_since", [""]))[0]
        match rest:
            case "orders/":
                return [_shown(row) for row in event.orders if row.modified >= since]
            case "revokedsecrets/":
                return [row for row in event.revoked if row["created"] >= since]
            case "blockedsecrets/":
                since = query.get("updated_since", [""])[0]
                return [row for row in event.blocked.values() if row["updated"] >= since]
            case "items/":
                adult, child = event.items
                under_six = {"id": event.variation, "value": {"en": "Under six"}}
                return [
                    {"id": adult, "name": {"en": "Adult"}, "variations": []},
                    {"id": child, "name": {"en": "Child"}, "variations": [under_six]},
                ]
            case "checkinlists/":
                return [{"id": event.checkin_list, "name": "Gates"}]
        return None

    def _initialize(self, body: Any) -> tuple[int, Any]:
        event = self._shop.waiting.pop(body.get("token", ""), None)
        if event is None:
            return 400, {"token": ["Unknown initialization token."]}
        token = self._shop.letters(64)
        event.tokens.add(token)
        return 200, {"organizer": ORGANIZER, "api_token": token}

    def _redeem(self, body: Any) -> tuple[int, Any]:
        position = self._position_of(body["secret"], body["lists"])
        if position is None:
            return 404, {"detail": "Not found.", "status": "error", "reason": "invalid"}
        past = self._shop.passages.setdefault(position, [])
        if (position, body["nonce"]) not in self._nonces:
            if past and body["type"] == "entry" and not body["force"]:
                return 400, {"status": "error", "reason": "already_redeemed"}
            self._nonces.add((position, body["nonce"]))
            at = datetime.fromisoformat(body["datetime"]).timestamp()
            past.append({"type": body["type"], "at": at, "good": True})
        return 201, {"status": "ok"}

    def _position_of(self, secret: str, lists: list[int]) -> int | None:
        """Return the ticket that the secret stands on, or stood on before it was renewed."""
        for event in self._shop.events.values():
            position = _secrets(event).get(secret)
            if position is not None and event.checkin_list in lists:
                return position
        return None


def _secrets(event: SimEvent) -> dict[str, int]:
    """Return each ticket by its secret, and by those that it had before."""
    tickets = {row["secret"]: int(row["position"]) for row in event.revoked}
    return tickets | {
        ticket.secret: ticket.id for order in event.orders for ticket in order.positions
    }


def _page(
    url: str, path: str, query: Mapping[str, list[str]], rows: list[dict[str, Any]]
) -> dict[str, Any]:
    number = int(query.get("page", ["1"])[0])
    end = number * PAGE_ROWS
    following = f"{url}{path}?page={number + 1}" if end < len(rows) else None
    return {"count": len(rows), "next": following, "results": rows[end - PAGE_ROWS : end]}


def _shown(order: SimOrder) -> dict[str, Any]:
    return {
        "code": order.code,
        "status": order.status,
        "valid_if_pending": False,
        "positions": [
            {
                "id": ticket.id,
                "secret": ticket.secret,
                "item": ticket.item,
                "variation": None,
                "subevent": None,
                "canceled": False,
                "blocked": ["admin"] if ticket.blocked else None,
                "valid_from": ticket.valid_from,
                "valid_until": ticket.valid_until,
            }
            for ticket in order.positions
        ],
    }
