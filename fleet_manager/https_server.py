"""Serve an application over HTTPS until the process is told to end: the door, the console."""

import socket
import ssl
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn

from fleet_manager import systemd

NOTIFY_S = 5
"""How often systemd hears that a server's loop turns."""


class WatchedServer(uvicorn.Server):
    """A server that tells systemd when it begins to end, and calls `ending` then."""

    def __init__(self, config: uvicorn.Config, ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._ending = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer the requests that are open, and end."""
        systemd.tell(systemd.STOPPING)
        self._ending()
        await super().shutdown(sockets)


def make(
    app: Any,
    address: str,
    port: int,
    context: ssl.SSLContext | None,
    *,
    connections: int,
    keep_alive_s: int,
    ending: Callable[[], None] = lambda: None,
    **own: Any,
) -> WatchedServer:
    """Return a server; its `run` ends with SIGTERM. `app`: of ASGI. `context`: None for plain
    HTTP. `connections`: at most so many at once. `own`: what this server wants otherwise of
    uvicorn."""
    config = uvicorn.Config(
        app,
        host=address,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=connections,
        timeout_keep_alive=keep_alive_s,
        timeout_graceful_shutdown=2,
        http="h11",
        loop="asyncio",
        ws="none",
        lifespan="off",
        callback_notify=_tell_systemd,
        timeout_notify=NOTIFY_S,
        **own,
    )
    config.load()
    config.ssl = context
    return WatchedServer(config, ending)


def load_pem(context: ssl.SSLContext, pem: bytes) -> None:
    """Let a context use a key and its certificate. The library reads files alone: this one is gone
    again before the first connection."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "server.pem")
        file.touch(mode=0o600)
        file.write_bytes(pem)
        context.load_cert_chain(file)


async def _tell_systemd() -> None:
    """Say that the server listens, which to repeat does no harm, and that its loop turns."""
    systemd.tell(systemd.READY, systemd.ALIVE)
