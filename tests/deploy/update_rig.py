"""A gate that updates itself from a real centre over real HTTPS, on a board whose daemon, clock and
systemd are played."""

import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from fleet_manager import centre as centres
from fleet_manager.access.actor import computer_user
from fleet_manager.centre import Centre
from fleet_manager.door.server import make_server
from fleet_manager.gates import gates
from fleet_manager.keys import release_keys, roots
from fleet_manager.keys.proposals import RELEASE_KEYS, read_proposal
from fleet_manager.services import gates as gate_acts
from fleet_manager.services.boards import rollouts
from fleet_manager.services.park import ROOTS, NewPark, create
from gate_agent.release.manifest import read_manifest
from gate_agent.release.store import ReleaseStore
from gate_agent.trust import identity
from gate_agent.trust.documents import TrustDocuments
from gate_agent.update.client import DoorClient
from gate_agent.update.rest import NIGHT, Night
from gate_agent.update.site import UpdateSite
from gate_agent.update.trusted import UpdateTrust
from gate_agent.update.update import Updater
from gate_agent.validator.messages.release_wish import SwitchTime
from hardware_sim.broker import free_port

PARK, GATE = "west-lake", "north-1"
ZONE = ZoneInfo("Asia/Shanghai")
WHO = computer_user()


class PlayedBoard:
    """Plays daemon, systemd and clocks in a folder, so that it survives a SIGKILL of the process.

    `conduct`: file with {version: how the daemon of that release behaves}, else it is well.
    `dies`: its status gets old after 120 s. `faulty`: it has a new fault. `unlinked`: no link.
    `loops`: it is started again and again. `resets`: the board's power fails after 30 s.
    """

    def __init__(self, folder: Path, store: ReleaseStore, wall_ms: int) -> None:
        self._folder = folder
        self._store = store
        self._wall_ms = wall_ms
        self._mono_s = 0.0
        self._began_s = 0.0
        self.lanes = [{"number": 1, "mode": "normal", "phase": "idle", "direction": "in"}]
        self.waited_s = 0.0
        self.starts = 0

    @property
    def running(self) -> str:
        """Name of the release whose daemon runs, '' for none."""
        file = self._folder / "running"
        return file.read_text() if file.is_file() else ""

    def _run(self, release: str) -> None:
        (self._folder / "running").write_text(release)

    def stop(self) -> None:
        self._run("")

    def start(self) -> None:
        if not self.running:
            self.restart()

    def restart(self) -> None:
        self._run(self._store.current)
        self._began_s = self._mono_s
        self.starts += 1
        self.write_status()

    def restarts(self) -> int:
        looping = self._conduct() == "loops"
        return int((self._mono_s - self._began_s) / 10) if looping else 0

    def boot(self) -> str:
        file = self._folder / "boot"
        return file.read_text() if file.is_file() else "first"

    def power_cut(self) -> None:
        """The board boots again, and its daemon with it."""
        (self._folder / "boot").write_text(os.urandom(4).hex())
        self._run(self._store.current)

    def wall_ms(self) -> int:
        return self._wall_ms + int(self._mono_s * 1000)

    def mono_s(self) -> float:
        return self._mono_s

    def wait(self, seconds: float) -> None:
        self._mono_s += seconds
        self.waited_s += seconds
        if self._conduct() == "resets" and self._mono_s - self._began_s >= 30:
            raise PowerFailure
        self.write_status()

    def _conduct(self) -> str:
        file = self._folder / "conduct"
        rules: dict[str, str] = json.loads(file.read_text()) if file.is_file() else {}
        return rules.get(self.running.rpartition("-")[0], "")

    def write_status(self) -> None:
        """Write the status document as the daemon does, or let it get old."""
        conduct, file = self._conduct(), self._folder / "data/status.json"
        ran_s = self._mono_s - self._began_s
        dead = not self.running or (conduct == "dies" and ran_s >= 120)
        status = {
            "park": PARK,
            "gate": GATE,
            "software": self.running,
            "pid": 1,
            "wall_ms": self.wall_ms(),
            "clock": "trusted",
            "linked": conduct != "unlinked",
            "down_reason": "",
            "waiting": 0,
            "journal": "00",
            "head": 0,
            "list_version": 1,
            "lists": [],
            "list_freshness": "fresh",
            "list_vouched_ms": None,
            "own_key": "00",
            "renewals": 0,
            "rules_version": 0,
            "lanes": self.lanes,
            "faults": {"camera": "no picture"} if conduct == "faulty" else {},
            "counters": {},
        }
        if not dead or not file.exists():
            file.write_text(json.dumps(status))
        if dead:
            os.utime(file, (1, 1))


class PowerFailure(BaseException):
    """The power fails in the middle of whatever runs."""


