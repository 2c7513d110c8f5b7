"""Releases that the deployed centre hands out to its gates: signed ones, and broken ones."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.release.build import build, count_commits
from deploy.release.targets import read_target
from gate_agent.release.manifest import read_manifest
from tests.boards.boards import ROOT, Boards
from tests.boards.park import PYTHONS, Park

STORE = "/opt/scenic-gate"
STATE = "/var/lib/scenic-gate-update/state.json"
FAST = {
    "/etc/systemd/system/gate-update.service.d/fast.conf": "[Service]\nEnvironment=WATCH_S=15\n",
    "/etc/systemd/system/gate-update.timer.d/fast.conf": "[Timer]\nOnBootSec=\nOnBootSec=1s\n"
    "OnUnitInactiveSec=3s\nRandomizedDelaySec=0\nAccuracySec=1s\n",
}
"""The same units, less patient."""
SOURCES = ("gate_agent", "fleet_manager", "firmware_config", "locks")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a release: in `file`, `before` is replaced by `after`."""

    file: str
    before: str
    after: str


CRASHES = Fault(
    "gate_agent/daemon.py",
    'notify("READY=1")\n',
    'notify("READY=1")\n            raise RuntimeError("planted")\n',
)
"""Its daemon ends as soon as it serves."""
DOES_NOT_IMPORT = Fault("gate_agent/__main__.py", "import sys\n", "import sys, no_such_library\n")
FAILS_CHECK = Fault(
    "gate_agent/commands/check.py",
    "    settings = load(config)\n",
    '    settings = load(config)\n    raise RuntimeError("planted")\n',
)
"""Its `gate-agent check` ends with a traceback."""


def make_update(folder: Path, version: str, more: int, fault: Fault | None = None) -> Path:
    """Make a release for boards alone, `more` commits newer than this tree, with a fault or
    without; return its folder."""
    tree = ROOT
    if fault is not None:
        tree = folder / f"tree-{version}"
        shutil.rmtree(tree, ignore_errors=True)
        for name in SOURCES:
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copyfile(ROOT / "pyproject.toml", tree / "pyproject.toml")
        text = (tree / fault.file).read_text("utf-8")
        assert text.count(fault.before) == 1, fault
        (tree / fault.file).write_text(text.replace(fault.before, fault.after), "utf-8")
    targets = [read_target(f"board-{python}-x86_64") for python in PYTHONS]
    sequence = count_commits(ROOT) + more
    cache = ROOT / "build/wheels"
    return build(tree, folder / "update", targets, cache, version=version, sequence=sequence)


class Rollout:
    """Publishes releases at the deployed centre. The release key lies on this machine, as it should
    never lie at the centre."""

    def __init__(self, park: Park, folder: Path) -> None:
        self._park = park
        self._boards: Boards = park.boards
        self._key = folder / "release-key.pem"
        for file in folder.glob("release-key.pem*"):
            file.unlink()
        self._here("release", "keys", "create", str(self._key))
        proposal = "/tmp/release-keys.proposal"
        self._boards.copy(1, Path(f"{self._key}.pub"), "/tmp/release-key.pem.pub")
        fleet = self._boards.fleet
        add = ("--add", "/tmp/release-key.pem.pub", "--out", proposal)
        fleet("release", "keys", "propose", *add)
        for number in (1, 2):
            root = f"/var/lib/scenic-gate-centre/roots/root-{number}.pem"
            fleet("root", "sign", proposal, "--key", root)
        fleet("release", "keys", "publish", proposal)

    @staticmethod
    def _here(*words: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "fleet_manager", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def publish(self, release: Path) -> str:
        """Sign a release and add it at the centre; return its name."""
        self._here("release", "sign", str(release), "--key", str(self._key))
        self._boards.copy_folder(1, release, "/tmp")
        self._boards.fleet("release", "add", f"/tmp/{release.name}")
        self._boards.run(1, "rm", "-r", f"/tmp/{release.name}")
        return read_manifest(release).name

    def wish(self, name: str, gates: Sequence[str], when: str = "rest") -> None:
        """Wish a release for gates."""
        self._boards.fleet("release", "wish", *gates, name, "--when", when)

    def hasten(self, board: int) -> None:
        """Let a board look for updates every few seconds, and watch them for less long."""
        for path, text in FAST.items():
            self._boards.write(board, path, text)
        self._boards.run(board, "systemctl", "daemon-reload")
        self._boards.run(board, "systemctl", "restart", "gate-update.timer")

    def calm(self, board: int) -> None:
        """Let it be as the playbook has made it."""
        self._boards.run(board, "systemctl", "stop", "gate-update.timer")
        self._boards.run(board, "rm", *FAST)
        self._boards.run(board, "systemctl", "daemon-reload")

    def link(self, board: int, name: str) -> str:
        """Return the release that `current`, `previous` or `healthy` of a board names."""
        return self._boards.run(board, "readlink", f"{STORE}/{name}").strip().rpartition("/")[2]

    def stage(self, board: int) -> str:
        """Return how far the trial on a board has come, '' without one."""
        text = self._boards.run(board, "cat", STATE, check=False)
        document = json.loads(text) if text.startswith("{") else {}
        return str((document.get("trial") or {}).get("stage", ""))

    def fault(self, board: int) -> str:
        """Return the fault `update` that the daemon of a board reports, '' for none."""
        faults = self._park.status(board).get("faults", {})
        return str(faults.get("update", ""))

    def is_at_rest(self, board: int, name: str) -> bool:
        """Return whether a board has kept a release and its gate is linked."""
        return (
            self.link(board, "healthy") == name
            and not self.stage(board)
            and bool(self._park.status(board).get("linked"))
        )

    def log(self, board: int) -> str:
        """Return what the updater of a board has said since it booted."""
        words = ("journalctl", "--unit=gate-update", "--output=cat", "--boot", "--no-pager")
        return self._boards.run(board, *words)

    def away_s(self, board: int) -> float:
        """Return for how many seconds the daemon of a board was away at its last restart, by
        systemd's own clock: from leaving `active` until it was active again."""
        names = ("ActiveExitTimestampMonotonic", "ActiveEnterTimestampMonotonic")
        words = ("systemctl", "show", "gate-agent", "--property", ",".join(names))
        text = self._boards.run(board, *words)
        shown = dict(line.split("=") for line in text.split())
        return (int(shown[names[1]]) - int(shown[names[0]])) / 1e6
