"""Rounds of `pretix sync --every`: faults are said once and pass, and nobody waits for another."""

import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fleet_manager import centre
from fleet_manager.__main__ import build
from fleet_manager.centre import Centre
from fleet_manager.database import engine
from fleet_manager.errors import CentreError
from fleet_manager.services.pretix.rounds import LOCK, Rounds, SyncResult, alone
from hardware_sim.pretix.server import SimPretixServer


@pytest.fixture
def sim() -> Iterator[SimPretixServer]:
    made = SimPretixServer(random.Random(3))
    yield made
    made.close()


def run(park: Centre, *words: str) -> Result:
    """`fleet-manager --data … pretix …`."""
    return CliRunner().invoke(
        build(), ["--data", str(park.config.folder), "pretix", *words], catch_exceptions=False
    )


def connected(park: Centre, sim: SimPretixServer, series: str, slug: str) -> int:
    """The event as a series, its adults mapped; the number of the product."""
    event = sim.open_event(slug, False)
    days = ["--from", "2026-11-20", "--to", "2026-12-31"]
    assert (
        run(park, "connect", series, sim.url, slug, "--token", event["token"], *days).exit_code == 0
    )
    item = int(event["items"][0])
    assert run(park, "map", series, str(item), "adult").exit_code == 0
    return item


class Shown(list[SyncResult]):
    """What rounds have shown since it was last read."""

    def texts(self) -> list[str]:
        texts = [f"{result.series}: {result.fault or 'good'}" for result in self]
        self.clear()
        return texts


@pytest.fixture
def impatient(park: Centre, monkeypatch: pytest.MonkeyPatch) -> Iterator[Centre]:
    """The park, opened so that a locked database is a fault at once."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 20)
    with centre.opened(park.config.folder) as opened:
        yield opened


def test_a_locked_database_is_said_once_and_passes(
    park: Centre, impatient: Centre, sim: SimPretixServer
) -> None:
    item = connected(park, sim, "otter", "gardens")
    shown = Shown()
    rounds = Rounds(impatient, None, shown.append)
    assert rounds.run()
    assert shown.texts() == ["otter: good"]
    sim.sell("gardens", item, 2, "p", None)
    other = sqlite3.connect(park.config.folder / "centre.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert not rounds.run()
    assert shown.texts() == ["otter: cannot use the database: database is locked"]
    assert not rounds.run()
    assert shown.texts() == []
    other.execute("ROLLBACK")
    other.close()
    assert rounds.run()
    (result,) = shown
    assert result.pulled is not None
    assert result.pulled.new == 2


def test_one_sync_under_a_lock_ends_with_a_hint(
    park: Centre, sim: SimPretixServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = connected(park, sim, "otter", "gardens")
    sim.sell("gardens", item, 1, "p", None)
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 20)
    other = sqlite3.connect(park.config.folder / "centre.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for words in (["sync"], ["map", "otter", str(item)]):
        done = run(park, *words)
        assert done.exit_code == 1
        assert "cannot use the database: database is locked\n  another " in done.output
    other.close()


def test_a_pretix_that_asks_to_wait_is_left_alone_and_the_others_are_not(
    park: Centre, sim: SimPretixServer
) -> None:
    connected(park, sim, "heron", "lake")
    other = SimPretixServer(random.Random(4))
    connected(park, other, "otter", "gardens")
    now_s = 1000.0
    shown = Shown()
    rounds = Rounds(park, None, shown.append, clock_s=lambda: now_s)
    sim.faults.append((429, b"{}"))
    sim.retry_after = "900"
    assert not rounds.run()
    assert shown.texts() == ["heron: pretix answered 429", "otter: good"]
    asked = len(sim.requests)
    now_s += 899
    assert not rounds.run()
    assert shown.texts() == ["otter: good"]
    assert len(sim.requests) == asked
    now_s += 1
    assert rounds.run()
    assert sorted(shown.texts()) == ["heron: good", "otter: good"]
    other.close()


def test_who_did_not_answer_the_last_time_comes_last(park: Centre, sim: SimPretixServer) -> None:
    gone = SimPretixServer(random.Random(4))
    connected(park, gone, "heron", "lake")
    connected(park, sim, "otter", "gardens")
    shown = Shown()
    rounds = Rounds(park, None, shown.append)
    token = next(park.config.keys.glob("pretix-heron*"))
    token.rename(token.with_suffix(".away"))
    assert not rounds.run()
    assert [result.series for result in shown] == ["heron", "otter"]
    shown.clear()
    token.with_suffix(".away").rename(token)
    assert rounds.run()
    assert [result.series for result in shown] == ["otter", "heron"]
    gone.close()


def test_a_round_without_any_pretix_says_so(park: Centre) -> None:
    done = run(park, "sync")
    assert done.exit_code == 0
    assert "no pretix is connected: connect one with" in done.output
    shown = Shown()
    rounds = Rounds(park, None, shown.append)
    assert rounds.run()
    assert rounds.run()
    assert len(shown) == 1


def test_a_series_that_no_pretix_sells_ends_a_sync_that_goes_on(park: Centre) -> None:
    done = run(park, "sync", "otte", "--every", "5")
    assert done.exit_code == 1
    assert "cannot find a pretix with series 'otte'" in done.output


def test_two_syncs_do_not_run_for_one_folder(park: Centre, sim: SimPretixServer) -> None:
    connected(park, sim, "otter", "gardens")
    with alone(park.config.folder):
        done = run(park, "sync")
        assert done.exit_code == 1
        assert f"another `pretix sync` runs for {park.config.folder}" in done.output
        assert f"(process {os.getpid()})" in done.output
    assert run(park, "sync").exit_code == 0


def test_a_sync_that_was_killed_leaves_no_lock(park: Centre) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from fleet_manager.services.pretix.rounds import alone\n"
        "with alone(Path(sys.argv[1])):\n    print('held', flush=True); sys.stdin.read()\n"
    )
    folder = park.config.folder
    process = subprocess.Popen(
        [sys.executable, "-c", code, folder], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    with pytest.raises(CentreError, match="another `pretix sync`"), alone(folder):
        pass
    process.kill()
    process.communicate()
    with alone(folder):
        assert (folder / LOCK).read_text() == f"{os.getpid()}\n"


def test_a_folder_that_takes_no_lock_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CentreError, match="cannot open"), alone(tmp_path / "nowhere"):
        pass
