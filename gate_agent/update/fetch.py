"""Bring together the folder of a release: what lies on this board already, by its hash, and the
rest from the centre's door."""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from gate_agent.errors import GateError
from gate_agent.release.manifest import (
    MANIFEST_FILE,
    ReleaseError,
    ReleaseFile,
    ReleaseManifest,
    hash_file,
    target_of,
)
from gate_agent.release.store import ReleaseStore
from gate_agent.update.client import DoorClient

ROLE = "board"
SPARE_BYTES = 64 << 20
"""What has to stay free for the journal: a full card closes the lanes."""


class ReleaseFetcher:
    """Fetches into `folder`: `files/<sha256>` is what has arrived, `release/` the folder to install
    from, with links to those."""

    def __init__(
        self, folder: Path, store: ReleaseStore, client: DoorClient, say: Callable[[str], None]
    ) -> None:
        self._files = folder / "files"
        self._release = folder / "release"
        self._store = store
        self._client = client
        self._say = say

    def fetch(self, manifest: ReleaseManifest, data: bytes) -> Path:
        """Return a release folder with what this machine needs of a release. `data`: the bytes of
        its release.json.

        Raises GateError, ReleaseError and OSError; what has arrived stays for the next call, unless
        the disk is full.
        """
        files = self._needed(manifest)
        self._files.mkdir(parents=True, exist_ok=True)
        try:
            lacking = [file for file in files if not self._is_here(file)]
            self._check_room(lacking)
            if lacking:
                count = sum(file.size for file in lacking)
                self._say(f"fetching {len(lacking)} files, {count >> 10} KiB, of {manifest.name}")
            for file in lacking:
                path = f"/releases/{manifest.name}/{file.path}"
                self._client.fetch(path, self._files / file.sha256, file.size, file.sha256)
            return self._assemble(files, data)
        except OSError:
            self.clear()  # a full card closes the lanes
            raise

    def clear(self) -> None:
        """Remove everything that was fetched."""
        shutil.rmtree(self._release, ignore_errors=True)
        shutil.rmtree(self._files, ignore_errors=True)

    def tidy(self, manifest: ReleaseManifest) -> None:
        """Keep only the wheels of an installed release: the next one may need them again."""
        shutil.rmtree(self._release, ignore_errors=True)
        wheels = {file.sha256 for file in manifest.files if file.path.startswith("wheels/")}
        for path in self._files.iterdir() if self._files.is_dir() else ():
            if path.name not in wheels:
                path.unlink()

    def _needed(self, manifest: ReleaseManifest) -> list[ReleaseFile]:
        """Return the files to install from; no wheels if their libraries are installed."""
        target = target_of(ROLE)
        files = manifest.needed(target)
        lists = [file for file in files if file.path == f"requirements/{target}.txt"]
        if not lists:
            raise GateError(f"release {manifest.name} does not say which libraries it needs")
        if (self._store.libraries / lists[0].sha256[:12]).is_dir():
            return [file for file in files if not file.path.startswith("wheels/")]
        return files

    def _is_here(self, file: ReleaseFile) -> bool:
        """Return whether a file has arrived, or lies in the release that runs; then it is copied
        from there."""
        mine = self._files / file.sha256
        if mine.is_file() and mine.stat().st_size == file.size:
            return True  # the installer verifies its hash
        kind, _, inner = file.path.partition("/")
        if kind != "packages":
            return False
        running = self._store.releases / self._store.current
        for place in running.glob("lib/python*/site-packages"):
            installed = place / inner
            if installed.is_file() and hash_file(installed) == file.sha256:
                part = self._files / f"{file.sha256}.copy"
                shutil.copyfile(installed, part)
                part.replace(mine)
                return True
        return False

    def _check_room(self, lacking: Sequence[ReleaseFile]) -> None:
        free = shutil.disk_usage(self._files).free
        needed = sum(file.size for file in lacking) + SPARE_BYTES
        if free < needed:
            raise ReleaseError(
                f"not enough room in {self._files}: {free >> 20} MiB are free, "
                f"{needed >> 20} MiB are needed",
                "make room, or use a larger card",
            )

    def _assemble(self, files: Sequence[ReleaseFile], data: bytes) -> Path:
        shutil.rmtree(self._release, ignore_errors=True)
        self._release.mkdir()
        (self._release / MANIFEST_FILE).write_bytes(data)
        for file in files:
            path = self._release / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            os.link(self._files / file.sha256, path)
        return self._release
