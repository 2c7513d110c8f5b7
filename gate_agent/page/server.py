"""A small HTTP server on the loopback address: one thread, few connections, deadlines for all.

A hostile program on this board can open any number of connections, and send anything, as slowly as
it likes. So there are 32 places, the oldest connection without a complete request makes room for
the newest, and no more connections are accepted in a second than a page ever needs.
"""

import selectors
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from gate_agent.drivers.worker import Worker
from gate_agent.errors import DriverFault
from gate_agent.page.request import Request, read
from gate_agent.validator.errors import WireError

HOST = "127.0.0.1"
PLACES = 32
STREAMS = 8
MOST_A_SECOND = 200  # connections accepted in one
PATIENCE_S = 5.0  # for a whole request, and for a reader to take a response
BEAT_S = 5.0
_PIECE = 4096
_JOIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Response:
    """`stream`: keep the connection, and send every newer state as a line."""

    status: str
    fields: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    stream: bool = False

    def to_bytes(self) -> bytes:
        """Return head and body. A stream ends when the connection does."""
        lines = [f"HTTP/1.1 {self.status}", "Connection: close"]
        if not self.stream:
            lines.append(f"Content-Length: {len(self.body)}")
        lines += [f"{name}: {value}" for name, value in self.fields]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


@dataclass(eq=False, slots=True)
class _Place:
    """A connection. `got`: received of the request. `out`: bytes still to send. `newer`: a state to
    send to a stream after those."""

    link: socket.socket
    until_s: float
    got: bytearray = field(default_factory=bytearray)
    out: bytes = b""
    answered: bool = False
    stream: bool = False
    newer: bytes | None = None


