"""A data folder has one daemon at a time, and says who that is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gate_agent.errors import FolderTakenError, GateError
from gate_agent.journal.data_lock import LOCK_FILE, DataLock

HOLD = (
    "import sys; from pathlib import Path; from gate_agent.journal.data_lock import DataLock; "
    "lock = DataLock(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
)


def test_a_second_one_is_refused_in_one_line_that_names_the_first(tmp_path: Path) -> None:
    lock = DataLock(tmp_path)
    with pytest.raises(FolderTakenError) as caught:
        DataLock(tmp_path)
    line = caught.value.line()
    assert f"another gate-agent (process {os.getpid()}, since 20" in line
    assert str(tmp_path) in line
    assert "systemctl stop gate-agent" in line
    assert "\n" not in line
    assert caught.value.exit_status == 75
    lock.release()
    lock.release()
    DataLock(tmp_path).release()


@pytest.mark.process
def test_a_process_that_is_killed_leaves_the_folder_free(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(FolderTakenError, match=f"process {holder.pid}, since"):
            DataLock(tmp_path)
        holder.kill()
        holder.wait()
    lock = DataLock(tmp_path)
    assert f"process {os.getpid()}" in (tmp_path / LOCK_FILE).read_text()
    lock.release()


def test_the_lock_is_not_handed_on_to_a_program_that_is_started(tmp_path: Path) -> None:
    lock = DataLock(tmp_path)
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, close_fds=False) as child:
        lock.release()
        DataLock(tmp_path).release()
        child.communicate()


def test_a_child_that_has_not_reached_its_exec_does_not_keep_the_lock(tmp_path: Path) -> None:
    lock = DataLock(tmp_path)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # it has every open file of ours until it is told to end
        os.close(writer)
        os.read(reader, 1)
        os._exit(0)
    os.close(reader)
    lock.release()
    DataLock(tmp_path).release()
    os.close(writer)
    os.waitpid(child, 0)


def test_a_folder_that_takes_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(GateError, match=r"cannot open .*daemon\.lock: No such file"):
        DataLock(tmp_path / "none")
