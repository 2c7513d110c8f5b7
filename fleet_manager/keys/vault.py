"""Store the centre's secrets. Only this module sees private keys; others get a callable.

Each is an Ed25519 key in a PEM file (mode 0600) named after what it may sign: `ticket`, `list`,
`centre` (messages to gates) and `authority` (certificates). A key that follows another has its key
id in its name, `ticket-0a1b2c3d.pem`; the key set in force names the one that signs. `pepper`: the
secret under which holders' document numbers are hashed. `link`: the secret from which gates' link
secrets are derived.
"""

import hmac
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509 import Certificate, CertificateBuilder

from fleet_manager.errors import CentreConfigError
from gate_agent.validator.messages.link_secret import link_secret
from gate_agent.validator.tickets.holder import MIN_PEPPER_BYTES
from gate_agent.validator.trust.key_set import KeyRow, KeySet
from gate_agent.validator.trust.keys import KeyMode, KeyRing, KeyUse, PublicKey, key_id

_SIGNING = {"ticket": KeyUse.TICKET, "list": KeyUse.LIST, "centre": KeyUse.CENTRE}
_AUTHORITY = "authority"
_PEPPER = "pepper"
_LINK = "link"
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Signer:
    """A key for one use. `id`: 4 bytes. `public`: 32 bytes. `sign`: returns 64 bytes."""

    id: bytes
    public: bytes
    sign: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Vault:
    """The centre's secrets, opened. `ring`: the public keys that gates must trust. `tickets`: all
    ticket keys by key id, because a ticket is printed again under the key that it was sold under.
    """

    ticket: Signer
    list: Signer
    centre: Signer
    ring: KeyRing
    pepper: bytes
    authority_public: bytes
    sign_certificate: Callable[[CertificateBuilder], Certificate]
    link: bytes
    tickets: Mapping[bytes, Signer] = field(default_factory=dict)

    def link_secret(self, gate: str, public: bytes) -> bytes:
        """Return the secret that the centre shares with the gate that has this public key."""
        return link_secret(self.link, gate, public)

    def invitation_secret(self, name: bytes) -> bytes:
        """Return the secret of an invitation's token, 16 bytes. `name`: of the invitation."""
        return hmac.digest(self.link, b"scenic-gate invitation\0" + name, sha256)[:16]

    def webhook_secret(self, salt: bytes, generation: int) -> bytes:
        """Return the secret of a receiver of events, 32 bytes. `salt`: 16 random bytes of the
        receiver. `generation`: one more for each new secret."""
        text = b"scenic-gate webhook\0" + salt + generation.to_bytes(4, "big")
        return hmac.digest(self.link, text, sha256)

    def box_seed(self, gate: str, request: bytes) -> bytes:
        """Return 32 bytes to seal an answer to the gate with: the same for the same request."""
        text = b"scenic-gate box seed\0" + gate.encode() + b"\0" + request
        return hmac.digest(self.link, text, sha256)

    def second_factor_key(self, number: int) -> bytes:
        """Return the key under which the second factor of a user is stored, 32 bytes."""
        text = b"scenic-gate second factor\0" + str(number).encode()
        return hmac.digest(self.link, text, sha256)

    def order_key(self, number: int) -> bytes:
        """Return the key under which the documents in an order are stored, 32 bytes."""
        return hmac.digest(self.link, b"scenic-gate order\0" + str(number).encode(), sha256)


