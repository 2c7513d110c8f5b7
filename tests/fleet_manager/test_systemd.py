"""What systemd hears, over a real socket."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet_manager import systemd


@pytest.fixture(params=[False, True], ids=["file", "abstract"])
def manager(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[socket.socket]:
    name = f"@{tmp_path}/notify" if request.param else f"{tmp_path}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name.replace("@", "\0"))
        listening.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        yield listening


def test_lines_are_one_datagram(manager: socket.socket) -> None:
    systemd.tell(systemd.ALIVE, systemd.status("two\nlines  are one"))
    assert manager.recv(1000) == b"WATCHDOG=1\nSTATUS=two lines are one"


def test_outside_of_systemd_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    systemd.tell(systemd.READY)


def test_the_worker_never_waits_for_systemd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither for one that is gone nor for one that does not listen: such a socket soon is full."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    systemd.tell(systemd.ALIVE)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(tmp_path / "notify"))
        for _ in range(5000):
            systemd.tell(systemd.ALIVE)
