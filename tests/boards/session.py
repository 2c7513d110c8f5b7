"""What the processes of one test run share: each thing is made once, by whoever needs it first."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

IN_PARTS = "PYTEST_XDIST_WORKER" in os.environ
"""Whether other processes do other groups of the tests."""
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
"""This test run, in each of its processes."""


class Hold:
    """Keeps other processes out of what has a name, from now until `end`; whoever wants it waits. A
    process that dies lets go."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / f"{name}.lock").open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def end(self) -> None:
        """Let the next one in; again is as good as once."""
        self._file.close()


@contextmanager
def locked(folder: Path, name: str) -> Iterator[None]:
    """Hold what has a name meanwhile."""
    hold = Hold(folder, name)
    try:
        yield
    finally:
        hold.end()


def is_made(folder: Path, name: str) -> bool:
    """Return whether a process of this run has made something."""
    file = folder / f"{name}.made"
    return file.exists() and json.loads(file.read_text())["run"] == RUN


def once(folder: Path, name: str, make: Callable[[], Path]) -> Path:
    """Return what `make` returns, from the first process of this run that needs it."""
    with locked(folder, name):
        file = folder / f"{name}.made"
        if not is_made(folder, name):
            file.write_text(json.dumps({"run": RUN, "path": str(make())}))
        return Path(json.loads(file.read_text())["path"])
