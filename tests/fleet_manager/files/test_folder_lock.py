"""One `serve` a data folder: two real processes, and what the second one says."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fleet_manager.centre import Centre
from fleet_manager.files.folder_lock import FILE

_PROGRAM = [sys.executable, "-m", "fleet_manager"]


def command(park: Centre, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*_PROGRAM, "--data", str(park.config.folder), *arguments],
        capture_output=True,
        text=True,
        timeout=120,  # a second `serve` that is not refused serves for ever
    )


@contextmanager
def serving(park: Centre) -> Iterator[subprocess.Popen[str]]:
    """A `serve` that has said that it serves. It needs no broker to hold its folder."""
    with subprocess.Popen(
        [*_PROGRAM, "serve", "--no-web", "--data", str(park.config.folder)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("serving west-lake")
            yield process
        finally:
            process.kill()


def test_a_second_serve_names_the_first_and_ends_with_a_status_of_its_own(park: Centre) -> None:
    with serving(park) as first:
        second = command(park, "serve", "--no-web")
        assert second.returncode == 75
        line, hint = second.stderr.splitlines()
        assert f"(process {first.pid}, since 20" in line
        assert str(park.config.folder) in line
        assert "systemctl stop" in hint


def test_commands_go_on_while_a_serve_runs(park: Centre) -> None:
    with serving(park):
        assert command(park, "ticket", "issue", "--product", "adult").returncode == 0
        assert json.loads(command(park, "ticket", "show", "1", "--json").stdout)["serial"] == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_root_leaves_the_lock_to_the_folders_owner(park: Centre) -> None:
    os.chown(park.config.folder, 1, 1)
    with serving(park):
        assert (park.config.folder / FILE).stat().st_uid == 1


def test_the_lock_is_free_when_its_process_was_killed(park: Centre) -> None:
    with serving(park) as first:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    assert (park.config.folder / FILE).exists()
    with serving(park):
        assert command(park, "serve", "--no-web").returncode == 75
