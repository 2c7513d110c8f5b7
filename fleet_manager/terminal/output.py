"""Files that a command writes: whole, or as they were."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from fleet_manager.errors import CentreError


@contextmanager
def written(path: Path) -> Iterator[TextIO]:
    """Open a text file (UTF-8, line ends as given) that takes the place of `path` when the block
    is over, on the disk as a whole; if the block raises, `path` is what it was.

    What is no ordinary file, such as /dev/stdout or a pipe, is written to directly. Raises
    CentreError for what the operating system refuses.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8", newline="") as file:
                yield file
            return
        target = path.resolve()  # a link stays one
        fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
        try:
            with fresh.open("x", encoding="utf-8", newline="") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                fresh.chmod(target.stat().st_mode & 0o777)
            fresh.replace(target)
        except BaseException:
            with suppress(OSError):
                fresh.unlink()
            raise
    except OSError as error:
        raise CentreError(
            f"cannot write {path}: {error.strerror or error}", "what was there is unchanged"
        ) from None
