"""An update that is killed anywhere ends in the old release or the new one, whole, by itself."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from gate_agent.errors import GateError
from gate_agent.release.manifest import ReleaseError
from gate_agent.update.update import Updater
from tests.deploy.update_rig import CuttingLine, PowerFailure, Rig

ROOT = Path(__file__).parents[2]


def run_cut(rig: Rig, at: int) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "tests.deploy.cut_update", str(rig.folder), str(rig.port)]
    return subprocess.run(
        [*words, str(rig.centre.clock()), str(at)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def count_changes(rig: Rig) -> int:
    done = run_cut(rig, 0)
    assert done.returncode == 0, done.stderr
    rig.reset()
    return int(done.stdout)


def is_whole(rig: Rig, release: str) -> bool:
    """Return whether the release that `bin` leads to starts, and says that it is this one."""
    program = rig.folder / "root/bin/gate-agent"
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.strip() == release.rpartition("-")[0]


def cut_everywhere(
    rig: Rig, stride: int, conduct: Callable[[], None], *, power: bool, wished: str, end: str
) -> None:
    """Kill an update at each change in turn, from one end to the other, and let the next rounds
    finish it. `power`: the whole board is cut. `end`: the release that has to run then."""
    before = rig.store.current
    conduct()
    changes = count_changes(rig)
    assert changes > 20
    for at in range(1, changes + 1, stride):
        rig.reset()
        conduct()
        done = run_cut(rig, at)
        where = f"change {at} of {changes}: {done.stdout.strip()}"
        assert done.returncode == -9, where + done.stderr
        board = rig.board()
        if power:
            board.power_cut()
        assert rig.store.current in (before, wished), where
        assert is_whole(rig, rig.store.current), where
        for _ in range(3):
            rig.update(board)
        assert (rig.store.current, rig.store.healthy, board.running) == (end, end, end), where
        assert is_whole(rig, end), where
        assert rig.state()["trial"] is None, where


STRIDE = int(os.environ.get("SCENIC_GATE_CUT_STRIDE", "41"))
"""Of the changes each such one is cut; 1 for all, which takes minutes."""


@pytest.mark.parametrize("power", [True, False], ids=["power-cut", "killed"])
def test_an_update_that_is_cut_anywhere_is_finished_by_the_next_rounds(
    rig: Rig, power: bool
) -> None:
    wished = rig.wish("2.0.0")
    cut_everywhere(rig, STRIDE, rig.conduct, power=power, wished=wished, end=wished)


def test_an_update_to_an_unwell_release_that_is_cut_anywhere_ends_in_the_old_one(
    rig: Rig,
) -> None:
    before = rig.store.current
    wished = rig.wish("2.0.0")

    def conduct() -> None:
        rig.conduct(v2_0_0="dies")

    cut_everywhere(rig, STRIDE, conduct, power=True, wished=wished, end=before)


@pytest.mark.parametrize("conduct", ["", "dies"])
def test_a_cut_of_the_switch_itself_is_mended(rig: Rig, conduct: str) -> None:
    """From the first word of the trial on; with a stride of 1 no change is left out."""
    before = rig.store.current
    wished = rig.wish("2.0.0")
    # What is fetched and unpacked already needs no cut again.
    rig.conduct(v2_0_0=conduct)
    board = rig.board()
    board.lanes[0]["phase"] = "released"
    board.write_status()
    assert "waits for rest" in rig.update(board, patient=False)
    unpacked = rig.folder / "unpacked"
    keep(rig, unpacked)
    board = rig.board()
    board.write_status()
    changes = int(run_cut(rig, 0).stdout)
    step = 1 if STRIDE == 1 else 3
    for at in range(1, changes + 1, step):
        bring(rig, unpacked)
        board = rig.board()
        done = run_cut(rig, at)
        where = f"change {at} of {changes}: {done.stdout.strip()}"
        assert done.returncode == -9, where + done.stderr
        if at // step % 2:
            board.power_cut()
        assert is_whole(rig, rig.store.current), where
        for _ in range(3):
            rig.update(board)
        end = before if conduct else wished
        assert (rig.store.current, rig.store.healthy, board.running) == (end, end, end), where
        assert rig.state()["trial"] is None, where


def keep(rig: Rig, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("root", "updates", "board"):
        shutil.copytree(rig.folder / name, folder / name, symlinks=True)


def bring(rig: Rig, folder: Path) -> None:
    for name in ("root", "updates", "board"):
        shutil.rmtree(rig.folder / name)
        shutil.copytree(folder / name, rig.folder / name, symlinks=True)
    rig.board().restart()


def test_a_release_under_which_the_board_itself_restarts_is_left(rig: Rig) -> None:
    before = rig.store.current
    rig.wish("2.0.0")
    rig.conduct(v2_0_0="resets")
    ended = ""
    for _ in range(8):
        board = rig.board()
        try:
            ended = rig.update(board)
            break
        except PowerFailure:
            board.power_cut()
    assert ended == f"went back to {before}: the board or its updater ended 4 times under it"
    assert rig.store.current == before


def test_a_file_that_arrived_in_part_is_gone_on_with(rig: Rig) -> None:
    wished = rig.wish("large")
    size = (rig.made["large"] / "packages/gate_agent/word.py").stat().st_size
    with CuttingLine(rig.port) as line:
        received: list[int] = []
        while not rig.store.has(wished):
            line.left = 60_000  # a record of TLS that is cut in the middle is lost
            site = rig.site(port=line.port)
            with suppress(GateError):
                Updater(site).run()
            received.append(site.client.received)
            assert len(received) < 50
    assert len(received) > 3
    assert max(received) < 60_000 < size < sum(received)
    assert rig.store.healthy == wished


def test_a_card_that_gets_full_is_emptied_again_and_the_old_release_goes_on(rig: Rig) -> None:
    before = rig.store.current
    wished = rig.wish("2.0.0")
    site = rig.site()
    fetch = site.client.fetch
    calls = []

    def fill(path: str, file: Path, size: int, sha256: str) -> None:
        calls.append(path)
        if len(calls) == 2:
            raise OSError(28, "No space left on device", str(file))
        fetch(path, file, size, sha256)

    site.client.fetch = fill  # type: ignore[method-assign]
    with pytest.raises(OSError, match="No space left"):
        Updater(site).run()
    assert not (rig.folder / "updates/files").exists()
    assert rig.store.current == before
    assert rig.update() == f"{wished} runs well"


def test_half_a_release_at_the_centre_is_refused_and_tried_again(rig: Rig) -> None:
    before = rig.store.current
    wished = rig.wish("2.0.0")
    file = rig.centre.config.folder / "releases" / wished / "packages/gate_agent/word.py"
    text = file.read_bytes()
    file.write_bytes(text[:5])
    with pytest.raises(ReleaseError, match=r"word\.py at .* has other bytes"):
        rig.update()
    assert rig.store.current == before
    file.write_bytes(text)
    assert rig.update() == f"{wished} runs well"
