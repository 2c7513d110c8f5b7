"""PURE. The address of a receiver: what it may be, and whether its host is allowed.

Receivers are inside the park's network, so private addresses are not refused. Instead centre.toml
names each host that may receive, and nobody who has only the console can add one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from fleet_manager.errors import CentreError
from fleet_manager.host_name import is_host

MAX_CHARS = 500
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a delivery goes. `path`: with the query."""

    secure: bool
    host: str
    port: int
    path: str


def read_url(url: str, hosts: Collection[str]) -> Target:
    """Return where a receiver is. Raises CentreError for an address that is none, or whose host is
    not among the allowed `hosts`."""
    refused = f"cannot send events to {url[:MAX_CHARS]!r}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise CentreError(f"{refused}: it is no address", _EXAMPLE) from None
    host = (parts.hostname or "").lower()
    if len(url) > MAX_CHARS or not url.isascii() or not url.isprintable() or " " in url:
        raise CentreError(
            f"{refused}: must be at most {MAX_CHARS} ASCII characters without blanks", _EXAMPLE
        )
    if parts.scheme not in _PORTS or not is_host(host) or port == 0:
        raise CentreError(f"{refused}: it is no http or https address", _EXAMPLE)
    if parts.username is not None or parts.fragment:
        raise CentreError(
            f"{refused}: it has a user name or a fragment",
            "leave it out: deliveries are signed, and the receiver checks the signature",
        )
    if host not in hosts:
        raise CentreError(
            f"cannot send events to {host}: it is not an allowed host",
            f'add it to centre.toml: [webhooks] hosts = ["{host}"]',
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", host, port or _PORTS[parts.scheme], path)


_EXAMPLE = "for example https://tickets.park.example/hooks/gates"