@dataclass
class Rig:
    """The centre, its door, and a board. `folder`: of the board. `template`: the store with the
    first release installed, which `reset` puts back."""

    centre: Centre
    folder: Path
    template: Path
    release_key: Path
    port: int
    made: dict[str, Path]

    @property
    def store(self) -> ReleaseStore:
        return ReleaseStore(self.folder / "root")

    def reset(self) -> None:
        """Put the board back to where it runs release 1.0.0 and knows nothing."""
        for name in ("root", "updates", "board"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        shutil.copytree(self.template, self.folder / "root", symlinks=True)
        (self.folder / "board/data").mkdir(parents=True)
        board = self.board()
        board.restart()

    def conduct(self, **rules: str) -> None:
        """Let the daemons of versions behave badly; `v2_0_0` stands for 2.0.0."""
        words = {name[1:].replace("_", "."): rule for name, rule in rules.items()}
        (self.folder / "board/conduct").write_text(json.dumps(words))

    def board(self, wall_ms: int | None = None) -> PlayedBoard:
        wall = self.centre.clock() if wall_ms is None else wall_ms
        return PlayedBoard(self.folder / "board", self.store, wall)

    def site(
        self,
        board: PlayedBoard | None = None,
        client: type[DoorClient] = DoorClient,
        port: int | None = None,
    ) -> UpdateSite:
        return make_site(self.folder, port or self.port, board or self.board(), client)

    def update(
        self, board: PlayedBoard | None = None, *, patient: bool = True, night: Night = NIGHT
    ) -> str:
        """Run one round of the updater."""
        site = replace(self.site(board), night=night)
        return Updater(site).run(patient=patient)

    def wish(self, name: str, when: SwitchTime = SwitchTime.REST, not_before_ms: int = 0) -> str:
        """Sign and add a release, and wish it for the gate; return its name there."""
        folder = self.made[name]
        release_keys.sign_release(folder, self.release_key)
        rollouts.add(self.centre, WHO, folder)
        release = read_manifest(folder).name
        rollouts.wish(self.centre, WHO, [GATE], release, when, not_before_ms=not_before_ms)
        return release

    def state(self) -> dict[str, object]:
        found: dict[str, object] = json.loads((self.folder / "updates/state.json").read_text())
        return found

    def fault(self) -> str:
        file = self.folder / "updates/fault"
        return file.read_text() if file.is_file() else ""


def make_site(
    folder: Path, port: int, board: PlayedBoard, client: type[DoorClient] = DoorClient
) -> UpdateSite:
    """Return the site of the board in a folder, as the daemon's settings would give it."""
    enrolled = identity.load(folder / "identity")
    updates = folder / "updates"
    return UpdateSite(
        park=PARK,
        gate=GATE,
        zone=ZONE,
        settings=folder / "gate.toml",
        data=folder / "board/data",
        folder=updates,
        store=ReleaseStore(folder / "root"),
        trust=UpdateTrust(enrolled.ring, PARK, TrustDocuments.on_disk(updates)),
        client=client("localhost", port, folder / "identity/ca.crt", board.mono_s),
        machine=board,
        say=lambda _line: None,
    )


@contextmanager
def a_centre(folder: Path) -> Iterator[Centre]:
    """A park with root keys, release keys, a station and a gate."""
    wanted = NewPark(park=PARK, name_zh="西湖", name_en="West Lake", time_zone=ZONE.key)
    create(folder / "centre", WHO, wanted, datetime.now(UTC))
    with centres.opened(folder / "centre") as opened:
        centre = replace(opened, config=replace(opened.config, door_port=free_port()))
        gate_acts.add_station(centre, WHO, gates.Station("north", "北门", "North"))
        gate_acts.add(centre, WHO, GATE, "north", folder / "identity")
        roots.make(folder / "release-key.pem")
        publish_release_keys(centre, folder, [folder / "release-key.pem.pub"])
        yield centre


def publish_release_keys(
    centre: Centre, folder: Path, add: list[Path], drop: tuple[str, ...] = ()
) -> None:
    """Propose release keys, let two roots sign them, and put them in force."""
    proposal = folder / "release-keys.proposal"
    rollouts.propose_keys(centre, WHO, add, drop, proposal)
    for number in (1, 2):
        key = centre.config.folder / ROOTS / f"root-{number}.pem"
        read_proposal(proposal, RELEASE_KEYS).sign(key).write(proposal)
    rollouts.publish_keys(centre, WHO, proposal)


@contextmanager
def an_open_door(centre: Centre) -> Iterator[int]:
    """The centre's door, serving; gives its port."""
    server = make_server(centre, "127.0.0.1")
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield centre.config.door_port
    finally:
        server.should_exit = True
        thread.join()


class CuttingLine:
    """A line to the door that breaks after `left` bytes from there."""

    def __init__(self, port: int) -> None:
        self.left = 1 << 40
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def __enter__(self) -> "CuttingLine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Cut it for good."""
        _shut(self._listener, *self._ends)
        self._listener.close()
        for thread in self._threads:
            thread.join()
        for end in self._ends:
            end.close()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._to))
            self._ends += [near, far]
            for target, ends in ((self._pass, (near, far)), (self._count, (far, near))):
                thread = threading.Thread(target=target, args=ends)
                self._threads.append(thread)
                thread.start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        _shut(source, target)

    def _count(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while self.left > 0 and (data := source.recv(min(4096, self.left))):
                self.left -= len(data)
                target.sendall(data)
        _shut(source, target)


def _shut(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
