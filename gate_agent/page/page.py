"""The page as a device: it shows what its lanes show, and what staff touch comes in as events."""

import json
import os
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from gate_agent.config.settings import GateSettings, PageSettings
from gate_agent.config.staff_codes import STAFF_FILE, StaffLogin, StaffMember, StaffRole, load
from gate_agent.effects import Show
from gate_agent.errors import DriverFault, JournalError
from gate_agent.events import Event, Faulted, Recovered
from gate_agent.journal.station_history import LastEntry
from gate_agent.page.acts import read_act
from gate_agent.page.battery import Battery, battery
from gate_agent.page.files import SAFE, read_files
from gate_agent.page.request import Request
from gate_agent.page.server import PageServer, Response
from gate_agent.page.view import NameOf, PageView, words_document
from gate_agent.ports import Put
from gate_agent.validator.errors import WireError
from gate_agent.validator.reasons import Reason

LINK_FILE = "page.url"
STAFF_DEVICE = "staff code"
_BATTERY_S = 20.0
TOKEN_PURPOSE = b"scenic-gate page" + b"\0"
_MOST_UPDATES = 200  # more than lanes show between two beats of the server's thread
_Update = tuple[int, Show, int, LastEntry | None] | Mapping[str, object]
_SPENT = frozenset({Reason.USED, Reason.INSIDE, Reason.PASSBACK})
"""Reasons at which staff ask when and where the ticket was used."""


def token_of(sign: Callable[[bytes], bytes], boot: int) -> str:
    """Return the token of this boot. Nobody can guess it without the gate's key; a restarted daemon
    makes the same again, so a browser that has it goes on."""
    return sha256(sign(TOKEN_PURPOSE + boot.to_bytes(4, "big"))).hexdigest()[:32]


