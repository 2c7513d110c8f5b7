"""What the centre gave this gate when it was enrolled: its own key, and whom to trust."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gate_agent.errors import ConfigError
from gate_agent.validator.errors import WireError
from gate_agent.validator.holder import MIN_PEPPER_BYTES
from gate_agent.validator.keys import KeyRing, key_id

KEY, CERTIFICATE, AUTHORITY, RING, PEPPER = "key.pem", "cert.pem", "ca.crt", "ring.json", "pepper"


@dataclass(frozen=True, slots=True)
class Identity:
    """`sign` makes Ed25519 signatures with the gate's own key. `pepper`: None where this gate
    checks no holders. `folder`: where the TLS files lie."""

    folder: Path
    key_id: bytes
    sign: Callable[[bytes], bytes]
    ring: KeyRing
    pepper: bytes | None


def load(folder: Path) -> Identity:
    """The identity in `folder`. Raises ConfigError naming the file that cannot be used."""
    private = _private_key(folder / KEY)
    ring_path, pepper_path = folder / RING, folder / PEPPER
    try:
        ring = KeyRing.from_json(_read(ring_path).decode("utf-8", "replace"))
    except WireError as error:
        raise ConfigError(f"{ring_path}: {error}", _HINT) from None
    pepper = _pepper(pepper_path) if pepper_path.exists() else None
    return Identity(
        folder, key_id(private.public_key().public_bytes_raw()), private.sign, ring, pepper
    )


_HINT = "copy the folder again that fleet-manager gate add wrote for this gate"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}", _HINT) from None


def _pepper(path: Path) -> bytes:
    try:
        pepper = bytes.fromhex(_read(path).decode("ascii"))
    except ValueError:
        raise ConfigError(f"{path}: must be hexadecimal digits", _HINT) from None
    if len(pepper) < MIN_PEPPER_BYTES:
        raise ConfigError(f"{path}: must be at least {MIN_PEPPER_BYTES} bytes", _HINT)
    return pepper


def _private_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(_read(path), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigError(f"{path}: not a private key in PEM form", _HINT) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{path}: must be an Ed25519 key", _HINT)
    return key
