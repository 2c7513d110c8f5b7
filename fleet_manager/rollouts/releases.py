"""The releases at the centre: a folder each under `releases` of the data folder, and a row."""

import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select

from fleet_manager.database import tables_boards
from fleet_manager.errors import CentreError
from fleet_manager.files import whole_file
from gate_agent.release.manifest import (
    MANIFEST_FILE,
    SIGNATURE_FILE,
    ReleaseError,
    ReleaseFile,
    ReleaseManifest,
    parse_manifest,
    verify,
)
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.release_wish import is_release_name
from gate_agent.validator.trust.release_keys import ReleaseKeys

FOLDER = "releases"
_PART = ".part"
_TABLE = tables_boards.release


@dataclass(frozen=True, slots=True)
class StoredRelease:
    """A row. `manifest`: SHA-256 of its release.json. `signed_by`: id of the release key."""

    name: str
    version: str
    sequence: int
    manifest: bytes
    signed_by: str
    added_ms: int


def every(connection: Connection) -> list[StoredRelease]:
    """Return all releases, the newest first."""
    rows = connection.execute(select(_TABLE).order_by(_TABLE.c.sequence.desc(), _TABLE.c.name))
    return [StoredRelease(*row) for row in rows]


def find(connection: Connection, name: str) -> StoredRelease:
    """Return a release. Raises CentreError if it is not here."""
    row = connection.execute(select(_TABLE).where(_TABLE.c.name == name)).one_or_none()
    if row is None:
        raise CentreError(f"cannot find release {name!r}", "see `fleet-manager release list`")
    return StoredRelease(*row)


def read_signed(
    folder: Path, keys: ReleaseKeys | None, now_ms: int
) -> tuple[ReleaseManifest, StoredRelease]:
    """Return the manifest of a release folder, and its row, after its signature and every file have
    been verified. Raises CentreError."""
    if keys is None:
        raise CentreError(
            "cannot add a release: this park has no release keys",
            "make some: `fleet-manager release keys propose`",
        )
    try:
        data = (folder / MANIFEST_FILE).read_bytes()
        signature = bytes.fromhex((folder / SIGNATURE_FILE).read_text("ascii"))
        key = keys.key_of(signature, data)
        manifest = parse_manifest(data)
        verify(folder, manifest.files)
    except OSError as error:
        raise CentreError(
            f"cannot use release {folder}: {error.filename}: {error.strerror}",
            "name the folder that `./run release` has made and `release sign` has signed",
        ) from None
    except (ReleaseError, WireError) as error:
        raise CentreError(f"cannot use release {folder}: {error}") from None
    except ValueError:
        raise CentreError(f"cannot use release {folder}: {SIGNATURE_FILE} is damaged") from None
    name, digest = manifest.name, sha256(data).digest()
    if not is_release_name(name):
        raise CentreError(f"cannot use release {folder}: gates accept no release called {name!r}")
    row = StoredRelease(name, manifest.version, manifest.sequence, digest, key.id.hex(), now_ms)
    return manifest, row


def store(folder: Path, data: Path, manifest: ReleaseManifest) -> Path:
    """Copy a release folder to where the door finds it, whole or not at all; return that folder.
    `data`: the centre's data folder. Raises CentreError."""
    target = data / FOLDER / manifest.name
    part = target.with_name(target.name + _PART)
    try:
        shutil.rmtree(part, ignore_errors=True)
        for path in (MANIFEST_FILE, SIGNATURE_FILE, *(file.path for file in manifest.files)):
            copy = part / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / path, copy)
            whole_file.flush(copy)
        shutil.rmtree(target, ignore_errors=True)
        part.replace(target)
        whole_file.flush(target.parent)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise whole_file.refused(target, error) from None
    return target


def refuse_older(connection: Connection, row: StoredRelease) -> None:
    """Raise CentreError if the same sources are here already as a release of a higher sequence."""
    query = select(_TABLE.c.sequence).where(_TABLE.c.name == row.name)
    sequence = connection.scalar(query)
    if sequence is not None and sequence > row.sequence:
        raise CentreError(
            f"cannot add {row.name} with sequence {row.sequence}: it is here with {sequence}"
        )


def add(connection: Connection, row: StoredRelease) -> bool:
    """Put a row in the place of one of the same name; return False if that changes nothing."""
    before = connection.execute(select(_TABLE).where(_TABLE.c.name == row.name)).one_or_none()
    if before is not None and before.manifest == row.manifest:
        return False
    connection.execute(delete(_TABLE).where(_TABLE.c.name == row.name))
    connection.execute(
        insert(_TABLE).values(
            name=row.name,
            version=row.version,
            sequence=row.sequence,
            manifest=row.manifest,
            signed_by=row.signed_by,
            added_ms=row.added_ms,
        )
    )
    return True


@dataclass(frozen=True, slots=True)
class ServedRelease:
    """What the door serves of a release: the files that its manifest names, and no others."""

    folder: Path
    files: dict[str, ReleaseFile]

    def locate(self, path: str) -> tuple[Path, str] | None:
        """Return the file of a path and what it is recognised by; None for another path."""
        if path in (MANIFEST_FILE, SIGNATURE_FILE):
            return self.folder / path, ""
        file = self.files.get(path)
        return None if file is None else (self.folder / path, file.sha256)


def read_served(data: Path, name: str) -> ServedRelease | None:
    """Return what can be served of a release, None for one that is not here. `data`: the centre's
    data folder."""
    if not is_release_name(name):
        return None
    folder = data / FOLDER / name
    try:
        manifest = parse_manifest((folder / MANIFEST_FILE).read_bytes())
    except (OSError, ReleaseError):
        return None
    return ServedRelease(folder, {file.path: file for file in manifest.files})
