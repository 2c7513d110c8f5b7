"""Fetch bytes and files from the centre's door over HTTPS, and count them."""

import http.client
import ssl
from collections.abc import Callable
from pathlib import Path

from gate_agent.errors import GateError
from gate_agent.release.manifest import ReleaseError, hash_file

TIMEOUT_S = 15.0
LONGEST_S = 1200.0
"""So long one round of fetching may take; a door that trickles is left, and asked again later."""
_CHUNK = 64 * 1024
_TROUBLE = (OSError, http.client.HTTPException)


class DoorClient:
    """The door at `host`:`port`, whose certificate the park's authority in `authority` (PEM file)
    signed. `read_s`: seconds that never go back. `received`: bytes of bodies so far."""

    def __init__(self, host: str, port: int, authority: Path, read_s: Callable[[], float]) -> None:
        self._where = f"{host}:{port}"
        self._host, self._port = host, port
        self._authority = authority
        self._read_s = read_s
        self._until_s: float | None = None
        self._connection: http.client.HTTPSConnection | None = None
        self.received = 0

    def begin(self) -> None:
        """Begin a round of fetching, which may take LONGEST_S."""
        self._until_s = self._read_s() + LONGEST_S

    def get(self, path: str, most: int) -> bytes | None:
        """Return what the door has under a path, None if it has nothing there. Raises GateError for
        a door that cannot be reached, and for more than `most` bytes."""
        answer = self._ask(path, {})
        try:
            if answer.status in (204, 404):
                answer.read(_CHUNK)
                return None
            if answer.status != 200:
                raise GateError(f"the door at {self._where} answers {answer.status} to {path}")
            body = self._read(answer, most + 1)
        except _TROUBLE as error:
            raise self._away(error) from None
        if len(body) > most:
            self.close()
            raise GateError(f"the door at {self._where} sends more than {most} bytes for {path}")
        return body

    def fetch(self, path: str, file: Path, size: int, sha256: str) -> None:
        """Write what the door has under a path to `file`, which gets its name when it is whole.

        What an earlier call has begun is gone on with. Raises GateError for a door that cannot be
        reached, ReleaseError for other bytes than those of that size and hash, and OSError.
        """
        part = file.with_name(f"{file.name}.part")
        have = part.stat().st_size if part.is_file() else 0
        if have > size:
            part.unlink()
            have = 0
        if have < size or not size:
            self._download(path, part, have, size)
        if part.stat().st_size != size or hash_file(part) != sha256:
            part.unlink()
            raise self._other_bytes(path)
        part.replace(file)

    def _download(self, path: str, part: Path, have: int, size: int) -> None:
        """Write to `part` what it lacks. Raises GateError where the line is cut; then the next call
        goes on from there."""
        answer = self._ask(path, {"Range": f"bytes={have}-"} if have else {})
        goes_on = answer.status == 206
        whole = answer.headers["Content-Range" if goes_on else "Content-Length"]
        said = f"bytes {have}-{size - 1}/{size}" if goes_on else str(size)
        if answer.status not in (200, 206) or whole != said:
            self.close()
            part.unlink(missing_ok=True)
            if answer.status in (200, 206, 416):
                raise self._other_bytes(path)
            raise GateError(f"the door at {self._where} answers {answer.status} to {path}")
        left = size - have if goes_on else size
        with part.open("ab" if goes_on else "wb") as file:
            while left:
                try:
                    data = self._read(answer, min(left, _CHUNK))
                except _TROUBLE as error:
                    raise self._away(error) from None
                if not data:
                    raise self._away(ConnectionError("the connection was cut"))
                file.write(data)
                left -= len(data)
        answer.read()

    def _other_bytes(self, path: str) -> ReleaseError:
        return ReleaseError(
            f"{path} at {self._where} has other bytes than release.json says",
            "it is damaged there or was changed on the way",
        )

    def _ask(self, path: str, headers: dict[str, str]) -> http.client.HTTPResponse:
        """Send a request; once more on a new connection if the door has closed the old one."""
        for again in (False, True):
            fresh = self._connection is None
            try:
                if self._connection is None:
                    self._connection = self._connect()
                self._connection.request("GET", path, headers=headers)
                return self._connection.getresponse()
            except ssl.SSLCertVerificationError as error:
                self.close()
                raise GateError(
                    f"the door at {self._where} has a certificate that does not fit: "
                    f"{error.verify_message}",
                    "is this board's clock right, and is host in gate.toml the centre's?",
                ) from None
            except _TROUBLE as error:
                self.close()
                if fresh or again:
                    raise self._away(error) from None
        raise AssertionError

    def _connect(self) -> http.client.HTTPSConnection:
        try:
            context = ssl.create_default_context(cafile=str(self._authority))
        except (OSError, ssl.SSLError) as error:
            raise GateError(f"cannot use {self._authority}: {error}", "enrol the board") from None
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=TIMEOUT_S, context=context
        )

    def _read(self, answer: http.client.HTTPResponse, count: int) -> bytes:
        if self._until_s is not None and self._read_s() > self._until_s:
            self.close()
            raise GateError(
                f"the door at {self._where} is too slow", "what has arrived is kept for next time"
            )
        data = answer.read(count)
        self.received += len(data)
        return data

    def _away(self, error: BaseException) -> GateError:
        self.close()
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return GateError(
            f"cannot reach the centre's door at {self._where}: {reason}",
            "does fleet-manager-door run there? what has arrived is kept",
        )

    def is_reachable(self) -> bool:
        """Return whether the door answers."""
        try:
            return self.get("/ca", 8192) is not None
        except GateError:
            return False

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