class PageServer:
    """`answer` makes a response of a request, in the server's thread; whatever it raises is
    answered with status 500, and `report` receives it as text, once. `beat` gives the state for the
    streams, and runs there as well. The thread's end by a mistake is a fault of `page`."""

    def __init__(
        self,
        port: int,
        answer: Callable[[Request], Response],
        beat: Callable[[], bytes],
        report: Callable[[str], None],
    ) -> None:
        self._port = port
        self._answer = answer
        self._beat = beat
        self._report = report
        self._failure = ""
        self._selector = selectors.DefaultSelector()
        self._places: list[_Place] = []
        self._listener: socket.socket | None = None
        self._wake, self._woken = socket.socketpair()
        self._wake.setblocking(False)
        self._woken.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._worker = Worker(
            "page", self._run, join_s=_JOIN_S, interrupt=self.wake, report=self._fail
        )
        self._second_s, self._accepted, self._paused = 0.0, 0, False
        self._beat_s = 0.0

    @property
    def address(self) -> tuple[str, int]:
        """Host and port. Port 0 in the settings is any free one."""
        assert self._listener is not None
        host, port = self._listener.getsockname()
        return host, port

    def start(self) -> None:
        """Listen, and serve in a thread of its own. Raises DriverFault if the port is taken."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((HOST, self._port))
            listener.listen(PLACES)
        except OSError as error:
            listener.close()
            raise DriverFault(
                f"cannot listen on {HOST}:{self._port}: {error.strerror}",
                "does another program use that port?",
            ) from None
        listener.setblocking(False)
        self._listener = listener
        self._selector.register(listener, selectors.EVENT_READ)
        self._worker.start()

    def stop(self) -> None:
        """Close every connection. Safe to call twice."""
        self._worker.stop()
        for link in (*(place.link for place in self._places), self._wake, self._woken):
            link.close()
        self._places.clear()
        self._selector.close()
        if self._listener is not None:
            self._listener.close()

    def wake(self) -> None:
        """Send the newer state soon; return at once, from any thread."""
        try:
            self._wake.send(b"!")
        except OSError:
            return  # enough wakes are waiting, or it has stopped

    def _run(self) -> None:
        while not self._worker.is_stopping():
            woken = False
            for key, events in self._selector.select(self._wait_s()):
                if key.fileobj is self._woken:
                    woken = True
                    self._woken.recv(_PIECE)
                elif key.fileobj is self._listener:
                    self._accept(self._listener)
                elif isinstance(key.data, _Place):
                    self._attend(key.data, events)
            now_s = monotonic()
            if woken or now_s >= self._beat_s:
                self._beat_s = now_s + BEAT_S
                self._send_to_streams(self._beat())
            for place in [late for late in self._places if now_s >= late.until_s]:
                self._drop(place)
            if self._paused and now_s >= self._second_s + 1:
                assert self._listener is not None
                self._paused = False
                self._selector.register(self._listener, selectors.EVENT_READ)

    def _wait_s(self) -> float:
        times = [self._beat_s, *(place.until_s for place in self._places)]
        if self._paused:
            times.append(self._second_s + 1)
        return max(0.0, min(times) - monotonic())

    # --- connections ---------------------------------------------------------------------------

    def _accept(self, listener: socket.socket) -> None:
        try:
            link, _ = listener.accept()
        except OSError:
            return  # the client has gone again
        now_s = monotonic()
        if now_s >= self._second_s + 1:
            self._second_s, self._accepted = now_s, 0
        self._accepted += 1
        if self._accepted >= MOST_A_SECOND:  # the kernel keeps a few until the second is over
            self._paused = True
            self._selector.unregister(listener)
        link.setblocking(False)
        if len(self._places) >= PLACES:
            self._drop(next(other for other in self._places if not other.stream))
        place = _Place(link, now_s + PATIENCE_S)
        self._places.append(place)
        self._selector.register(link, selectors.EVENT_READ, place)

    def _drop(self, place: _Place) -> None:
        self._places.remove(place)
        self._selector.unregister(place.link)
        place.link.close()

    def _attend(self, place: _Place, events: int) -> None:
        if place not in self._places:
            return  # dropped a moment ago, in this round
        try:
            if events & selectors.EVENT_READ:
                self._receive(place)
            elif events & selectors.EVENT_WRITE:
                self._flush(place)
        except OSError:
            self._drop(place)

    def _receive(self, place: _Place) -> None:
        data = place.link.recv(_PIECE)
        if not data or place.answered:
            self._drop(place)  # the end; or a second request, which our page never sends
            return
        place.got += data
        try:
            request = read(bytes(place.got))
        except WireError:
            response = Response("400 Bad Request")
        else:
            if request is None:
                return
            response = self._response(request)
        if response.stream and sum(other.stream for other in self._places) >= STREAMS:
            self._drop(next(other for other in self._places if other.stream))
        place.answered, place.stream = True, response.stream
        place.out = response.to_bytes()
        if response.stream:
            place.out += self._beat()
        self._flush(place)

    def _response(self, request: Request) -> Response:
        try:
            return self._answer(request)
        except Exception as error:  # noqa: BLE001 - whatever it is, others need the page
            self._fail(f"could not answer: {type(error).__name__}: {error}")
            return Response("500 Internal Server Error")

    def _fail(self, failure: str | None) -> None:
        if failure is not None and failure != self._failure:
            self._failure = failure
            self._report(failure)

    def _flush(self, place: _Place) -> None:
        """Send what the kernel takes; the rest when it can take more."""
        while place.out:
            try:
                sent = place.link.send(place.out)
            except BlockingIOError:
                self._selector.modify(
                    place.link, selectors.EVENT_READ | selectors.EVENT_WRITE, place
                )
                return
            place.out = place.out[sent:]
            place.until_s = monotonic() + PATIENCE_S
            if not place.out and place.newer is not None:
                place.out, place.newer = place.newer, None
        if not place.stream:
            self._drop(place)
            return
        place.until_s = monotonic() + BEAT_S + PATIENCE_S  # the next beat must find it awake
        self._selector.modify(place.link, selectors.EVENT_READ, place)

    def _send_to_streams(self, state: bytes) -> None:
        """Send `state` to every stream; a slow one gets the newest when it has taken the last."""
        for place in [place for place in self._places if place.stream]:
            if place.out:
                place.newer = state
                continue
            place.out = state
            try:
                self._flush(place)
            except OSError:
                self._drop(place)
