"""A data folder, opened: its settings, its database and, for who needs them, its keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet_manager import config
from fleet_manager.config import CentreConfig
from fleet_manager.database.store import Store
from fleet_manager.errors import CentreConfigError, CentreError
from fleet_manager.keys import certificates, roots, vault
from fleet_manager.keys.roots import Proposal
from fleet_manager.keys.vault import Vault, to_pem, write_secret
from fleet_manager.park_time import Calendar
from fleet_manager.tickets.issue import Issuer
from fleet_manager.trust import key_sets
from gate_agent.validator.trust import key_set
from gate_agent.validator.trust.key_set import ROOTS as ROOT_COUNT
from gate_agent.validator.trust.key_set import THRESHOLD, KeyRow, KeySet
from gate_agent.validator.trust.keys import KeyUse

ROOTS = "roots"
"""Where `init` leaves the root keys, to be carried away from there."""


@dataclass(frozen=True, slots=True)
class Centre:
    """One park's centre."""

    config: CentreConfig
    store: Store
    calendar: Calendar

    def unlock(self) -> Vault:
        """The keys. Raises ConfigError."""
        with self.store.read() as connection:
            published = key_sets.newest(connection)
        keys = None if published is None else published.keys
        return vault.unlock(self.config.keys, self.config.park, keys)

    def issuer(self) -> Issuer:
        """Who sells tickets. Raises ConfigError."""
        return Issuer(self.unlock(), self.config.park, self.calendar)

    def authority(self) -> bytes:
        """The park's own certificate authority, PEM. Raises ConfigError."""
        try:
            return self.config.broker.ca.read_bytes()
        except OSError as error:
            raise CentreConfigError(
                f"cannot open {self.config.broker.ca}: {error.strerror or error}"
            ) from None


@contextmanager
def opened(folder: Path) -> Iterator[Centre]:
    """Raises ConfigError."""
    settings = config.load(folder)
    store = Store.open(settings.database)
    try:
        yield Centre(settings, store, Calendar(settings.time_zone))
    finally:
        store.close()


def create(
    folder: Path,
    park: str,
    name_zh: str,
    name_en: str,
    time_zone: str,
    now: datetime,
    database: str | None = None,
) -> CentreConfig:
    """A new data folder: settings, keys, certificates and an empty database, in the folder if no
    URL is given.

    Raises ConfigError; nothing that is there is overwritten.
    """
    if database is not None:
        Store.check_empty(database)
    settings = config.write(folder, park, name_zh, name_en, time_zone, database)
    vault.create(settings.keys)
    keys = vault.unlock(settings.keys, park)
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    broker = settings.broker
    broker.ca.parent.mkdir(exist_ok=True)
    broker.ca.write_bytes(certificates.authority(keys, park, now))
    name = certificates.CENTRE_NAME
    broker.certificate.write_bytes(certificates.client(keys, park, name, public, now))
    write_secret(broker.key, to_pem(key))
    store = Store.open(settings.database, create=True)
    try:
        with store.write() as connection:
            first = _first_set(folder / ROOTS, park, keys, now)
            key_sets.publish(connection, first.sealed, park, int(now.timestamp() * 1000))
    finally:
        store.close()
    return settings


def _first_set(folder: Path, park: str, keys: Vault, now: datetime) -> Proposal:
    """Three new root keys, and the first key set with their signatures."""
    folder.mkdir(mode=0o700, exist_ok=True)
    files = [folder / f"root-{number}.pem" for number in range(1, ROOT_COUNT + 1)]
    publics = sorted(roots.make(file) for file in files)
    rows = [(KeyUse.TICKET, keys.ticket), (KeyUse.LIST, keys.list), (KeyUse.CENTRE, keys.centre)]
    made = KeySet(
        park=park,
        version=1,
        as_of_ms=int(now.timestamp() * 1000),
        roots=tuple(publics),
        keys=tuple(KeyRow(use=use, public=signer.public) for use, signer in rows),
    )
    proposal = Proposal(key_set.fields_of(made))
    for file in files[:THRESHOLD]:
        proposal = roots.sign(proposal, file)
    return proposal


def write_broker_files(centre: Centre, host: str, folder: Path, now: datetime) -> list[Path]:
    """`ca.crt`, `broker.crt` and `broker.key` for a broker that is reached as `host`.

    Raises CentreError for a host that no certificate can hold, or files that are there.
    """
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    try:
        certificate = certificates.server(centre.unlock(), centre.config.park, host, public, now)
    except ValueError:
        raise CentreError(f"cannot make a certificate for {host!r}: not a host name") from None
    files = [folder / name for name in ("broker.key", "ca.crt", "broker.crt")]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_secret(files[0], to_pem(key))
        files[1].write_bytes(centre.authority())
        files[2].write_bytes(certificate)
    except OSError as error:
        raise CentreError(f"cannot write to {folder}: {error.strerror or error}") from None
    return files
