"""Make and sign releases' keys, on machines without a network: a release key signs software, root
keys sign which release keys count."""

from dataclasses import dataclass
from pathlib import Path

from fleet_manager.errors import CentreError
from fleet_manager.files import whole_file
from fleet_manager.keys import vault
from gate_agent.release.manifest import (
    MANIFEST_FILE,
    SIGNATURE_FILE,
    ReleaseError,
    ReleaseManifest,
    read_manifest,
    verify,
)
from gate_agent.validator.errors import WireError
from gate_agent.validator.trust import key_set
from gate_agent.validator.trust.release_keys import (
    CONTEXT,
    ReleaseKeys,
    manifest_text,
    read_release_keys,
)


@dataclass(frozen=True, slots=True)
class ReleaseKeysProposal:
    """Release keys on their way from root key to root key: `fields` with the signatures so far."""

    fields: bytes
    signatures: tuple[bytes, ...] = ()

    @property
    def keys(self) -> ReleaseKeys:
        """Return the proposed release keys."""
        return read_release_keys(self.fields)

    @property
    def sealed(self) -> bytes:
        """Return them as they are stored, and sent to gates once they are fully signed."""
        return key_set.seal(self.fields, self.signatures)


def read_proposal(file: Path) -> ReleaseKeysProposal:
    """Return the release keys in a file, and their signatures. Raises CentreError for a file that
    holds none."""
    try:
        with file.open("rb") as source:
            data = source.read(key_set.MAX_SET_BYTES + 1)
        entries, fields = key_set.split(data)
        read_release_keys(fields)
    except OSError as error:
        raise CentreError(f"cannot open {file}: {error.strerror}") from None
    except WireError as error:
        raise CentreError(
            f"cannot use {file}: {error}", "make one with `fleet-manager release keys propose`"
        ) from None
    return ReleaseKeysProposal(fields, tuple(entries))


def write_proposal(file: Path, proposal: ReleaseKeysProposal) -> None:
    """Write a proposal in place of the one there, whole. Raises CentreError."""
    whole_file.write_bytes(file, proposal.sealed)


def sign_proposal(proposal: ReleaseKeysProposal, file: Path) -> ReleaseKeysProposal:
    """Return the proposal with a signature by the root key in `file` added.

    Raises CentreConfigError.
    """
    signer = vault.read_signer(file)
    signature = key_set.sign(proposal.fields, signer.public, signer.sign, CONTEXT)
    signatures = tuple(sorted({*proposal.signatures, signature}))
    return ReleaseKeysProposal(proposal.fields, signatures)


def sign_release(folder: Path, file: Path) -> tuple[ReleaseManifest, str]:
    """Sign the release in a folder with the release key in `file`, after every file has been
    verified; return its manifest and the key's id, hexadecimal. Raises CentreError."""
    signer = vault.read_signer(file)
    try:
        manifest = read_manifest(folder)
        verify(folder, manifest.files)
        data = (folder / MANIFEST_FILE).read_bytes()
    except ReleaseError as error:
        raise CentreError(f"cannot sign {folder}: {error}") from None
    except OSError as error:
        raise CentreError(f"cannot sign {folder}: {error.strerror}") from None
    signature = signer.id + signer.sign(manifest_text(data))
    whole_file.write_bytes(folder / SIGNATURE_FILE, signature.hex().encode() + b"\n")
    return manifest, signer.id.hex()
