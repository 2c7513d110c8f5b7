"""A park's new data folder: it is there whole, or nothing of it is."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fleet_manager.config import FILE
from fleet_manager.errors import CentreConfigError
from fleet_manager.files import ownership, whole_file

STAGING = ".init"
"""Where everything is made first. Nothing uses it: what an `init` left that was killed is removed
by the next one."""
PARTS = ("keys", "tls", "roots", "centre.db")


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Give an empty folder inside `folder`; when the block ends well, what was made in it moves up,
    `centre.toml` last: without that file a folder is no park. Otherwise nothing is left.

    Raises CentreConfigError if a park is there, or parts of one, or it cannot be made.
    """
    _check_free(folder)
    new = [place for place in (folder, *folder.parents) if not place.exists()]
    staging = folder / STAGING
    moved: list[Path] = []
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _private():
            folder.mkdir(exist_ok=True)
            if staging.exists():
                shutil.rmtree(staging)
            staging.mkdir()
            yield staging
        for source in sorted(staging.iterdir(), key=lambda file: file.name == FILE):
            target = folder / source.name
            source.rename(target)
            moved.append(target)
        staging.rmdir()
        whole_file.flush(folder)
    except BaseException as error:
        _undo([*moved, staging], new)
        if isinstance(error, OSError):
            raise CentreConfigError(
                f"cannot make {folder}: {error.strerror or error}",
                ownership.advice(folder) if isinstance(error, PermissionError) else "",
            ) from None
        raise


@contextmanager
def _private() -> Iterator[None]:
    """Let nobody else read what the block makes, whatever folder it is made in."""
    mask = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(mask)


def leftover(folder: Path) -> str:
    """Return the first part of a park that lies in a folder without its `centre.toml`, or ''."""
    return next((part for part in PARTS if (folder / part).exists()), "")


def _check_free(folder: Path) -> None:
    if (folder / FILE).exists():
        raise CentreConfigError(
            f"cannot make {folder / FILE}: it exists", "choose another folder with --data"
        )
    part = leftover(folder)
    if part:
        raise CentreConfigError(
            f"cannot make a park in {folder}: {part} is there, without {FILE}",
            "an `init` was cut off, or the settings are lost: put them back, or choose another "
            "folder with --data",
        )


def _undo(made: list[Path], folders: list[Path]) -> None:
    for path in made:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()
