"""Serve the console by HTTPS until the process is told to end."""

import socket
from collections.abc import Callable

import uvicorn
from starlette.routing import Route

from fleet_manager import systemd
from fleet_manager.centre import Centre
from fleet_manager.web import tls
from fleet_manager.web.api.api import Api
from fleet_manager.web.app import Console
from fleet_manager.web.guard import Proxies

MOST_CONNECTIONS = 400
KEEP_ALIVE_S = 15
NOTIFY_S = 5


class WebServer(uvicorn.Server):
    """A server that ends its live feeds, and tells systemd when it begins to end."""

    def __init__(self, config: uvicorn.Config, ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._ending = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer the requests that are open, and end."""
        systemd.tell(systemd.STOPPING)
        self._ending()
        await super().shutdown(sockets)


def make_console(centre: Centre, extra: tuple[Route, ...] = ()) -> Console:
    """Return the console and its API as centre.toml wants it."""
    web = centre.config.web
    hosts = {centre.config.web_host, "localhost", "127.0.0.1", "::1", *web.hosts}
    ours = frozenset(host.lower() for host in hosts)
    proxies = Proxies(frozenset(web.trusted_proxies))
    api = Api(centre, ours, secure=web.tls, proxies=proxies)
    return Console(centre, ours, secure=web.tls, proxies=proxies, extra=(*api.routes(), *extra))


def make_server(centre: Centre, address: str, port: int | None = None) -> WebServer:
    """Return the server; its `run` ends with SIGTERM. `port`: None for that of centre.toml. Raises
    CentreConfigError for certificates that cannot be used."""
    web = centre.config.web
    console = make_console(centre)
    config = uvicorn.Config(
        console.app(),
        host=address,
        port=web.port if port is None else port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=2,
        http="h11",
        loop="asyncio",
        ws="none",
        lifespan="off",
        callback_notify=_tell_systemd,
        timeout_notify=NOTIFY_S,
    )
    context = tls.make_context(centre) if web.tls else None
    config.load()
    config.ssl = context
    return WebServer(config, console.feed.close)


async def _tell_systemd() -> None:
    """Say that the console listens, which to repeat does no harm, and that its loop turns."""
    systemd.tell(systemd.READY, systemd.ALIVE)