class Page:
    """Implements `gate_agent.ports.Device`; `display(lane)` gives each lane's Display.

    `token`: 32 hexadecimal digits, which only the browser on this board gets, in the file `link`.
    `lanes`: number, and whether there is an arm. `people`: staff with a code, by number.
    `readers`: names of each lane's scanner and camera. `time_zone`: the park's, by its name.
    """

    def __init__(
        self,
        settings: PageSettings,
        token: str,
        link: Path,
        lanes: Mapping[int, bool],
        *,
        name_of: NameOf = lambda _: None,
        find_battery: Callable[[], Battery | None] = battery,
        people: Mapping[int, StaffMember] | None = None,
        readers: Mapping[int, Sequence[str]] | None = None,
        time_zone: str = "",
    ) -> None:
        self.device = "page"
        self._settings = settings
        self._token = token
        self._link = link
        self._login = StaffLogin(dict(people or {}), time.monotonic)
        self._last_entry: Callable[[bytes], LastEntry | None] = lambda _ticket: None
        self._view = PageView(
            lanes, name_of, staff=self._login.anybody, readers=readers, time_zone=time_zone
        )
        self._updates: deque[_Update] = deque(maxlen=_MOST_UPDATES)
        self._line: bytes | None = None
        self._find_battery = find_battery
        self._battery: Battery | None = None
        self._battery_s = 0.0
        self._put: Put = _drop
        self._server: PageServer | None = None
        self._files = {**read_files(), "/words.json": ("application/json", words_document())}

    @classmethod
    def of(
        cls, settings: GateSettings, sign: Callable[[bytes], bytes], boot: int, link: Path
    ) -> "Page":
        """Return the page of a gate: `sign` as the gate, `boot` as in its records. Raises
        ConfigError if the list of its staff cannot be read."""
        assert settings.page is not None
        lanes = {lane.number: lane.arm is not None for lane in settings.lanes}
        readers = {
            lane.number: [
                f"{name} {lane.number}"
                for name, part in (("scanner", lane.scanner), ("camera", lane.camera))
                if part is not None
            ]
            for lane in settings.lanes
        }
        return cls(
            settings.page,
            token_of(sign, boot),
            link,
            lanes,
            people=load(settings.identity / STAFF_FILE),
            readers=readers,
            time_zone=settings.time_zone.key,
        )

    def inform(self, name_of: NameOf, last_entry: Callable[[bytes], LastEntry | None]) -> None:
        """Take what the gate knows: the names of products, asked in the page's thread; and the
        `last_entry` with an 8-byte ticket id, asked in the thread that shows, which may raise
        JournalError."""
        self._view.name_of = name_of
        self._last_entry = last_entry

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, while the page listens."""
        assert self._server is not None
        return self._server.address

    def start(self, put: Put) -> None:
        """Listen, and write the browser's address. A port that is taken is a Faulted event."""
        self._put = put
        self._server = PageServer(
            self._settings.port,
            self.answer,
            self._beat,
            lambda failure: put(Faulted(self.device, failure)),
        )
        try:
            self._server.start()
        except DriverFault as fault:
            self.stop()
            put(Faulted(self.device, f"{fault}; {fault.hint}"))
            return
        try:
            self._write_link()
        except OSError as error:
            put(Faulted(self.device, f"cannot write {self._link}: {error.strerror}"))

    def stop(self) -> None:
        """Close every connection. Safe to call twice."""
        if self._server is not None:
            self._server.stop()  # its thread may be in the middle of an answer
            self._server = None

    def display(self, lane: int) -> "LaneDisplay":
        """Return the display of `lane` on this page."""
        return LaneDisplay(self, lane)

    def show(self, lane: int, show: Show) -> None:
        """Show something new at a lane; return at once. Raises DriverFault if the page is not
        open."""
        if self._server is None:
            raise DriverFault(f"cannot show {show.sign.value}: the page is not open")
        entry = None
        if show.reason in _SPENT and show.ticket is not None:
            with suppress(JournalError):  # then the refusal is shown without it
                entry = self._last_entry(show.ticket.id)
        self._updates.append((lane, show, time.time_ns() // 1_000_000, entry))
        self._server.wake()

    def update(self, status: Mapping[str, object]) -> None:
        """Take the gate's status, as `gate-agent status` has it; return at once."""
        self._updates.append(status)
        if self._server is not None:
            self._server.wake()

    # --- in the server's thread ----------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        """Return the response to a request. Files are not secret; what the gate knows or does takes
        the token."""
        if not request.is_for(self.address[1]):
            return _plain("403 Forbidden")
        path = request.path.partition("?")[0]
        if request.method == "GET" and path in self._files:
            kind, body = self._files[path]
            return Response("200 OK", (("Content-Type", kind), *SAFE), body)
        if request.path not in ("/state", "/act"):
            return _plain("404 Not Found")
        if not request.bears(self._token):
            return _plain("401 Unauthorized")
        if (request.method, request.path) == ("GET", "/state"):
            kind = "application/x-ndjson"
            return Response("200 OK", (("Content-Type", kind), *SAFE), stream=True)
        if request.method != "POST" or request.path != "/act" or "origin" not in request.fields:
            return _plain("405 Method Not Allowed")
        return self._act(request.body)

    def _act(self, body: bytes) -> Response:
        try:
            act = read_act(body)
        except WireError:
            return _plain("400 Bad Request")
        if self._view.is_late(act.event):
            return _refused("late")
        if act.staff_code is None:
            self._put(act.event)
            return _plain("204 No Content")
        person = self._login.person(act.staff_code)
        if person is None:
            return self._wrong_code()
        self._put(Recovered(STAFF_DEVICE))
        supervisor = person.right is StaffRole.SUPERVISOR
        if not (supervisor or self._view.steward_may(act.event)):
            return _refused("right")
        self._put(act.by(person.name, supervisor=supervisor))
        return _plain("204 No Content")

    def _wrong_code(self) -> Response:
        wait_s = self._login.wait_s()
        if not wait_s:
            return _refused("pin")
        # The centre sees this fault: codes are being tried.
        self._put(Faulted(STAFF_DEVICE, f"too many wrong codes; closed for {wait_s} s"))
        return _refused("locked", wait_s)

    def _beat(self) -> bytes:
        now_s = time.monotonic()
        if now_s >= self._battery_s:
            self._battery_s = now_s + _BATTERY_S
            self._battery, self._line = self._find_battery(), None
        while self._updates:
            update, self._line = self._updates.popleft(), None
            if isinstance(update, tuple):
                self._view.show(*update)
            else:
                self._view.update(update)
        if self._line is None:
            self._line = self._view.to_line(self._battery)
        return self._line

    def _write_link(self) -> None:
        """Write the address for the browser's user alone, who is in this process's group."""
        fresh = self._link.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        with os.fdopen(file, "w") as pen:
            pen.write(f"http://127.0.0.1:{self.address[1]}/#{self._token}\n")
        fresh.replace(self._link)


class LaneDisplay:
    """Implements `gate_agent.ports.Display`: one lane on the page."""

    def __init__(self, page: Page, lane: int) -> None:
        self._page = page
        self._lane = lane

    def start(self, put: Put) -> None:
        """Do nothing: the page is started by itself."""

    def stop(self) -> None:
        """Do nothing: the page is stopped by itself."""

    def show(self, show: Show) -> None:
        """Show it; return at once. Raises DriverFault if the page is not open."""
        self._page.show(self._lane, show)


def _refused(error: str, wait_s: int = 0) -> Response:
    body = json.dumps({"error": error, "wait_s": wait_s}).encode()
    return Response("403 Forbidden", (("Content-Type", "application/json"), *SAFE), body)


def _plain(status: str) -> Response:
    return Response(status, SAFE)


def _drop(_event: Event) -> None:
    """Drop an event: before `start` nobody takes it."""
