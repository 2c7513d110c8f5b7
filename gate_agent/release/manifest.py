"""Read the manifest of a release folder, and verify its files.

Standard library alone: the installer carries it to bare boards.

A release folder, made by `./run release`, is

    release.json        what it is, and the SHA-256 of every file
    release.sig         the signature over release.json, if it is signed
    install.pyz         the installer
    packages/           our own packages, file by file
    requirements/       for each target the wheels that it needs, by their hashes
    wheels/             other projects' packages
"""

import hashlib
import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MANIFEST_FILE = "release.json"
SIGNATURE_FILE = "release.sig"
FORMAT = 1
_AGAIN = "copy the whole folder again"
_CHUNK = 1 << 20
_HEX_DIGITS = frozenset("0123456789abcdef")


class ReleaseError(Exception):
    """A release that cannot be used: one sentence, and what to do."""

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(f"{text}: {hint}" if hint else text)


class UnfitReleaseError(ReleaseError):
    """A release that does not work on this machine, however often it is installed."""


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """A file of a release. `path`: relative, with `/`. `sha256`: hexadecimal. `size`: bytes.
    `used_by`: roles, as `board`, and targets, as `board-311-aarch64`; empty: all."""

    path: str
    sha256: str
    size: int
    used_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseManifest:
    """What `release.json` says. `sequence`: higher than that of every earlier release. `digest`:
    SHA-256 of the list of files. `made`: when, ISO 8601 in UTC, for people."""

    version: str
    sequence: int
    made: str
    files: tuple[ReleaseFile, ...]
    digest: str

    @property
    def name(self) -> str:
        """Return the name of its folder on a machine, as `0.2.0-1a2b3c4d5e6f`."""
        return f"{self.version}-{self.digest[:12]}"

    @property
    def targets(self) -> list[str]:
        """Return the targets that it was made for."""
        return sorted(
            {name for file in self.files for name in file.used_by if name.count("-") == 2}
        )

    def needed(self, target: str) -> list[ReleaseFile]:
        """Return the files that a target needs. Raises ReleaseError if it was not made for it."""
        if target not in self.targets:
            raise ReleaseError(
                f"release {self.name} was not made for this machine ({target})",
                f"it was made for {', '.join(self.targets) or 'none'}",
            )
        names = {target, target.split("-", maxsplit=1)[0]}
        return [file for file in self.files if not file.used_by or names & set(file.used_by)]

    def listing(self, target: str, part: str) -> list[str]:
        """Return the paths of what a target needs, for a copy: `own`, which is small and changes
        with each release, or `wheels`. Raises ReleaseError."""
        paths = [file.path for file in self.needed(target) if file.path != MANIFEST_FILE]
        wheels = [path for path in paths if path.startswith("wheels/")]
        if part == "wheels":
            return wheels
        return [MANIFEST_FILE, *(path for path in paths if path not in wheels)]

    def to_json(self) -> bytes:
        """Return the bytes of `release.json`: one line in canonical JSON."""
        document = {
            "format": FORMAT,
            "version": self.version,
            "sequence": self.sequence,
            "made": self.made,
            "digest": self.digest,
            "files": [_plain(file) for file in self.files],
        }
        return _canonical(document) + b"\n"


def digest_of(files: Sequence[ReleaseFile]) -> str:
    """Return the SHA-256 of a list of files in canonical JSON, hexadecimal."""
    return hashlib.sha256(_canonical([_plain(file) for file in files])).hexdigest()


def read_manifest(folder: Path) -> ReleaseManifest:
    """Return the manifest in a release folder. Raises ReleaseError."""
    path = folder / MANIFEST_FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ReleaseError(f"cannot read {path}: {error.strerror}", _AGAIN) from None
    try:
        return parse_manifest(data)
    except ReleaseError as error:
        raise ReleaseError(f"{path}: {error}") from None


def parse_manifest(data: bytes) -> ReleaseManifest:
    """Return the manifest in the bytes of a `release.json`. Raises ReleaseError."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise ReleaseError("not whole", _AGAIN) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ReleaseError("a release that this program does not know", "use its own install.pyz")
    try:
        files = tuple(_file_of(entry) for entry in document["files"])
        manifest = ReleaseManifest(
            _text(document["version"]),
            _whole(document["sequence"]),
            _text(document["made"]),
            files,
            digest_of(files),
        )
        if manifest.digest != document["digest"]:
            raise ReleaseError("damaged: its digest is another", _AGAIN)
    except (KeyError, TypeError, ValueError):
        raise ReleaseError("a field is missing or of another kind", _AGAIN) from None
    if not is_inside(manifest.version) or "/" in manifest.version:
        raise ReleaseError(f"no version: {manifest.version!r}")
    return manifest


def _file_of(entry: dict[str, object]) -> ReleaseFile:
    path = _text(entry["path"])
    if not is_inside(path):
        raise ReleaseError(f"names a file outside of its folder: {path!r}")
    used_by = entry.get("for", [])
    if not isinstance(used_by, list):
        raise TypeError("for")
    names = tuple(_text(name) for name in used_by)
    sha256 = _text(entry["sha256"])
    if len(sha256) != 64 or not set(sha256) <= _HEX_DIGITS:
        raise ValueError("sha256")
    return ReleaseFile(path, sha256, _whole(entry["size"]), names)


def _plain(file: ReleaseFile) -> dict[str, object]:
    fields: dict[str, object] = {"path": file.path, "sha256": file.sha256, "size": file.size}
    return fields | ({"for": list(file.used_by)} if file.used_by else {})


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text")
    return value


def _whole(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("number")
    return value


def is_inside(path: str) -> bool:
    """Return whether a path stays in its folder and is spelled the one way."""
    if "\\" in path or "\0" in path:
        return False
    return all(part not in ("", ".", "..") for part in path.split("/"))


def target_of(role: str) -> str:
    """Return what this machine is, as `board-311-aarch64`: role, Python and processor."""
    return f"{role}-{sys.version_info[0]}{sys.version_info[1]}-{platform.machine()}"


def verify(folder: Path, files: Sequence[ReleaseFile]) -> None:
    """Raise ReleaseError for the first file that is missing or has other bytes."""
    for file in files:
        try:
            digest = hash_file(folder / file.path)
        except OSError as error:
            raise ReleaseError(
                f"release file {file.path} is missing ({error.strerror})",
                "the folder was copied in part: copy it again",
            ) from None
        if digest != file.sha256:
            raise ReleaseError(
                f"release file {file.path} has another SHA-256 than {MANIFEST_FILE} says",
                "it is damaged or was changed: copy it again",
            )


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
