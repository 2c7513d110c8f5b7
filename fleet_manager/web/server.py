"""Serve the console by HTTPS until the process is told to end."""

from starlette.routing import Route

from fleet_manager import https_server
from fleet_manager.centre import Centre
from fleet_manager.https_server import WatchedServer
from fleet_manager.web import tls
from fleet_manager.web.api.api import Api
from fleet_manager.web.app import Console
from fleet_manager.web.guard import Proxies

MOST_CONNECTIONS = 400
KEEP_ALIVE_S = 15


def make_console(centre: Centre, extra: tuple[Route, ...] = ()) -> Console:
    """Return the console and its API as centre.toml wants it."""
    web = centre.config.web
    hosts = {centre.config.web_host, "localhost", "127.0.0.1", "::1", *web.hosts}
    ours = frozenset(host.lower() for host in hosts)
    proxies = Proxies(frozenset(web.trusted_proxies))
    api = Api(centre, ours, secure=web.tls, proxies=proxies)
    return Console(centre, ours, secure=web.tls, proxies=proxies, extra=(*api.routes(), *extra))


def make_server(centre: Centre, address: str, port: int | None = None) -> WatchedServer:
    """Return the server; its `run` ends with SIGTERM. `port`: None for that of centre.toml. Raises
    CentreConfigError for certificates that cannot be used."""
    web = centre.config.web
    console = make_console(centre)
    return https_server.make(
        console.app(),
        address,
        web.port if port is None else port,
        tls.make_context(centre) if web.tls else None,
        connections=MOST_CONNECTIONS,
        keep_alive_s=KEEP_ALIVE_S,
        ending=console.feed.close,
        proxy_headers=False,
    )
