"""`serve` watches collector and console: either comes back, and neither outlives it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fleet_manager.centre import Centre
from hardware_sim.broker import free_port

LONGEST_S = 120.0
_PROGRAM = [sys.executable, "-m", "fleet_manager"]


def wait_for(what: Callable[[], object]) -> None:
    """Return as soon as `what` is so."""
    end = time.monotonic() + LONGEST_S
    while not what():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


def children_of(pid: int) -> dict[str, int]:
    """Return the running children of a process, by the word of their command."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        state, parent = stat.rpartition(")")[2].split()[:2]
        if int(parent) == pid and state != "Z":
            for word in (b"web", b"serve"):
                if word in words:
                    found[word.decode()] = int(folder.name)
    return found


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False


@contextmanager
def serving(park: Centre) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """Run `serve` with the console on a port of its own."""
    port = free_port()
    config = park.config.folder / "centre.toml"
    config.write_text(config.read_text("utf-8").replace("port = 8444", f"port = {port}"), "utf-8")
    process = subprocess.Popen(
        [*_PROGRAM, "--data", str(park.config.folder), "serve"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process, port
    finally:
        for pid in (*children_of(process.pid).values(), process.pid):
            with_no_error(pid)
        process.wait()


def with_no_error(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


@pytest.mark.process
def test_a_console_that_is_killed_comes_back_and_the_collector_goes_on(park: Centre) -> None:
    with serving(park) as (process, port):
        wait_for(lambda: answers(port))
        before = children_of(process.pid)
        assert set(before) == {"web", "serve"}
        os.kill(before["web"], signal.SIGKILL)
        wait_for(lambda: children_of(process.pid).get("web", before["web"]) != before["web"])
        wait_for(lambda: answers(port))
        assert children_of(process.pid)["serve"] == before["serve"]


@pytest.mark.process
def test_both_end_with_serve_also_when_it_is_killed(park: Centre) -> None:
    with serving(park) as (process, port):
        wait_for(lambda: answers(port))
        pids = children_of(process.pid).values()
        process.kill()
        process.wait()
        wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


@pytest.mark.process
def test_serve_ends_both_when_it_is_told_to(park: Centre) -> None:
    with serving(park) as (process, port):
        wait_for(lambda: answers(port))
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONGEST_S) == 0
        assert not answers(port)


@pytest.mark.process
def test_a_second_serve_says_that_the_folder_is_in_use(park: Centre) -> None:
    with serving(park) as (_, port):
        wait_for(lambda: answers(port))
        command = [*_PROGRAM, "--data", str(park.config.folder), "serve"]
        second = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S)
        assert second.returncode == 75
        assert "Traceback" not in second.stderr
        assert answers(port)
