"""A pretix that fails: every answer is mistrusted, and what may work later is said to."""

import random
from collections.abc import Iterator

import pytest

from fleet_manager.pretix.event import PretixEvent, connect
from fleet_manager.pretix.orders import positions
from fleet_manager.pretix.server import MAX_ANSWER_BYTES, PretixError, PretixServer
from gate_agent.validator.lists.ticket_list import TicketStatus
from hardware_sim.pretix.api import PAGE_ROWS
from hardware_sim.pretix.server import SimPretixServer


@pytest.fixture
def sim() -> Iterator[SimPretixServer]:
    made = SimPretixServer(random.Random(7))
    yield made
    made.close()


@pytest.fixture
def event(sim: SimPretixServer) -> PretixEvent:
    organizer, token = connect(PretixServer(sim.url), sim.open_event("gardens", False)["token"])
    return PretixEvent(PretixServer(sim.url, token, pause_s=0.0), organizer, "gardens")


@pytest.mark.parametrize("url", ["", "tickets.example", "ftp://x", "https://", "https://x/?a=b"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(PretixError, match="must be like https"):
        PretixServer(url)


def test_many_pages(sim: SimPretixServer, event: PretixEvent) -> None:
    item = sim.events["gardens"].items[0]
    for _ in range(2 * PAGE_ROWS + 1):
        sim.sell("gardens", item, 1, "p", None)
    pages = [len(tickets) for tickets, _ in event.orders("")]
    assert pages == [PAGE_ROWS, PAGE_ROWS, 1]


def test_a_short_outage_is_waited_out(sim: SimPretixServer, event: PretixEvent) -> None:
    sim.faults.extend([(503, b""), (502, b"<html>")])
    assert event.check_in_lists()
    assert sim.requests[-3:] == [sim.requests[-1]] * 3


def test_a_long_outage_passes_later(sim: SimPretixServer, event: PretixEvent) -> None:
    sim.faults.extend([(503, b"")] * 3)
    with pytest.raises(PretixError, match="503") as caught:
        event.check_in_lists()
    assert caught.value.passing
    assert event.check_in_lists()


def test_a_connection_that_breaks(sim: SimPretixServer, event: PretixEvent) -> None:
    sim.faults.extend([(0, b"")] * 3)
    with pytest.raises(PretixError, match="cannot reach pretix") as caught:
        event.check_in_lists()
    assert caught.value.passing


def test_a_server_that_is_gone(sim: SimPretixServer) -> None:
    url = sim.url
    gone = SimPretixServer(random.Random(1))
    url = gone.url
    gone.close()
    with pytest.raises(PretixError, match="cannot reach pretix") as caught:
        PretixServer(url, pause_s=0.0).get("version")
    assert caught.value.passing


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<html>", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"results": 1}', "not a page"),
        (b'{"results": [], "next": 7}', "leads elsewhere"),
        (b'{"results": [], "next": "https://evil.example/"}', "leads elsewhere"),
        (b'{"results": [7], "next": null}', "not an object"),
        (b'{"results": [{}], "next": null}', "status must be"),
        (b'{"results": [{"status": "p"}], "next": null}', "positions must be"),
        (b'{"results": [{"status": "p", "positions": [{"secret": "a\\u0007"}]}]}', "id must be"),
        (b" " * (MAX_ANSWER_BYTES + 1), "of more than"),
    ],
)
def test_an_answer_that_cannot_be_used(
    sim: SimPretixServer, event: PretixEvent, body: bytes, why: str
) -> None:
    sim.faults.append((200, body))
    with pytest.raises(PretixError, match=why):
        list(event.orders(""))


GOOD = {"id": 1, "secret": "s", "item": 1, "variation": None, "subevent": None}


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("id", 0, "id must be a number"),
        ("id", True, "id must be a number"),
        ("item", None, "item must be a number"),
        ("secret", "a\n", "secret must be a text"),
        ("secret", "x" * 300, "secret must be a text"),
        ("canceled", 1, "canceled must be true or false"),
        ("valid_from", "soon", "valid_from must be a time"),
        ("valid_until", "2026-11-23T08:00:00", "valid_until must be a time with its zone"),
        ("valid_until", 7, "valid_until must be a time"),
    ],
)
def test_a_ticket_that_cannot_be_used(name: str, value: object, why: str) -> None:
    assert next(positions({"status": "p", "positions": [GOOD]})).status is TicketStatus.VALID
    with pytest.raises(PretixError, match=why):
        list(positions({"status": "p", "positions": [GOOD | {name: value}]}))


@pytest.mark.parametrize(
    ("order", "position", "status"),
    [
        ({"status": "n"}, {}, TicketStatus.SUSPENDED),
        ({"status": "n", "valid_if_pending": True}, {}, TicketStatus.VALID),
        ({"status": "e"}, {}, TicketStatus.VOID),
        ({"status": "c"}, {"blocked": ["admin"]}, TicketStatus.VOID),
        ({"status": "p"}, {"canceled": True}, TicketStatus.VOID),
        ({"status": "p"}, {"blocked": ["admin"]}, TicketStatus.SUSPENDED),
    ],
)
def test_what_an_order_s_status_means(
    order: dict[str, object], position: dict[str, object], status: TicketStatus
) -> None:
    (found,) = positions({**order, "positions": [GOOD | position]})
    assert found.status is status


def test_a_position_without_a_ticket_is_passed_over() -> None:
    assert list(positions({"status": "p", "positions": [{"id": 1, "secret": ""}]})) == []


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_a_passage_that_pretix_could_not_take_is_told_again(
    sim: SimPretixServer, event: PretixEvent, status: int
) -> None:
    """Nothing is lost for an answer that says nothing of the passage itself."""
    sim.faults.append((status, b'{"detail": "not now"}'))
    with pytest.raises(PretixError, match=str(status)):
        event.redeem("s", 1, entry=True, at_ms=0, nonce="n")


def test_the_token_goes_to_no_other_path(sim: SimPretixServer, event: PretixEvent) -> None:
    sim.faults.append((200, b'{"results": [], "next": "https://other.example/api/v1/x?page=2"}'))
    with pytest.raises(PretixError, match="404"):
        list(event.orders(""))
    assert sim.requests[-1] == "GET /api/v1/x?page=2"
