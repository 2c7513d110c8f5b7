"""Documents on their way from root key to root key, on machines without a network: a key set, or
release keys. Each root adds its signature to the file."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

from fleet_manager.errors import CentreError
from fleet_manager.files import whole_file
from fleet_manager.keys import vault
from gate_agent.validator.errors import WireError
from gate_agent.validator.trust import key_set, release_keys
from gate_agent.validator.trust.key_set import KeySet
from gate_agent.validator.trust.release_keys import ReleaseKeys

_Document = TypeVar("_Document")


@dataclass(frozen=True, slots=True)
class ProposalKind(Generic[_Document]):
    """What roots sign. `context`: of their signatures. `read`: the document in its fields; raises
    WireError. `command`: of ours, which makes one."""

    context: bytes
    read: Callable[[bytes], _Document]
    command: str


KEY_SET: ProposalKind[KeySet] = ProposalKind(key_set.CONTEXT, key_set.read_set, "keys propose")
RELEASE_KEYS: ProposalKind[ReleaseKeys] = ProposalKind(
    release_keys.CONTEXT, release_keys.read_release_keys, "release keys propose"
)


@dataclass(frozen=True, slots=True)
class Proposal(Generic[_Document]):
    """A proposed document: `fields` with the `signatures` so far."""

    kind: ProposalKind[_Document]
    fields: bytes
    signatures: tuple[bytes, ...] = ()

    @property
    def keys(self) -> _Document:
        """Return the proposed document."""
        return self.kind.read(self.fields)

    @property
    def sealed(self) -> bytes:
        """Return it as it is stored, and sent to gates once it is fully signed."""
        return key_set.seal(self.fields, self.signatures)

    def write(self, file: Path) -> None:
        """Write it in place of the file there, whole. Raises CentreError."""
        whole_file.write_bytes(file, self.sealed)

    def sign(self, file: Path) -> "Proposal[_Document]":
        """Return it with a signature by the root key in `file` added. Raises CentreConfigError."""
        signer = vault.read_signer(file)
        signature = key_set.sign(self.fields, signer.public, signer.sign, self.kind.context)
        return replace(self, signatures=tuple(sorted({*self.signatures, signature})))


def read_proposal(file: Path, kind: ProposalKind[_Document]) -> Proposal[_Document]:
    """Return the proposal in a file. Raises CentreError if it is not of that kind."""
    try:
        with file.open("rb") as source:
            data = source.read(key_set.MAX_SET_BYTES + 1)
        entries, fields = key_set.split(data)
        kind.read(fields)
    except OSError as error:
        raise CentreError(f"cannot open {file}: {error.strerror}") from None
    except WireError as error:
        raise CentreError(
            f"cannot use {file}: {error}", f"make one with `fleet-manager {kind.command}`"
        ) from None
    return Proposal(kind, fields, tuple(entries))