def create(folder: Path) -> None:
    """Draw new secrets into `folder`. Raises CentreConfigError if a file exists already."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CentreConfigError(f"cannot make {folder}: {error.strerror or error}") from None
    for name in (*_SIGNING, _AUTHORITY):
        write_secret(folder / f"{name}.pem", to_pem(Ed25519PrivateKey.generate()))
    for name in (_PEPPER, _LINK):
        write_secret(folder / name, secrets.token_hex(_SECRET_BYTES).encode() + b"\n")


def add(folder: Path, use: KeyUse) -> bytes:
    """Draw a key that follows the one in use and return its public half, 32 bytes.

    Raises CentreConfigError.
    """
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    write_secret(folder / f"{use.value}-{key_id(public).hex()}.pem", to_pem(key))
    return public


def unlock(folder: Path, park: str, keys: KeySet | None = None) -> Vault:
    """Read the secrets. `keys`: the key set in force, None before the first.

    Raises CentreConfigError for a secret that is missing, damaged or readable by others.
    """
    stored = {name: _signers(folder, name) for name in _SIGNING}
    signers = {name: _current(folder, keys, use, stored[name]) for name, use in _SIGNING.items()}
    authority = _read_key(folder / f"{_AUTHORITY}.pem")
    return Vault(
        ticket=signers["ticket"],
        list=signers["list"],
        centre=signers["centre"],
        ring=KeyRing(
            PublicKey.of(signers[name].public, use, park) for name, use in _SIGNING.items()
        )
        if keys is None
        else keys.ring(),
        pepper=_read_hex(folder / _PEPPER),
        authority_public=authority.public_key().public_bytes_raw(),
        sign_certificate=lambda builder: builder.sign(authority, None),
        link=_read_hex(folder / _LINK),
        tickets=stored["ticket"],
    )


def _signers(folder: Path, name: str) -> dict[bytes, Signer]:
    """Return the keys for one use by key id, the oldest first."""
    first = folder / f"{name}.pem"
    later = sorted(folder.glob(f"{name}-*.pem"))
    files = ([first] if first.exists() or not later else []) + later
    return {signer.id: signer for signer in map(read_signer, files)}


def _current(
    folder: Path, keys: KeySet | None, use: KeyUse, stored: Mapping[bytes, Signer]
) -> Signer:
    """Return the key that signs from now on. Raises CentreConfigError if its file is missing."""
    if keys is None:
        return next(iter(stored.values()))
    name = key_id(signing_row(keys, use).public)
    if name not in stored:
        raise CentreConfigError(
            f"cannot find {use.value} key {name.hex()} in {folder}",
            "the key set in force names it: bring its file back, or publish a set without it",
        )
    return stored[name]


def signing_row(keys: KeySet, use: KeyUse) -> KeyRow:
    """Return the key of a set that signs from now on: the newest that was not stolen."""
    return [row for row in keys.of(use) if row.mode is not KeyMode.LIST_ONLY][-1]


def read_signer(file: Path) -> Signer:
    """Return the key in a PEM file. Raises CentreConfigError."""
    return _signer(_read_key(file))


def to_pem(key: Ed25519PrivateKey) -> bytes:
    """Return a private key as PKCS #8 PEM, without a password, which a daemon could not type."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def write_secret(file: Path, data: bytes) -> None:
    """Write a new file that only its owner can read. Raises CentreConfigError if it exists."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
        except OSError:
            file.unlink()  # half a key would be in the way of a whole one
            raise
    except FileExistsError:
        raise CentreConfigError(
            f"cannot make {file}: it exists", "keys are never overwritten: choose another folder"
        ) from None
    except OSError as error:
        raise CentreConfigError(f"cannot make {file}: {error.strerror or error}") from None


def write_secrets(files: Mapping[Path, bytes]) -> list[Path]:
    """Write new files that only their owner can read, all of them or none; return them.

    Raises ConfigError; a file that was there before is left as it is.
    """
    written: list[Path] = []
    try:
        for file, data in files.items():
            write_secret(file, data)
            written.append(file)
    except CentreConfigError:
        for file in written:
            file.unlink(missing_ok=True)
        raise
    return written


def _read_secret(file: Path) -> bytes:
    try:
        if file.stat().st_mode & 0o077:
            raise CentreConfigError(
                f"cannot use {file}: others may read it", f"run `chmod 600 {file}`, if none has"
            )
        return file.read_bytes()
    except OSError as error:
        raise CentreConfigError(f"cannot open {file}: {error.strerror or error}") from None


def _read_hex(file: Path) -> bytes:
    try:
        secret = bytes.fromhex(_read_secret(file).decode("ascii"))
    except ValueError:
        secret = b""
    if len(secret) < MIN_PEPPER_BYTES:
        raise CentreConfigError(f"cannot use {file}: must be at least 32 hexadecimal digits")
    return secret


def _read_key(file: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(_read_secret(file), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise CentreConfigError(f"cannot use {file}: must be an Ed25519 private key in PEM")
    return key


def _signer(key: Ed25519PrivateKey) -> Signer:
    public = key.public_key().public_bytes_raw()
    return Signer(key_id(public), public, key.sign)
