"""The page's server: who gets an answer, and what a hostile neighbour on the board achieves."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gate_agent.config.settings import PageSettings
from gate_agent.config.staff_codes import WRONG_TRIES, StaffRole, person_of
from gate_agent.effects import Show, Sign
from gate_agent.errors import DriverFault
from gate_agent.events import Faulted, Mode, ModeAsked, ModeSource, Overridden, Recovered, Scanned
from gate_agent.page import server as server_room
from gate_agent.page.files import FILES
from gate_agent.page.page import Page, token_of
from gate_agent.page.request import Request
from gate_agent.page.server import Response
from gate_agent.validator.reasons import Reason
from tests.gate_agent.drivers.collected import Collected, until
from tests.gate_agent.page.visitor import TOKEN, Visitor, everything
from tests.gate_agent.samples import GATE_KEY


@pytest.fixture
def inbox() -> Collected:
    return Collected()


PEOPLE = {
    7: person_of(7, "zhang", StaffRole.SUPERVISOR, "4829", bytes(16)),
    12: person_of(12, "li", StaffRole.STEWARD, "9021", bytes(16)),
}


def made(link: Path, port: int = 0) -> Page:
    return Page(
        PageSettings(port), TOKEN, link, {1: False}, find_battery=lambda: None, people=PEOPLE
    )


@pytest.fixture
def page(tmp_path: Path, inbox: Collected) -> Iterator[Page]:
    page = made(tmp_path / "page.url")
    page.start(inbox.put)
    yield page
    page.stop()


@pytest.fixture
def visitor(page: Page) -> Visitor:
    return Visitor(page)


@pytest.mark.parametrize("moment", ["start", "stop"])
def test_who_asks_while_it_opens_or_closes_has_an_answer(
    tmp_path: Path, inbox: Collected, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """The kiosk's browser asks all the time."""
    page, act = made(tmp_path / "page.url"), getattr(server_room.PageServer, moment)
    answers: list[Response] = []

    def asked_meanwhile(server: server_room.PageServer) -> None:
        if moment == "start":
            act(server)
        host = f"127.0.0.1:{server.address[1]}"
        answers.append(page.answer(Request("GET", "/", {"host": host}, b"")))
        if moment == "stop":
            act(server)

    monkeypatch.setattr(server_room.PageServer, moment, asked_meanwhile)
    page.start(inbox.put)
    page.stop()
    assert [one.status for one in answers] == ["200 OK"]


# --- our own browser ---------------------------------------------------------------------------


def test_the_browser_is_told_where_and_nobody_else(page: Page, tmp_path: Path) -> None:
    link = tmp_path / "page.url"
    assert link.read_text() == f"http://127.0.0.1:{page.address[1]}/#{TOKEN}\n"
    assert link.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("path", [*FILES, "/words.json", "/?lane=2", "/monitor?lane=2"])
def test_files_need_no_token_and_name_nothing_outside(visitor: Visitor, path: str) -> None:
    answer = visitor.ask(visitor.head("GET", path, Authorization=None))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    for promise in (b"default-src 'none'", b"frame-ancestors 'none'", b"nosniff", b"no-store"):
        assert promise in head
    assert b"Access-Control" not in head
    assert b"//" not in body.replace(b"http://www.w3.org/2000/svg", b"").replace(b"// ", b"")
    assert TOKEN.encode() not in head + body


def test_what_is_shown_comes_at_once(page: Page, visitor: Visitor) -> None:
    with visitor.states() as states:
        assert next(states)["lanes"]["1"]["sign"] == "ready"
        page.display(1).show(Show(Sign.REFUSED, reason=Reason.USED))
        lane = next(states)["lanes"]["1"]
        assert (lane["sign"], lane["reason"]) == ("refused", "used")
        page.update({"gate": "hand-1", "linked": True})
        assert next(states)["gate"] == "hand-1"


def test_a_touch_becomes_an_event(visitor: Visitor, inbox: Collected) -> None:
    assert visitor.act(act="code", lane=1, code="SG1:X") == 204
    inbox.wait_for(Scanned(1, b"SG1:X"))
    assert visitor.act(act="release", lane=1) == 400
    assert len(inbox.events) == 1


# --- staff ---------------------------------------------------------------------------------------

OVERRIDE = {"act": "override", "lane": 1, "record": 9, "persons": 2, "why": "help"}
RIGHT_CODE = Recovered("staff code")


def answer(visitor: Visitor, **values: object) -> dict[str, object]:
    body = json.dumps(values).encode()
    raw = visitor.ask(visitor.head("POST", "/act", len(body)) + body)
    head, _, text = raw.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 403 ")
    told: dict[str, object] = json.loads(text)
    return told


