"""`gate-agent run` as a process: how it starts, what it tells systemd, how it ends, and what a
power cut leaves behind."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet_manager.gates import gates
from fleet_manager.passages.counts import count
from gate_agent.validator.passage import PassageKind
from hardware_sim.broker import find_mosquitto
from hardware_sim.devices.scanner import SimScanner
from tests.process.live_park import Gate, LivePark

pytestmark = pytest.mark.process
PROGRAM = str(Path(sys.executable).parent / "gate-agent")


@pytest.fixture(scope="module")
def park() -> Iterator[LivePark]:
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    with LivePark("ended", "killed", "silent", "second", "wrong") as running:
        yield running


def run(config: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [PROGRAM, "run", "--config", str(config)], capture_output=True, text=True, timeout=300
    )


def one_line(done: "subprocess.CompletedProcess[str]", status: int, *words: str) -> None:
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("gate-agent: ")
    assert done.stderr.count("\n") == 1
    for word in words:
        assert word in done.stderr


def test_without_its_settings_it_ends_with_78(tmp_path: Path) -> None:
    one_line(run(tmp_path / "gate.toml"), 78, f"cannot read {tmp_path}/gate.toml", "No such file")


def test_an_unknown_key_is_named(park: LivePark) -> None:
    gate = park.gates["wrong"]
    gate.write_config(extra="speed = 3\n")
    one_line(run(gate.config), 78, str(gate.config), "[lane 1.lamps] speed", "unknown key")


def test_a_gate_without_an_identity_says_where_it_comes_from(
    park: LivePark, tmp_path: Path
) -> None:
    gate = park.gates["wrong"]
    gate.write_config()
    text = gate.config.read_text().replace("identity-wrong", "nobody")
    config = tmp_path / "gate.toml"
    config.write_text(text)
    one_line(run(config), 78, "nobody/key.pem", "fleet-manager gate add")


def test_another_park_or_id_is_refused(park: LivePark, tmp_path: Path) -> None:
    gate = park.gates["wrong"]
    gate.write_config()
    for key, value in (("park", "west-lake"), ("id", "wrong")):
        config = tmp_path / f"{key}.toml"
        text = gate.config.read_text().replace(f'{key} = "{value}"', f'{key} = "other"')
        config.write_text(text)
        one_line(run(config), 78, f"gate.toml says {key} 'other'", value, f"set {key} in")


def test_priorities_are_for_systemd_alone(park: LivePark, tmp_path: Path) -> None:
    """A journal begun anew beside a list is a line of the log."""
    gate = park.gates["wrong"]
    gate.write_config()
    (gate.data / "time.a").parent.mkdir(exist_ok=True)
    (gate.data / "time.a").write_bytes(b"it has been at work")
    for journald, begins in ((True, "<3>gate_agent."), (False, "ERROR gate_agent.")):
        (gate.data / "journal.db").unlink(missing_ok=True)
        log = tmp_path / f"log-{journald}"
        with log.open("wb") as pen:
            status = os.fstat(pen.fileno())
            stream = f"{status.st_dev}:{status.st_ino}" if journald else "1:2"
            notify = str(gate.folder / "notify")
            environment = os.environ | {"JOURNAL_STREAM": stream, "NOTIFY_SOCKET": notify}
            words = [PROGRAM, "run", "--config", str(gate.config)]
            with subprocess.Popen(words, stderr=pen, env=environment) as process:
                gate.wait(lambda: "new journal" in gate.status().get("faults", {}))
                process.terminate()
        assert log.read_text().startswith(begins)
        (gate.data / "status.json").unlink()
    shutil.rmtree(gate.data)


def test_a_journal_that_is_none_ends_it_with_1(park: LivePark) -> None:
    """Found only after the command line has given way to the daemon."""
    gate = park.gates["wrong"]
    gate.write_config()
    gate.data.mkdir()
    (gate.data / "journal.db").write_bytes(b"not a database" * 1000)
    one_line(run(gate.config), 1, "cannot open the journal", "gate-agent inspect")


def test_systemd_hears_of_its_life_and_sigterm_ends_it_in_order(park: LivePark) -> None:
    gate = park.gates["ended"]
    with SimScanner(gate.scanner) as scanner:
        gate.start()
        gate.wait(gate.settled)
        assert gate.said[0] == "READY=1"
        beats = gate.said.count("WATCHDOG=1")
        gate.wait(lambda: gate.said.count("WATCHDOG=1") >= beats + 2)  # also while nothing happens
        scanner.present(park.printed(-1))
        gate.wait(lambda: gate.records()[-1].kind is PassageKind.DENIED)
        gate.wait(gate.settled)
        assert gate.end() == 0
        gate.wait(lambda: gate.said[-1] == "STOPPING=1")
    assert gate.said.count("READY=1") == gate.said.count("STOPPING=1") == 1
    assert gate.log.read_text() == ""


def test_a_second_daemon_is_refused_and_the_first_goes_on(park: LivePark) -> None:
    gate = park.gates["second"]
    gate.start()
    gate.wait(gate.settled)
    one_line(run(gate.config), 75, f"process {gate.pid}, since", "gate-agent status")
    for command in ("status", "inspect"):
        words = [PROGRAM, command, "--config", str(gate.config)]
        assert subprocess.run(words, capture_output=True, timeout=30).returncode == 0
    assert gate.settled()
    assert gate.end() == 0
    log = gate.log.read_text()
    assert not [word for word in ("journal", "Traceback", "ERROR", "identity") if word in log]


def test_the_centre_hears_how_the_board_is_set_up(park: LivePark) -> None:
    gate = park.gates["second"]
    gate.start()
    gate.wait(gate.settled)
    status = gate.status()
    assert str(gate.config) in status["config_files"]

    def heard() -> bool:
        with park.centre.store.read() as connection:
            return gates.find(connection, "second").config == str(status["config"])

    gate.wait(heard)
    with park.centre.store.read() as connection:
        assert " config " not in gates.find(connection, "second").software
    gate.config.write_text(gate.config.read_text() + "# changed while it runs\n")
    gate.wait(lambda: gate.status()["config"] != status["config"])
    status = gate.status()
    gate.wait(heard, 40)  # without a change, a gate reports every minute
    assert gate.end() == 0


def test_the_daemon_is_the_process_that_was_started_and_a_small_one(park: LivePark) -> None:
    """systemd watches the process it started; what keeps it small holds without systemd too."""
    gate = park.gates["silent"]
    gate.start()
    gate.wait(lambda: "READY=1" in gate.said)
    words = Path(f"/proc/{gate.pid}/cmdline").read_bytes().split(b"\0")
    variables = Path(f"/proc/{gate.pid}/environ").read_bytes().split(b"\0")
    assert b"gate_agent.daemon" in words
    assert os.fsencode(gate.config) in words
    assert b"MALLOC_ARENA_MAX=1" in variables
    assert gate.status().get("pid", gate.pid) == gate.pid
    # No scanner is plugged in: that is a fault to show, and no reason to end.
    gate.wait(lambda: "scanner 1" in gate.status().get("faults", {}))
    assert gate.end() == 0


def test_a_power_cut_during_a_grant_leaves_an_unresolved_record(park: LivePark) -> None:
    gate = park.gates["killed"]
    with SimScanner(gate.scanner) as scanner:
        gate.start()
        gate.wait(gate.settled)
        scanner.present(park.printed(0))
        gate.wait(lambda: gate.records()[-1].kind is PassageKind.GRANTED)
        grant = gate.records()[-1]
        gate.kill()
        gate.start()
        gate.wait(gate.settled)
        boot, unresolved = gate.records(grant.seq)
        assert (boot.kind, unresolved.kind) == (PassageKind.BOOT, PassageKind.UNRESOLVED)
        assert (unresolved.grant, unresolved.persons) == (grant.seq, 1)
        assert unresolved.ticket == grant.ticket == park.tickets[0].id
        # Used or not, nobody knows: it does not open a second time by itself.
        scanner.present(park.printed(0))
        gate.wait(lambda: len(gate.records(unresolved.seq)) > 0)
        assert gate.records(unresolved.seq)[0].kind is PassageKind.DENIED
        gate.wait(gate.settled)
        assert gate.end() == 0
    assert counted(park, gate) == {"entries": 0, "unresolved": 1}


def counted(park: LivePark, gate: Gate) -> dict[str, int]:
    """What the centre counts of a whole park in which only this gate let anybody in."""
    day = park.centre.calendar.day(gate.records()[0].wall_ms)
    with park.centre.store.read() as connection:
        total = count(connection, day - 1, day + 1).total
    return {"entries": total.entries, "unresolved": total.unresolved}
