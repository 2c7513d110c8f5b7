"""Sign releases with a release key, on machines without a network."""

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
from gate_agent.validator.trust.release_keys import manifest_text


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
