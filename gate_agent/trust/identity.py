"""The files of a gate's enrolment: its own key, and whom to trust."""

import binascii
from codecs import BOM_UTF8
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate_agent.errors import ConfigError
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.link_secret import SECRET_BYTES
from gate_agent.validator.tickets.holder import MIN_PEPPER_BYTES
from gate_agent.validator.trust.keys import KeyRing, KeyUse, key_id

KEY, CERTIFICATE, AUTHORITY, RING, PEPPER = "key.pem", "cert.pem", "ca.crt", "ring.json", "pepper"
LINK = "link"


@dataclass(frozen=True, slots=True)
class Identity:
    """`folder`: where the enrolment's files are. `key_id`, `public`: of the gate's own key; `sign`
    makes Ed25519 signatures with it. `pepper`: None where this gate checks no holders. `link`: the
    secret of this gate's link, None for a gate that decides alone. `renewed`: file of the key and
    the certificate that have followed the enrolment's, after so many `renewals`."""

    folder: Path
    key_id: bytes
    sign: Callable[[bytes], bytes]
    ring: KeyRing
    pepper: bytes | None
    link: bytes | None = None
    public: bytes = b""
    renewed: Path | None = None
    renewals: int = 0

    @property
    def certificate(self) -> Path:
        """PEM file, for TLS."""
        return self.renewed or self.folder / CERTIFICATE

    @property
    def private(self) -> Path:
        """PEM file, for TLS."""
        return self.renewed or self.folder / KEY


def load(folder: Path) -> Identity:
    """Return the identity in `folder`. Raises ConfigError naming the file that cannot be used."""
    private = _private_key(folder / KEY)
    ring_path, pepper_path = folder / RING, folder / PEPPER
    try:
        ring = KeyRing.from_json(_read(ring_path).removeprefix(BOM_UTF8).decode("utf-8", "replace"))
    except WireError as error:
        raise ConfigError(f"{ring_path}: {error}", _HINT) from None
    pepper = _secret(pepper_path, MIN_PEPPER_BYTES) if pepper_path.exists() else None
    link_path = folder / LINK
    link = _secret(link_path, SECRET_BYTES) if link_path.exists() else None
    public = private.public_key().public_bytes_raw()
    return Identity(
        folder=folder,
        key_id=key_id(public),
        sign=private.sign,
        ring=ring,
        pepper=pepper,
        link=link,
        public=public,
    )


_HINT = "copy the folder again that fleet-manager gate add wrote for this gate"


def refuse_other_names(enrolled: Identity, park: str, gate: str) -> None:
    """Raise ConfigError if the enrolment is of another park or gate than gate.toml says: such a
    gate would be linked, and hear of nothing.

    A certificate that cannot be read is for `load` and the link to say. Needs the library that
    reads certificates, so it is for commands and not for the daemon.
    """
    owners = {key.owner for key in enrolled.ring.of(KeyUse.CENTRE)}
    if owners and park not in owners:
        raise ConfigError(
            f"gate.toml says park {park!r}, and {enrolled.folder / RING} is of "
            f"{', '.join(map(repr, sorted(owners)))}",
            "set park in gate.toml, or copy the bundle of the right park",
        )
    name = common_name(enrolled.folder / CERTIFICATE)
    if name not in (None, gate):
        raise ConfigError(
            f"gate.toml says id {gate!r}, and {enrolled.folder / CERTIFICATE} is for {name!r}",
            "set id in gate.toml, or copy the bundle of this gate",
        )


def common_name(certificate: Path) -> str | None:
    """Return whose a certificate in PEM form is; None if it cannot be read."""
    from cryptography import x509

    try:
        subject = x509.load_pem_x509_certificate(certificate.read_bytes()).subject
    except (OSError, ValueError):
        return None
    names = subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except PermissionError:
        raise ConfigError(f"cannot read {path}: Permission denied", _whose(path)) from None
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}", _HINT) from None


def _whose(path: Path) -> str:
    """Return what to do about a file that belongs to somebody else."""
    return (
        f"the daemon's user must own it: chown -R scenic-gate: {path.parent}; and run this as: "
        "sudo -u scenic-gate gate-agent …"
    )


def _secret(path: Path, least: int) -> bytes:
    try:
        secret = bytes.fromhex(_read(path).decode("ascii"))
    except ValueError:
        raise ConfigError(f"{path}: must be hexadecimal digits", _HINT) from None
    if len(secret) < least:
        raise ConfigError(f"{path}: must be at least {least} bytes", _HINT)
    return secret


_PEM_HEAD, _PEM_TAIL = b"-----BEGIN PRIVATE KEY-----\n", b"\n-----END PRIVATE KEY-----\n"
_DER_HEAD = bytes.fromhex("302e020100300506032b657004220420")  # RFC 8410: Ed25519, 32 bytes


def to_pem(key: Ed25519PrivateKey) -> bytes:
    """Return the key as a PEM file, as `load` reads it."""
    der = _DER_HEAD + key.private_bytes_raw()
    return _PEM_HEAD + binascii.b2a_base64(der, newline=False) + _PEM_TAIL


def _private_key(path: Path) -> Ed25519PrivateKey:
    """Return the key in a PEM file. One as the centre writes it is read here: the library that
    reads every other form, and says what is wrong with it, takes 1.4 MiB."""
    data = _read(path)
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        raise ConfigError(
            f"{path}: others may read it (mode {mode:o}), and with it speak as this gate",
            f"chmod 600 {path}; if somebody may have copied it: fleet-manager gate replace",
        )
    if data.startswith(_PEM_HEAD) and data.endswith(_PEM_TAIL):
        try:
            der = binascii.a2b_base64(data[len(_PEM_HEAD) : -len(_PEM_TAIL)], strict_mode=True)
        except binascii.Error:
            der = b""
        if der.startswith(_DER_HEAD) and len(der) == len(_DER_HEAD) + 32:
            return Ed25519PrivateKey.from_private_bytes(der[len(_DER_HEAD) :])
    return _other_key(path, data)


def _other_key(path: Path, data: bytes) -> Ed25519PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigError(f"{path}: not a private key in PEM form", _HINT) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{path}: must be an Ed25519 key", _HINT)
    return key
