"""The contract with pretix: one suite, over the simulated server and over a real one."""

import base64

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from fleet_manager.pretix.event import PretixEvent, RedeemOutcome, connect
from fleet_manager.pretix.server import PretixError, PretixServer
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.tickets.pretix_ticket import parse
from gate_agent.validator.trust.keys import KeyUse, PublicKey
from tests.pretix.conftest import Shop

NOON_MS = 1_795_406_400_000


def opened(shop: Shop, slug: str, *, signed: bool) -> tuple[PretixEvent, dict[str, int], int]:
    """(the event as the centre sees it, its products by name, its check-in list)."""
    made = shop.open_event(slug, signed)
    organizer, token = connect(PretixServer(shop.url), made["token"])
    items = {"adult": made["items"][0], "child": made["items"][1], "under": made["variation"]}
    return PretixEvent(PretixServer(shop.url, token), organizer, slug), items, made["list"]


def test_a_token_connects_once(shop: Shop, slug: str) -> None:
    token = shop.open_event(slug, False)["token"]
    organizer, key = connect(PretixServer(shop.url), token)
    assert organizer == "park"
    assert key
    with pytest.raises(PretixError, match="cannot connect"):
        connect(PretixServer(shop.url), token)


def test_a_wrong_token_is_refused(shop: Shop, slug: str) -> None:
    shop.open_event(slug, False)
    with pytest.raises(PretixError, match="401"):
        PretixEvent(PretixServer(shop.url, "x" * 64), "park", slug).items()


def test_an_event_that_is_not_there(shop: Shop, slug: str) -> None:
    event, _items, _list = opened(shop, slug, signed=False)
    assert event.items()
    token = shop.open_event(f"{slug}b", False)["token"]
    organizer, key = connect(PretixServer(shop.url), token)
    with pytest.raises(PretixError, match=r"40[34]"):
        PretixEvent(PretixServer(shop.url, key), organizer, "no-such-event").items()


def test_products_and_lists(shop: Shop, slug: str) -> None:
    event, items, check_in = opened(shop, slug, signed=False)
    found = {(one.item, one.variation): one.name for one in event.items()}
    assert found[items["adult"], 0] == "Adult"
    assert found[items["child"], items["under"]] == "Child, Under six"
    assert event.check_in_lists() == {check_in: "Gates"}
    assert event.keys() == []
    start, end = event.window()
    assert start.tzinfo is not None
    assert end is None


def test_tickets_of_orders(shop: Shop, slug: str) -> None:
    event, items, _ = opened(shop, slug, signed=False)
    paid = shop.sell(slug, items["adult"], 2, "p", None)
    (waiting,) = shop.sell(slug, items["child"], 1, "n", 4)
    pages = list(event.orders(""))
    found = {one.id: one for tickets, _ in pages for one in tickets}
    assert {found[one["id"]].secret for one in paid} == {one["secret"] for one in paid}
    assert {found[one["id"]].status for one in paid} == {TicketStatus.VALID}
    limited = found[waiting["id"]]
    assert limited.status is TicketStatus.SUSPENDED
    assert limited.item == items["child"]
    assert limited.valid_from is not None
    assert limited.valid_until == limited.valid_from + 4 * 3600
    assert pages[0][1]


def test_only_what_changed_comes_again(shop: Shop, slug: str) -> None:
    event, items, _ = opened(shop, slug, signed=False)
    first = shop.sell(slug, items["adult"], 1, "p", None)[0]
    shop.sell(slug, items["adult"], 1, "p", None)
    since = next(event.orders(""))[1]
    assert [tickets for tickets, _ in event.orders(since)] == [[]]
    shop.cancel(first["order"])
    ((tickets, _),) = event.orders(since)
    assert [(one.id, one.status) for one in tickets] == [(first["id"], TicketStatus.VOID)]


def test_a_blocked_ticket_and_a_new_secret(shop: Shop, slug: str) -> None:
    event, items, _ = opened(shop, slug, signed=False)
    one, two = shop.sell(slug, items["adult"], 2, "p", None)
    shop.block(one["id"], True)
    fresh = shop.renew(two["id"])["secret"]
    found = {ticket.id: ticket for tickets, _ in event.orders("") for ticket in tickets}
    assert found[one["id"]].status is TicketStatus.SUSPENDED
    assert found[two["id"]].secret == fresh != two["secret"]
    shop.block(one["id"], False)
    found = {ticket.id: ticket for tickets, _ in event.orders("") for ticket in tickets}
    assert found[one["id"]].status is TicketStatus.VALID


def test_signed_tickets_and_their_key(shop: Shop, slug: str) -> None:
    event, items, _ = opened(shop, slug, signed=True)
    (sold,) = shop.sell(slug, items["child"], 1, "p", 4)
    (public,) = event.keys()
    ticket = parse(sold["secret"].encode())
    assert ticket.item == items["child"]
    assert ticket.valid_until - ticket.valid_from == 4 * 3600
    assert ticket.signed_by(PublicKey.of(public, KeyUse.TICKET, "pretix"))
    pem = shop.public_key(slug)["pem"]
    key = load_pem_public_key(pem.encode())
    assert base64.b64encode(public) == base64.b64encode(key.public_bytes_raw())  # type: ignore[union-attr]


def test_revoked_and_blocked_signed_tickets(shop: Shop, slug: str) -> None:
    event, items, _ = opened(shop, slug, signed=True)
    one, two, three = shop.sell(slug, items["adult"], 3, "p", None)
    (gone,) = shop.sell(slug, items["adult"], 1, "p", None)
    shop.block(one["id"], True)
    shop.renew(two["id"])
    shop.block(three["id"], True)
    shop.block(three["id"], False)
    shop.cancel(gone["order"])
    found = dict(event.revoked())
    assert found[one["secret"]] is True
    assert found[two["secret"]] is True
    assert found[gone["secret"]] is True
    assert found[three["secret"]] is False


def test_a_passage_is_told_once(shop: Shop, slug: str) -> None:
    event, items, check_in = opened(shop, slug, signed=False)
    (sold,) = shop.sell(slug, items["adult"], 1, "p", None)
    for _ in range(2):
        said = event.redeem(sold["secret"], check_in, entry=True, at_ms=NOON_MS, nonce="n-1")
        assert said == RedeemOutcome()
    said = event.redeem(sold["secret"], check_in, entry=False, at_ms=NOON_MS + 1000, nonce="n-2")
    assert said == RedeemOutcome()
    found = [(one["type"], round(one["at"] * 1000)) for one in shop.checkins(sold["id"])]
    assert found == [("entry", NOON_MS), ("exit", NOON_MS + 1000)]


def test_a_second_entry_and_a_cancelled_ticket_are_told_all_the_same(shop: Shop, slug: str) -> None:
    event, items, check_in = opened(shop, slug, signed=True)
    one, _ = shop.sell(slug, items["adult"], 2, "p", None)
    for number in (1, 2):
        at_ms = NOON_MS + number
        said = event.redeem(one["secret"], check_in, entry=True, at_ms=at_ms, nonce=f"m-{number}")
        assert said == RedeemOutcome()
    shop.cancel(one["order"])
    said = event.redeem(one["secret"], check_in, entry=True, at_ms=NOON_MS, nonce="m-3")
    assert said == RedeemOutcome()


def test_a_ticket_that_pretix_does_not_know_is_refused_for_good(shop: Shop, slug: str) -> None:
    event, _items, check_in = opened(shop, slug, signed=False)
    said = event.redeem("no-such-secret", check_in, entry=True, at_ms=NOON_MS, nonce="k-1")
    assert said == RedeemOutcome("invalid")
