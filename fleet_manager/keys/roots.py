"""Make root keys and read their public halves, on machines without a network.

A root key is an Ed25519 key in a PEM file of its own, to be kept on a medium of its own. Beside it
lies `NAME.pub` with the 64 hexadecimal digits of its public half, which is no secret.
"""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet_manager.errors import CentreConfigError
from fleet_manager.keys import vault
from gate_agent.validator.errors import WireError
from gate_agent.validator.trust.keys import KeyUse, PublicKey

PUBLIC = ".pub"


def make(file: Path) -> bytes:
    """Write a new root key to `file` and return its public half, 32 bytes.

    Raises CentreConfigError if the file exists or cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    vault.write_secret(file, vault.to_pem(key))
    try:
        file.with_name(file.name + PUBLIC).write_text(public.hex() + "\n", "ascii")
    except OSError as error:
        raise CentreConfigError(f"cannot write {file}{PUBLIC}: {error.strerror}") from None
    return public


def read_public(file: Path) -> bytes:
    """Return the public key, 32 bytes, in a file `NAME.pub`. Raises CentreConfigError."""
    try:
        public = bytes.fromhex(file.read_text("ascii").strip())
        PublicKey.of(public, KeyUse.ROOT, "")
    except OSError as error:
        raise CentreConfigError(f"cannot open {file}: {error.strerror}") from None
    except (ValueError, WireError):
        raise CentreConfigError(
            f"cannot use {file}: must be 64 hexadecimal digits", "take the file NAME.pub"
        ) from None
    return public
