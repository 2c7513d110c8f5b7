"""Make, read and use root keys, on machines without a network.

A root key is an Ed25519 key in a PEM file of its own, to be kept on a medium of its own. Beside it
lies `NAME.pub` with the 64 hexadecimal digits of its public half, which is no secret.
"""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet_manager.errors import CentreConfigError, CentreError
from fleet_manager.files import whole_file
from fleet_manager.keys import vault
from gate_agent.validator.errors import WireError
from gate_agent.validator.trust import key_set
from gate_agent.validator.trust.keys import KeyUse, PublicKey

PUBLIC = ".pub"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A key set on its way from root key to root key: `fields` with the `signatures` so far."""

    fields: bytes
    signatures: tuple[bytes, ...] = ()

    @property
    def keys(self) -> key_set.KeySet:
        """Return the proposed key set."""
        return key_set.read_set(self.fields)

    @property
    def sealed(self) -> bytes:
        """Return the key set as it is stored, and sent to gates once it is fully signed."""
        return key_set.seal(self.fields, self.signatures)


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


def read_proposal(file: Path) -> Proposal:
    """Return the key set in a file, and its signatures. Raises CentreError if it is no key set."""
    try:
        with file.open("rb") as source:
            data = source.read(key_set.MAX_SET_BYTES + 1)
        entries, fields = key_set.split(data)
        key_set.read_set(fields)
    except OSError as error:
        raise CentreError(f"cannot open {file}: {error.strerror}") from None
    except WireError as error:
        raise CentreError(
            f"cannot use {file}: {error}", "make one with `fleet-manager keys propose`"
        ) from None
    return Proposal(fields, tuple(entries))


def write_proposal(file: Path, proposal: Proposal) -> None:
    """Write a proposal in place of the one there, whole. Raises CentreError."""
    whole_file.write_bytes(file, proposal.sealed)


def sign(proposal: Proposal, file: Path) -> Proposal:
    """Return the proposal with a signature by the root key in `file` added.

    Raises CentreConfigError.
    """
    signer = vault.read_signer(file)
    signature = key_set.sign(proposal.fields, signer.public, signer.sign)
    return Proposal(proposal.fields, tuple(sorted({*proposal.signatures, signature})))