def test_a_supervisor_overrides_and_sets_the_mode(visitor: Visitor, inbox: Collected) -> None:
    assert visitor.act(**OVERRIDE, staff_code="0074829") == 204
    assert visitor.act(act="mode", lane=1, mode="free", staff_code="0074829") == 204
    inbox.wait_for(
        RIGHT_CODE,
        Overridden(1, 9, 2, "zhang", "help", supervisor=True),
        RIGHT_CODE,
        ModeAsked(ModeSource.STAFF, Mode.FREE, "zhang"),
    )


def test_a_steward_may_do_less(page: Page, visitor: Visitor, inbox: Collected) -> None:
    page.display(1).show(Show(Sign.REFUSED, reason=Reason.TYPED, record=9))
    assert visitor.act(**OVERRIDE, staff_code="0129021") == 204
    page.display(1).show(Show(Sign.REFUSED, reason=Reason.USED, record=10))
    refused = answer(visitor, **{**OVERRIDE, "record": 10}, staff_code="0129021")
    assert refused == {"error": "right", "wait_s": 0}
    assert answer(visitor, **OVERRIDE, staff_code="0129021")["error"] == "right"
    mode = answer(visitor, act="mode", lane=1, mode="closed", staff_code="0129021")
    assert mode["error"] == "right"
    asked = [event for event in inbox.events if event != RIGHT_CODE]
    assert asked == [Overridden(1, 9, 2, "li", "help", supervisor=False)]


def test_wrong_codes_close_the_door_and_the_centre_hears_of_it(
    visitor: Visitor, inbox: Collected
) -> None:
    for _ in range(WRONG_TRIES - 1):
        assert answer(visitor, **OVERRIDE, staff_code="0070000")["error"] == "pin"
    closed = answer(visitor, **OVERRIDE, staff_code="0070000")
    assert closed["error"] == "locked"
    assert closed["wait_s"] in (29, 30)
    assert answer(visitor, **OVERRIDE, staff_code="0074829")["error"] == "locked"
    assert {event.device for event in inbox.events if isinstance(event, Faulted)} == {"staff code"}
    assert not [event for event in inbox.events if isinstance(event, Overridden)]


# --- everybody else ----------------------------------------------------------------------------


def test_it_listens_on_the_loopback_address_alone(page: Page) -> None:
    """What the kernel says of every listening socket of this process, not what we meant."""
    inodes = {
        link.name
        for fd in Path("/proc/self/fd").iterdir()
        if (link := Path(str(fd.readlink()) if fd.is_symlink() else "")).name.startswith("socket:")
    }
    port = f"{page.address[1]:04X}"
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            cells = line.split()
            if cells[3] == "0A" and cells[1].endswith(f":{port}"):
                assert f"socket:[{cells[9]}]" in inodes
                found.append(cells[1])
    assert found == [f"0100007F:{port}"]  # 127.0.0.1


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "[::1]", ""])
def test_a_name_that_was_bent_to_lead_here_gets_nothing(visitor: Visitor, host: str) -> None:
    assert visitor.status("GET", "/", Host=host) == 403
    assert visitor.status("GET", "/state", Host=host) == 403
    assert visitor.status("POST", "/act", b"{}", Host=host) == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", ""])
def test_somebody_elses_page_gets_nothing(visitor: Visitor, inbox: Collected, origin: str) -> None:
    body = json.dumps({"act": "code", "lane": 1, "code": "x"}).encode()
    assert visitor.status("POST", "/act", body, Origin=origin) == 403
    assert visitor.status("GET", "/state", Origin=origin) == 403
    assert visitor.status("GET", "/", Origin=origin) == 403
    assert inbox.events == []


@pytest.mark.parametrize("token", ["", "0" * 32, TOKEN.upper(), TOKEN + "0", TOKEN[:-1], "é"])
def test_without_the_token_nothing_is_told_and_nothing_is_done(
    page: Page, inbox: Collected, token: str
) -> None:
    stranger = Visitor(page, token)
    assert stranger.act(act="code", lane=1, code="x") == 401
    assert stranger.status("GET", "/state") == 401
    assert inbox.events == []


def test_an_act_needs_an_origin_and_the_right_method(visitor: Visitor) -> None:
    assert visitor.status("POST", "/act", b"{}", Origin=None) == 405
    assert visitor.status("GET", "/act") == 405
    assert visitor.status("POST", "/state", b"{}") == 405
    assert visitor.status("GET", "/../daemon.py") == 404
    assert visitor.status("GET", "/etc/passwd") == 404
    assert visitor.status("POST", "/", b"{}") == 404


