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
            raise ReleaseError(
                f"{path} at {self._where} has other bytes than release.json says",
                "it is damaged there or was changed on the way",
            )
        part.replace(file)

    def _download(self, path: str, part: Path, have: int, size: int) -> None:
        answer = self._ask(path, {"Range": f"bytes={have}-"} if have else {})
        try:
            if answer.status not in (200, 206):
                answer.read(_CHUNK)
                raise GateError(f"the door at {self._where} answers {answer.status} to {path}")
            begun = f"bytes {have}-"
            goes_on = answer.status == 206 and answer.headers["Content-Range"].startswith(begun)
            with part.open("ab" if goes_on else "wb") as file:
                left = size - have if goes_on else size
                while left and (data := self._read(answer, min(left, _CHUNK))):
                    file.write(data)
                    left -= len(data)
            if not left and not answer.isclosed():
                answer.read(0)
        except _TROUBLE as error:
            self.close()
            if isinstance(error, OSError) and error.filename is not None:
                raise  # the disk, not the network
            if isinstance(error, OSError) and error.errno == 28:
                raise
            raise self._away(error) from None
        if not answer.isclosed():
            self.close()  # more than was asked for

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
