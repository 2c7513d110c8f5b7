"""Send one delivery over HTTP: no redirect is followed, and nothing is read of an answer but its
status and how long to wait."""

import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path

from fleet_manager.events import answer_head
from fleet_manager.events.answer_head import NoHttp
from fleet_manager.events.receiver_url import Target
from fleet_manager.retry_after import retry_after_s

QUIET_S = 10.0
"""Without a byte."""
WHOLE_S = 20.0
"""From the connection to the end of the headers, however they drip."""
SOFTWARE = f"scenic-gate/{version('scenic-gate')}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt. `status`: of HTTP, 0 for none. `mistake`: why it failed, '' if the
    receiver has taken it. `retry_s`: how long it asks to wait, None if it does not say."""

    status: int
    mistake: str
    retry_s: float | None = None
    took_ms: int = 0

    @property
    def gone(self) -> bool:
        """Return whether the receiver wants nothing any more."""
        return self.status == HTTPStatus.GONE


class Sender:
    """Sends deliveries. `authority`: a file of certificates that are believed besides the system's,
    the park's own. `quiet_s`, `whole_s`: how long to wait without a byte, and altogether."""

    def __init__(
        self, authority: Path, *, quiet_s: float = QUIET_S, whole_s: float = WHOLE_S
    ) -> None:
        self._context = ssl.create_default_context()
        if authority.is_file():
            self._context.load_verify_locations(authority)
        self._quiet_s = quiet_s
        self._whole_s = whole_s
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def abort(self) -> None:
        """End every delivery that is on its way, as failed: the program ends."""
        with self._lock:
            for handle in self._open:
                _cut(handle)

    def post(self, target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a body and return what came of it; it raises nothing that a receiver causes."""
        begun_s = time.monotonic()
        try:
            status, answered = self._exchange(target, body, headers)
            answer = Answer(status, _mistake(status), retry_after_s(answered, datetime.now(UTC)))
        except (OSError, NoHttp) as error:
            late = time.monotonic() - begun_s >= self._whole_s
            answer = Answer(0, "no answer in time" if late else _reason(error))
        took_ms = int(1000 * (time.monotonic() - begun_s))
        return Answer(answer.status, answer.mistake, answer.retry_s, took_ms)

    def _exchange(
        self, target: Target, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str]]:
        """Return status and headers. Raises OSError and NoHttp."""
        with socket.create_connection((target.host, target.port), self._quiet_s) as plain:
            # A second handle on the connection: shutting it ends every wait on it, also one whose
            # bytes drip in time, and also in the midst of TLS.
            handle = plain.dup()
            end = threading.Timer(self._whole_s, _cut, [handle])
            end.daemon = True
            end.start()
            with self._lock:
                self._open.add(handle)
            try:
                return self._ask(target, plain, body, headers)
            finally:
                end.cancel()
                end.join()
                with self._lock:
                    self._open.discard(handle)
                    handle.close()

    def _ask(
        self, target: Target, plain: socket.socket, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str]]:
        if not target.secure:
            return _post(plain, target, body, headers)
        with self._context.wrap_socket(plain, server_hostname=target.host) as secure:
            return _post(secure, target, body, headers)


_FIXED = {
    "Content-Type": "application/json",
    "User-Agent": SOFTWARE,
    "Accept": "*/*",
    "Connection": "close",
}


def _post(
    line: socket.socket, target: Target, body: bytes, headers: Mapping[str, str]
) -> tuple[int, Mapping[str, str]]:
    """Return status and headers. An answer that comes before all of the body was read counts too:
    whoever says 410 need not read."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    fixed = {"Host": f"{host}:{target.port}", **_FIXED, "Content-Length": str(len(body))}
    text = "".join(f"{name}: {value}\r\n" for name, value in {**fixed, **headers}.items())
    request = f"POST {target.path} HTTP/1.1\r\n{text}\r\n".encode("ascii") + body
    try:
        line.sendall(request)
    except (BrokenPipeError, ConnectionResetError):
        pass
    return _read_answer(line)


def _read_answer(line: socket.socket) -> tuple[int, Mapping[str, str]]:
    received = b""
    while True:
        head, end, rest = received.partition(answer_head.END)
        if end:
            status, answered = answer_head.read_head(head + end)
            if status >= HTTPStatus.OK:
                return status, answered
            received = rest  # 1xx: the answer is still to come
            continue
        piece = line.recv(answer_head.MAX_BYTES) if len(head) < answer_head.MAX_BYTES else b""
        if not piece:
            raise NoHttp if received else ConnectionResetError
        received += piece


def _cut(handle: socket.socket) -> None:
    try:
        handle.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it has ended by itself


def _mistake(status: int) -> str:
    """Return why a status is no success, '' if it is."""
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"it redirects ({status}), which is not followed: give the address that it leads to"
    if status == HTTPStatus.GONE:
        return "it wants nothing any more (410)"
    return f"it answered {status}"


def _reason(error: Exception) -> str:
    """Return the cause of a failure in few words of ours, none of the receiver's."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not good: {error.verify_message}"
        case ssl.SSLError():
            return "it does not speak TLS as we do"
        case socket.gaierror():
            return "its name is not known"
        case TimeoutError():
            return "no answer in time"
        case NoHttp():
            return "its answer is no HTTP"
        case OSError():
            return (error.strerror or "the connection ended").lower()
    return type(error).__name__
