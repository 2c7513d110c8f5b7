"""Files that commands write for people: whole under their name, or not there at all."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from fleet_manager.errors import CentreError
from fleet_manager.files import ownership


@contextmanager
def text_file(file: Path, encoding: str = "utf-8") -> Iterator[TextIO]:
    """Open a new file beside `file`, which takes its place when the block ends well.

    What lies there stays until then, and after a failure. A link stays one. What is no ordinary
    file, such as /dev/stdout or a pipe, is written directly. Raises CentreError for a place that
    cannot be written.
    """
    if file.exists() and not file.is_file() and not file.is_dir():
        try:
            with file.open("w", encoding=encoding, newline="") as out:
                yield out
        except OSError as error:
            raise refused(file, error) from None
        return
    file = file.resolve()
    with _replacing(file) as handle, os.fdopen(handle, "w", encoding=encoding, newline="") as out:
        yield out
        out.flush()
        os.fsync(out.fileno())


def write_bytes(file: Path, data: bytes) -> None:
    """Write a whole file in place of the one there. Raises CentreError."""
    with _replacing(file) as handle, os.fdopen(handle, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())


def check_writable(folder: Path) -> None:
    """Make a folder if it is not there, and raise CentreError if no file can be made in it.

    For acts that can be done only once: a ticket that is sold must not wait for its picture.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, probe = tempfile.mkstemp(prefix=".probe-", dir=folder)
        os.close(handle)
        Path(probe).unlink()
    except OSError as error:
        raise refused(folder, error) from None


def flush(path: Path) -> None:
    """Wait until a file, or a folder's names, are on the disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _replacing(file: Path) -> Iterator[int]:
    """Give the handle of a new file that becomes `file` when the block ends well."""
    unfinished: Path | None = None
    try:
        if file.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder", str(file))
        handle, name = tempfile.mkstemp(prefix=f".{file.name[:50]}-", dir=file.parent)
        unfinished = Path(name)
        os.fchmod(handle, _mode_of(file))
        yield handle
        unfinished.replace(file)
        unfinished = None
    except OSError as error:
        raise refused(file, error) from None
    finally:
        if unfinished is not None:
            with suppress(OSError):
                unfinished.unlink()


def _mode_of(file: Path) -> int:
    """Return the mode of a file that is replaced, or of a new one as the user's mask has it."""
    try:
        return file.stat().st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def refused(path: Path, error: OSError) -> CentreError:
    """Return what to raise where something cannot be written, with what to do about it."""
    hint = ""
    if isinstance(error, PermissionError):
        hint = f"{ownership.user()} may not write there: name another folder, or let it write there"
    return CentreError(f"cannot write {path}: {error.strerror or error}", hint)
