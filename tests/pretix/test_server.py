"""A pretix that fails: every answer is mistrusted, and what may work later is said to."""

import random
import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_manager.pretix.event import PretixEvent, connect
from fleet_manager.pretix.orders import positions
from fleet_manager.pretix.patience import MAX_WAIT_S
from fleet_manager.pretix.server import MAX_ANSWER_BYTES, TRIES, PretixError, PretixServer
from fleet_manager.retry_after import MAX_RETRY_AFTER_S, retry_after_s
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


def refused_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_refused_is_told_as_refused() -> None:
    server = PretixServer(f"http://127.0.0.1:{refused_port()}", pause_s=0.0)
    with pytest.raises(PretixError, match=r"connection refused$"):
        server.get("version")
    nowhere = PretixServer("http://nowhere.invalid", pause_s=0.0)
    with pytest.raises(PretixError, match="cannot reach pretix") as caught:
        nowhere.get("version")
    assert "in time" not in str(caught.value)


def test_a_server_without_https_or_elsewhere_is_told_so(
    sim: SimPretixServer, event: PretixEvent
) -> None:
    with pytest.raises(PretixError, match="cannot reach pretix"):
        PretixServer(sim.url.replace("http:", "https:"), pause_s=0.0).get("version")
    sim.faults.append((301, b"<html>"))
    with pytest.raises(PretixError, match="answered 301") as caught:
        event.check_in_lists()
    assert "leads elsewhere" in caught.value.hint


def waiting_event(sim: SimPretixServer, waits: list[float]) -> PretixEvent:
    """An event whose server notes its waits instead of waiting."""
    organizer, token = connect(PretixServer(sim.url), sim.open_event("gardens", False)["token"])
    return PretixEvent(PretixServer(sim.url, token, sleep=waits.append), organizer, "gardens")


@pytest.mark.parametrize("asked", ["25", "3600", "999999999", "Wed, 21 Oct 2099 07:28:00 GMT"])
def test_a_long_wait_is_left_to_the_next_time(sim: SimPretixServer, asked: str) -> None:
    waits: list[float] = []
    event = waiting_event(sim, waits)
    sim.faults.extend([(429, b"{}")] * 3)
    sim.retry_after = asked
    with pytest.raises(PretixError, match="429") as caught:
        event.check_in_lists()
    assert waits == []
    assert len(sim.faults) == 2  # it was asked once
    assert caught.value.retry_s > MAX_WAIT_S
    assert "asks to wait" in caught.value.hint


def test_a_short_wait_is_waited_and_said(
    sim: SimPretixServer, caplog: pytest.LogCaptureFixture
) -> None:
    waits: list[float] = []
    event = waiting_event(sim, waits)
    sim.faults.append((503, b"{}"))
    sim.retry_after = "4"
    assert event.check_in_lists()
    assert waits == [4.0]
    assert f"pretix at {sim.url} asks to wait: 4 s" in caplog.text


@pytest.mark.parametrize("asked", ["", "4", "5", "6", "-1", "soon", "0"])
def test_all_waits_of_a_request_are_bounded_in_sum(sim: SimPretixServer, asked: str) -> None:
    waits: list[float] = []
    event = waiting_event(sim, waits)
    sim.faults.extend([(429, b"{}")] * 9)
    sim.retry_after = asked
    with pytest.raises(PretixError, match="429"):
        event.check_in_lists()
    assert sum(waits) <= MAX_WAIT_S
    assert len(waits) < TRIES


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "17"}, 17.0),
        ({"Retry-After": " 17 "}, 17.0),
        ({"Retry-After": "-17"}, None),
        ({"Retry-After": "1.5"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Mon, 30 Nov 2026 08:00:30 GMT"}, 30.0),
        ({"Retry-After": "Mon, 30 Nov 2026 07:00:00 GMT"}, 0.0),
        ({"Retry-After": "Monday, 30-Nov-26 08:00:30 GMT"}, 30.0),
        ({"Retry-After": "Mon, 99 Nov 2026 08:00:30 GMT"}, None),
        (  # the server's clock is a day ahead of ours
            {
                "Retry-After": "Tue, 01 Dec 2026 08:00:30 GMT",
                "Date": "Tue, 01 Dec 2026 08:00:00 GMT",
            },
            30.0,
        ),
    ],
)
def test_both_forms_of_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers, datetime(2026, 11, 30, 8, tzinfo=UTC)) == seconds


@given(text=st.text(max_size=40))
def test_any_retry_after_is_a_bounded_wait(text: str) -> None:
    seconds = retry_after_s({"Retry-After": text}, datetime(2026, 11, 30, tzinfo=UTC))
    assert seconds is None or 0 <= seconds <= MAX_RETRY_AFTER_S


@pytest.mark.parametrize(
    "rows", [b"[7]", b"[{}]", b'[{"id": "x", "name": "y"}]', b'[{"id": null, "name": "y"}]']
)
def test_rows_of_another_shape_are_one_clear_error(
    sim: SimPretixServer, event: PretixEvent, rows: bytes
) -> None:
    for ask in (event.items, event.check_in_lists):
        sim.faults.append((200, b'{"results": ' + rows + b', "next": null}'))
        with pytest.raises(PretixError, match="cannot read"):
            ask()


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
