"""Acts on the park itself: make its data folder, make certificates for its broker."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet_manager import centre as centres
from fleet_manager import config, host_name, limits
from fleet_manager.access.actor import Actor, Role
from fleet_manager.access.links import Purpose
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.config import CentreConfig
from fleet_manager.database.store import Store
from fleet_manager.errors import CentreError
from fleet_manager.files import whole_file
from fleet_manager.keys import certificates, roots, vault
from fleet_manager.keys.proposals import KEY_SET, Proposal
from fleet_manager.keys.vault import Vault, to_pem, write_secret
from fleet_manager.limits import Limits
from fleet_manager.services.act import performed
from fleet_manager.services.new_folder import staged
from fleet_manager.services.people.users import NewUser, add_user
from fleet_manager.trust import key_sets
from gate_agent.validator.trust import key_set
from gate_agent.validator.trust.key_set import ROOTS as ROOT_COUNT
from gate_agent.validator.trust.key_set import THRESHOLD, KeyRow, KeySet
from gate_agent.validator.trust.keys import KeyUse

ROOTS = "roots"
"""The folder in which `create` leaves the root keys, to be carried away from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPark:
    """What a park shall be. `database`: URL of an empty database; None for SQLite in the
    folder."""

    park: str
    name_zh: str
    name_en: str
    time_zone: str
    database: str | None = None


ADMINISTRATOR = "admin"
"""The name of the first user, who adds the others."""


@dataclass(frozen=True, slots=True)
class CreatedPark:
    """A park that was made. `link`: the secret of the first administrator's one-time link."""

    config: CentreConfig
    link: str = field(repr=False)


def set_limits(centre: Centre, who: Actor, wanted: Limits) -> None:
    """Set how many visitors the park may hold. Raises CentreError for a number that no park has."""
    with performed(centre, who, Act.PARK_LIMITS, f"park {centre.config.park}") as deed:
        deed.before = asdict(limits.read(deed.connection))
        limits.write(deed.connection, wanted)
        deed.after = asdict(wanted)


def create(folder: Path, who: Actor, wanted: NewPark, now: datetime) -> CreatedPark:
    """Make a data folder: settings, keys, certificates, and a database with one administrator.

    Raises CentreConfigError; then nothing was made, and nothing that is there is overwritten.
    """
    config.check_new(folder, **asdict(wanted))
    with staged(folder) as staging:
        settings = config.write(staging, **asdict(wanted))
        Store.check_empty(settings.database)
        try:
            link = _fill(settings, who, wanted, now)
        except BaseException:
            if wanted.database is not None:
                Store.clear(settings.database)
            raise
    return CreatedPark(config.load(folder), link)


def _fill(settings: CentreConfig, who: Actor, wanted: NewPark, now: datetime) -> str:
    """Fill the data folder; return the secret of the first administrator's link."""
    vault.create(settings.keys)
    keys = vault.unlock(settings.keys, wanted.park)
    _write_own_certificate(settings, keys, now)
    first = _first_set(settings.folder / ROOTS, wanted.park, keys, now)
    Store.open(settings.database, create=True).close()
    with centres.opened(settings.folder) as centre:
        with performed(centre, who, Act.PARK_CREATE, f"park {wanted.park}") as deed:
            key_sets.publish(deed.connection, first.sealed, wanted.park, _ms(now))
            deed.after = {"time_zone": wanted.time_zone, "name_zh": wanted.name_zh}
        administrator = NewUser(name=ADMINISTRATOR, shown=ADMINISTRATOR, role=Role.ADMINISTRATOR)
        return add_user(centre, who, administrator, purpose=Purpose.FIRST).secret


def write_broker_files(centre: Centre, who: Actor, host: str, folder: Path) -> list[Path]:
    """Write `broker.key`, `ca.crt` and `broker.crt` for a broker that is reached as `host`.

    Raises CentreError for a host that no certificate can hold, or files that are there.
    """
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    now = datetime.fromtimestamp(centre.clock() / 1000, UTC)
    files = [folder / name for name in ("broker.key", "ca.crt", "broker.crt")]
    with performed(centre, who, Act.BROKER_CERTIFICATE, f"broker {host}") as deed:
        if not host_name.is_host(host):
            raise CentreError(
                f"cannot make a certificate for {host!r}: must be {host_name.ALLOWED}",
                host_name.mistake(host),
            )
        certificate = certificates.server(centre.unlock(), centre.config.park, host, public, now)
        authority = centre.authority()
        whole_file.check_writable(folder)
        write_secret(files[0], to_pem(key))
        try:
            whole_file.write_bytes(files[1], authority)
            whole_file.write_bytes(files[2], certificate)
        except CentreError:
            files[0].unlink()  # a key without its certificate would only be in the way
            raise
        deed.after = {"key": public.hex()}
    return files


def _write_own_certificate(settings: CentreConfig, keys: Vault, now: datetime) -> None:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    broker = settings.broker
    broker.ca.parent.mkdir(exist_ok=True)
    broker.ca.write_bytes(certificates.authority(keys, settings.park, now))
    name = certificates.CENTRE_NAME
    broker.certificate.write_bytes(certificates.client(keys, settings.park, name, public, now))
    write_secret(broker.key, to_pem(key))


def _first_set(folder: Path, park: str, keys: Vault, now: datetime) -> Proposal[KeySet]:
    """Return the first key set with the signatures of three new root keys."""
    folder.mkdir(mode=0o700, exist_ok=True)
    files = [folder / f"root-{number}.pem" for number in range(1, ROOT_COUNT + 1)]
    publics = sorted(roots.make(file) for file in files)
    signers = [(KeyUse.TICKET, keys.ticket), (KeyUse.LIST, keys.list), (KeyUse.CENTRE, keys.centre)]
    made = KeySet(
        park=park,
        version=1,
        as_of_ms=_ms(now),
        roots=tuple(publics),
        keys=tuple(KeyRow(use=use, public=signer.public) for use, signer in signers),
    )
    proposal = Proposal(KEY_SET, key_set.fields_of(made))
    for file in files[:THRESHOLD]:
        proposal = proposal.sign(file)
    return proposal


def _ms(now: datetime) -> int:
    return int(now.timestamp() * 1000)
