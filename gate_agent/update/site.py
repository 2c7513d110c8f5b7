"""What an update works on: this board, its folders and the centre's door."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from gate_agent.config.load import load
from gate_agent.folder import DiskFolder
from gate_agent.release.running import FAULT_FILE, update_fault
from gate_agent.release.store import ReleaseStore
from gate_agent.trust import identity
from gate_agent.trust.documents import TrustDocuments
from gate_agent.update.client import DoorClient
from gate_agent.update.health import WATCH_S
from gate_agent.update.machine import Machine, SystemdBoard
from gate_agent.update.rest import NIGHT, Night
from gate_agent.update.trusted import UpdateTrust

DOOR_PORT = 8443


@dataclass(slots=True, kw_only=True)
class UpdateSite:
    """Who is updated, and with what. `settings`: the board's gate.toml. `data`: the daemon's
    folder. `folder`: the updater's own. `watch_s`: so long a release on trial has to be well.
    `night`: its hours, for a wish that names no other time."""

    park: str
    gate: str
    zone: ZoneInfo
    settings: Path
    data: Path
    folder: Path
    store: ReleaseStore
    trust: UpdateTrust
    client: DoorClient
    machine: Machine
    say: Callable[[str], None]
    watch_s: float = WATCH_S
    night: Night = NIGHT
    files: DiskFolder = field(init=False)

    def __post_init__(self) -> None:
        self.files = DiskFolder(self.folder)

    def say_fault(self, words: str) -> None:
        """Tell the daemon what went wrong, '' for nothing any more: it reports its faults."""
        if words or update_fault(self.folder):
            self.files.replace(FAULT_FILE, [words.encode()])


def this_board(
    settings: Path, folder: Path, root: Path, port: int, *, watch_s: float, night: Night
) -> UpdateSite:
    """Return the site of the board that runs this. `port`: of the centre's door. Raises
    ConfigError."""
    gate, machine = load(settings), SystemdBoard()
    enrolled = identity.load(gate.identity)
    return UpdateSite(
        park=gate.park,
        gate=gate.gate,
        zone=gate.time_zone,
        settings=settings,
        data=gate.data,
        folder=folder,
        store=ReleaseStore(root),
        trust=UpdateTrust(enrolled.ring, gate.park, TrustDocuments.on_disk(folder)),
        client=DoorClient(
            gate.broker.host, port, gate.identity / identity.AUTHORITY, machine.mono_s
        ),
        machine=machine,
        say=lambda line: print(line, file=sys.stderr),
        watch_s=watch_s,
        night=night,
    )
