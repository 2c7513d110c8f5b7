"""A PostgreSQL server of one's own in a temporary folder, for tests that run over both databases.

Needs Debian's postgresql package (its programs, no running cluster) and the driver psycopg; where
one of them is missing there is no server, and what needs it is skipped.
"""

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LONGEST_S = 60


def programs() -> Path | None:
    """The folder of the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def missing() -> str:
    """Why there can be no server; empty if there can."""
    if "SCENIC_GATE_POSTGRESQL" not in os.environ:
        return "takes two minutes: SCENIC_GATE_POSTGRESQL=1 ./run test tests/fleet_manager"
    if importlib.util.find_spec("psycopg") is None:
        return "the driver psycopg is not installed"
    if programs() is None:
        return "no PostgreSQL server is installed"
    if os.geteuid() == 0 and _owner() is None:
        return "PostgreSQL does not run as root, and there is no user postgres"
    return ""


def _owner() -> str | None:
    """Whom a server belongs to that root starts."""
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return None


class Server:
    """`url(name)` makes an empty database."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port
        self._number = 0

    def url(self) -> str:
        """Of a new, empty database."""
        self._number += 1
        name = f"park{self._number}"
        _run("createdb", "-h", "127.0.0.1", "-p", str(self._port), name)
        user = _owner() if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        return f"postgresql+psycopg://{user}@127.0.0.1:{self._port}/{name}"


@contextmanager
def serving() -> Iterator[Server]:
    """A server that durably commits, on a free port of this machine."""
    folder = Path(tempfile.mkdtemp(prefix="scenic-gate-pg-"))
    owner = _owner() if os.geteuid() == 0 else None
    if owner is not None:
        shutil.chown(folder, owner)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = str(folder / "data")
    try:
        _run("initdb", "-D", data, "-A", "trust")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
        _run("pg_ctl", "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
        try:
            yield Server(folder, port)
        finally:
            _run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: str, *arguments: str) -> None:
    folder = programs()
    assert folder is not None
    subprocess.run(
        [str(folder / program), *arguments],
        check=True,
        user=_owner() if os.geteuid() == 0 else None,
        cwd="/",
        timeout=_LONGEST_S,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
