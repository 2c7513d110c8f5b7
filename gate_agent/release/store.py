"""The folders of releases on a machine: which one runs, which is the way back, and how to switch.
Standard library alone: the installer carries it to bare boards.

    /opt/scenic-gate/libraries/<digest>/     other projects' packages, shared by releases that need
                                             the same ones
    /opt/scenic-gate/releases/<name>/        a virtual environment with our packages
    /opt/scenic-gate/current -> releases/…   what runs; `bin` -> current/bin
    /opt/scenic-gate/previous -> releases/…  what ran before, to go back to
    /opt/scenic-gate/healthy -> releases/…   the last one that was found well; it watches over new
                                             ones, and is what an update goes back to

Whatever is killed half-way lies in a folder that ends in `.part`, which the next installation
removes. A folder without that ending is whole: it was renamed after its files had reached the disk.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gate_agent.release.manifest import ReleaseError

ROOT = Path("/opt/scenic-gate")
PART = ".part"
_PROCESSES = Path("/proc")


class ReleaseStore:
    """The releases under `root`."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.releases = root / "releases"
        self.libraries = root / "libraries"

    @property
    def current(self) -> str:
        """Return the name of the release that runs, '' for none."""
        return self._read_link("current")

    @property
    def previous(self) -> str:
        """Return the name of the release that ran before, '' for none."""
        return self._read_link("previous")

    @property
    def healthy(self) -> str:
        """Return the name of the last release that was found well, '' for none."""
        return self._read_link("healthy")

    def mark_healthy(self, name: str) -> None:
        """Make a release the one to go back to."""
        _point(self.root / "healthy", f"releases/{name}")

    def _read_link(self, name: str) -> str:
        try:
            return (self.root / name).readlink().name
        except OSError:
            return ""

    def has(self, name: str) -> bool:
        """Return whether a release is here, whole."""
        return (self.releases / name).is_dir()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock: a playbook and an update never install at the same time. Raises
        ReleaseError."""
        self.root.mkdir(mode=0o755, parents=True, exist_ok=True)
        handle = os.open(self.root / "install.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ReleaseError(
                    f"another installation is at work in {self.root}", "wait for its end"
                ) from None
            yield
        finally:
            os.close(handle)

    def switch(self, name: str) -> bool:
        """Make a release the current one; return whether another one was.

        The one before becomes `previous`. Raises ReleaseError if it is not here.
        """
        if not self.has(name):
            raise ReleaseError(f"no release {name} in {self.releases}", "install it first")
        before = self.current
        if before != name:
            if before:
                _point(self.root / "previous", f"releases/{before}")
            _point(self.root / "current", f"releases/{name}")
        _point(self.root / "bin", "current/bin")
        return before != name

    def clean(self) -> list[str]:
        """Remove what was interrupted; return its names."""
        parts: list[Path] = []
        for folder in (self.releases, self.libraries):
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            parts += sorted(folder.glob(f"*{PART}"))
        for path in parts:
            shutil.rmtree(path)
        return [path.name for path in parts]

    def remove_old(self) -> list[str]:
        """Remove releases that neither run nor are a way back, and libraries that nobody needs;
        return their names."""
        keep = {self.current, self.previous, self.healthy} | self._in_use()
        old = [path for path in _folders(self.releases) if path.name not in keep]
        for path in old:
            _remove(path)
        needed = {libraries_of(path) for path in _folders(self.releases)}
        unused = [path for path in _folders(self.libraries) if path.name not in needed]
        for path in unused:
            _remove(path)
        return [path.name for path in (*old, *unused)]

    def _in_use(self) -> set[str]:
        """Return the releases that processes run from: one that waits for rest imports more."""
        begin = f"{self.releases}/".encode()
        names = set()
        for file in _PROCESSES.glob("[0-9]*/cmdline"):
            try:
                program = file.read_bytes().partition(b"\0")[0]
            except OSError:
                continue  # it has ended
            if program.startswith(begin):
                names.add(os.fsdecode(program.removeprefix(begin).partition(b"/")[0]))
        return names


def libraries_of(release: Path) -> str:
    """Return the name of the libraries of an installed release, '' if it says none."""
    try:
        return (release / "libraries").read_text().strip()
    except OSError:
        return ""


@contextmanager
def made_whole(folder: Path) -> Iterator[Path]:
    """Give a new folder beside `folder`, and rename it to `folder` when all that was written into
    it is on the disk. After an error nothing of it stays."""
    part = folder.with_name(f"{folder.name}{PART}")
    part.mkdir(parents=True)
    try:
        yield part
        _sync_tree(part)
        part.rename(folder)
        _sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _folders(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    return sorted(path for path in parent.iterdir() if path.is_dir() and path.suffix != PART)


def _remove(path: Path) -> None:
    """Remove a folder so that no half of it is ever taken for a whole."""
    part = path.with_name(f"{path.name}{PART}")
    path.rename(part)
    shutil.rmtree(part)


def _point(link: Path, target: str) -> None:
    """Make a symbolic link point to `target` in one step, for good."""
    if link.is_symlink() and link.readlink() == Path(target):
        return
    new = link.with_name(f"{link.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(link)
    _sync_folder(link.parent)


def _sync_tree(folder: Path) -> None:
    for root, _names, files in os.walk(folder):
        for name in files:
            path = Path(root, name)
            if not path.is_symlink():
                _sync(path, os.O_RDONLY)
        _sync_folder(Path(root))


def _sync_folder(folder: Path) -> None:
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
