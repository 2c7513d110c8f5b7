"""Serve the door over HTTPS. Its key and its certificate are made at each start, under the park's
authority: nothing of them is stored."""

import ssl
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet_manager import https_server
from fleet_manager.centre import Centre
from fleet_manager.door.app import Door
from fleet_manager.errors import CentreConfigError
from fleet_manager.https_server import WatchedServer
from fleet_manager.keys import certificates
from fleet_manager.keys.vault import to_pem

MOST_CONNECTIONS = 64
KEEP_ALIVE_S = 5


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
    https_server.load_pem(context, to_pem(key) + certificate)
    return context


def make_server(centre: Centre, address: str) -> WatchedServer:
    """Return the server; its `run` ends with SIGTERM. Raises CentreConfigError for keys that
    cannot be used."""
    try:
        context = make_context(centre)
    except ValueError as error:
        raise CentreConfigError(
            f"cannot make a certificate for {centre.config.broker.host}: {error}"
        ) from None
    return https_server.make(
        Door(centre).app(),
        address,
        centre.config.door_port,
        context,
        connections=MOST_CONNECTIONS,
        keep_alive_s=KEEP_ALIVE_S,
        date_header=False,
    )
