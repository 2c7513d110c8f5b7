"""Talks to a page as a browser does, and as one that is none."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gate_agent.page.page import Page

TOKEN = "0123456789abcdef" * 2
PATIENCE_S = 60.0


class Visitor:
    """`page`'s own browser, if `token` is right."""

    def __init__(self, page: Page, token: str = TOKEN) -> None:
        self.address = page.address
        self.host = f"127.0.0.1:{self.address[1]}"
        self._token = token

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, PATIENCE_S)

    def head(self, method: str, path: str, size: int = 0, **changed: str | None) -> bytes:
        """A request's head as our page's script sends it. None leaves a field out."""
        fields: dict[str, str | None] = {
            "Host": self.host,
            "Authorization": f"Bearer {self._token}",
            "Origin": f"http://{self.host}" if method == "POST" else None,
            "Content-Length": str(size) if method == "POST" else None,
            **changed,
        }
        lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
        return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode()

    def ask(self, raw: bytes) -> bytes:
        """Everything that comes back until the connection ends."""
        with self.connect() as link:
            link.sendall(raw)
            return everything(link)

    def status(self, method: str, path: str, body: bytes = b"", **changed: str | None) -> int:
        """The number of the answer."""
        return int(self.ask(self.head(method, path, len(body), **changed) + body).split()[1])

    def act(self, **values: object) -> int:
        """What an act is answered with."""
        return self.status("POST", "/act", json.dumps(values).encode())

    @contextmanager
    def states(self) -> Iterator[Iterator[dict[str, Any]]]:
        """The stream of states."""
        with self.connect() as link:
            link.sendall(self.head("GET", "/state"))
            with link.makefile("rb") as lines:
                while lines.readline().strip():
                    pass
                yield (json.loads(line) for line in lines)


def everything(link: socket.socket) -> bytes:
    """Until the other end closes, or resets because it had not read everything."""
    got = b""
    try:
        while piece := link.recv(65536):
            got += piece
    except ConnectionError:
        pass
    return got
