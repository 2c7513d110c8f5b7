"""What the centre's two processes tell systemd, over a real socket."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fleet_manager.centre import Centre
from hardware_sim.broker import free_port

pytestmark = pytest.mark.process
WAIT_S = 60.0


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(WAIT_S)
        yield listening


@contextmanager
def started(park: Centre, manager: socket.socket, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "fleet_manager", "--data", str(park.config.folder), *words],
        env={**os.environ, "NOTIFY_SOCKET": manager.getsockname()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said(manager: socket.socket) -> list[str]:
    return manager.recv(1000).decode().split("\n")


def wait_for(manager: socket.socket, line: str) -> list[str]:
    """Return the lines beside `line`, when systemd hears it."""
    while line not in (lines := said(manager)):
        pass
    return lines


def test_serve_is_ready_without_a_broker_and_says_that_it_lives(
    park: Centre, manager: socket.socket
) -> None:
    file = park.config.folder / "centre.toml"
    file.write_text(file.read_text().replace("8883", str(free_port())))
    with started(park, manager, "serve", "--no-web") as daemon:
        assert said(manager) == ["READY=1"]
        status = ""
        while not status.startswith("STATUS="):
            status = wait_for(manager, "WATCHDOG=1")[-1]
        assert status == "STATUS=no link to the broker; 0 answers dropped"
        for _ in range(3):
            wait_for(manager, "WATCHDOG=1")
        daemon.send_signal(signal.SIGTERM)
        wait_for(manager, "STOPPING=1")
        assert daemon.wait(WAIT_S) == 0


def test_serve_that_cannot_serve_is_never_ready(park: Centre, manager: socket.socket) -> None:
    (park.config.folder / "centre.toml").write_text("nonsense")
    with started(park, manager, "serve", "--no-web") as daemon:
        assert daemon.wait(WAIT_S) == 78
        manager.setblocking(False)
        with pytest.raises(BlockingIOError):
            manager.recv(1000)


def test_the_door_is_ready_when_it_listens(park: Centre, manager: socket.socket) -> None:
    port = free_port()
    with (park.config.folder / "centre.toml").open("a") as file:
        file.write(f"\n[door]\nport = {port}\n")
    with started(park, manager, "door", "--address", "127.0.0.1") as door:
        assert said(manager) == ["READY=1", "WATCHDOG=1"]
        socket.create_connection(("127.0.0.1", port), WAIT_S).close()
        door.send_signal(signal.SIGTERM)
        wait_for(manager, "STOPPING=1")
        assert door.wait(WAIT_S) == -signal.SIGTERM
