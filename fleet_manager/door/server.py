"""Serve the door over HTTPS. Its key and its certificate are made at each start, under the park's
authority: nothing of them is stored."""

import socket
import ssl
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet_manager import systemd
from fleet_manager.centre import Centre
from fleet_manager.door.app import Door
from fleet_manager.errors import CentreConfigError
from fleet_manager.keys import certificates
from fleet_manager.keys.vault import to_pem

MOST_CONNECTIONS = 64
KEEP_ALIVE_S = 5
NOTIFY_S = 5
"""How often systemd hears that the door's loop turns."""


class DoorServer(uvicorn.Server):
    """A server that tells systemd when it begins to end."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer the requests that are open, and end."""
        systemd.tell(systemd.STOPPING)
        await super().shutdown(sockets)


def make_context(centre: Centre) -> ssl.SSLContext:
    """Return the TLS of the door, for the host by which gates reach the centre."""
    key = Ed25519PrivateKey.generate()
    now = datetime.fromtimestamp(centre.clock() / 1000, UTC)
    host = centre.config.broker.host
    certificate = certificates.server(
        centre.unlock(), centre.config.park, host, key.public_key().public_bytes_raw(), now
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # The library reads files alone; this one is gone again before the first connection.
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "door.pem")
        file.touch(mode=0o600)
        file.write_bytes(to_pem(key) + certificate)
        context.load_cert_chain(file)
    return context


def make_server(centre: Centre, address: str) -> uvicorn.Server:
    """Return the server; its `run` ends with SIGTERM. Raises CentreConfigError for keys that
    cannot be used."""
    config = uvicorn.Config(
        Door(centre).app(),
        host=address,
        port=centre.config.door_port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
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
    try:
        context = make_context(centre)
    except ValueError as error:
        raise CentreConfigError(
            f"cannot make a certificate for {centre.config.broker.host}: {error}"
        ) from None
    config.load()
    config.ssl = context
    return DoorServer(config)


async def _tell_systemd() -> None:
    """Say that the door listens, which to repeat does no harm, and that its loop turns."""
    systemd.tell(systemd.READY, systemd.ALIVE)