@pytest.mark.parametrize(
    "raw",
    [
        b"OPTIONS /act HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"\0" * 5000,
        b"GET / HTTP/1.1\r\n" * 900,
        b"POST /act HTTP/1.1\r\nContent-Length: 999999\r\n\r\n" + b"x" * 100_000,
    ],
    ids=["preflight", "tls", "zeros", "long head", "huge body"],
)
def test_what_is_no_request_of_ours_ends_the_connection(
    visitor: Visitor, inbox: Collected, raw: bytes
) -> None:
    with visitor.connect() as link:
        try:
            link.sendall(raw + b"\r\n\r\n")
            answer = everything(link)
        except ConnectionError:  # it was closed while we still talked
            answer = b""
    assert answer[:12] in (b"HTTP/1.1 400", b"")
    assert inbox.events == []
    assert visitor.status("GET", "/") == 200


def test_whoever_is_slow_is_shown_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, inbox: Collected
) -> None:
    monkeypatch.setattr(server_room, "PATIENCE_S", 0.05)
    page = made(tmp_path / "url")
    page.start(inbox.put)
    with Visitor(page).connect() as slow:
        slow.sendall(b"GET / HT")
        assert everything(slow) == b""
    page.stop()


def test_a_thousand_connections_keep_nobody_out(page: Page, visitor: Visitor) -> None:
    """They say nothing, or half of something; ours is answered, and its stream goes on."""
    with visitor.states() as states:
        next(states)
        crowd: list[socket.socket] = []
        for number in range(1000):
            link = socket.socket()
            link.setblocking(False)
            link.connect_ex(visitor.address)
            crowd.append(link)
            if number % 3 == 0:
                try:
                    link.send(b"GET /state HTTP/1.1\r\nHost: ")
                except OSError:
                    pass
        page.display(1).show(Show(Sign.GO, 1))
        while next(states)["lanes"]["1"]["sign"] != "go":
            pass
        assert page._server is not None
        assert len(page._server._places) <= server_room.PLACES
        for link in crowd:
            link.close()
        until(lambda: _answered(visitor))


def _answered(visitor: Visitor) -> bool:
    try:
        return visitor.status("GET", "/") == 200
    except (OSError, IndexError):
        return False


def test_more_streams_than_places_end_the_oldest(visitor: Visitor) -> None:
    links = []
    for _ in range(server_room.STREAMS + 1):
        link = visitor.connect()
        link.sendall(visitor.head("GET", "/state"))
        assert b'"lanes"' in link.recv(65536)
        links.append(link)
    assert everything(links[0]) == b""
    for link in links:
        link.close()


def test_a_reader_that_does_not_read_costs_one_state_and_no_more(
    page: Page, visitor: Visitor
) -> None:
    with visitor.connect() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        link.sendall(visitor.head("GET", "/state"))
        until(lambda: any(place.stream for place in _places(page)))
        padding = "x" * 50_000
        for number in range(200):
            page.update({"gate": f"{number}{padding}"})
            until(lambda: not page._updates)
        (place,) = [place for place in _places(page) if place.stream]
        assert len(place.out) + len(place.newer or b"") < 3 * len(padding)


def _places(page: Page) -> list[server_room._Place]:
    assert page._server is not None
    return list(page._server._places)


def test_threads_of_strangers_do_not_add_up(page: Page, visitor: Visitor) -> None:
    before = threading.active_count()
    links = [visitor.connect() for _ in range(20)]
    assert visitor.status("GET", "/") == 200
    assert threading.active_count() == before
    for link in links:
        link.close()


# --- the beginning and the end -----------------------------------------------------------------


def test_a_port_that_is_taken_is_a_fault(page: Page, tmp_path: Path) -> None:
    other, inbox = made(tmp_path / "x", page.address[1]), Collected()
    other.start(inbox.put)
    (event,) = inbox.events
    assert isinstance(event, Faulted)
    assert event.text.startswith(f"cannot listen on 127.0.0.1:{page.address[1]}: ")
    with pytest.raises(DriverFault, match="cannot show go: the page is not open"):
        other.display(1).show(Show(Sign.GO))
    other.update({})
    other.stop()


def test_a_place_for_the_link_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    page, inbox = made(tmp_path / "no" / "url"), Collected()
    page.start(inbox.put)
    (event,) = inbox.events
    assert isinstance(event, Faulted)
    assert "cannot write" in event.text
    page.stop()


def test_the_token_holds_for_a_boot() -> None:
    sign = GATE_KEY.private.sign
    assert token_of(sign, 7) == token_of(sign, 7) != token_of(sign, 8)
    assert len(token_of(sign, 7)) == 32
