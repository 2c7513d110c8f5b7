"""The park that the tests deploy: its inventory, its release, and a board with a scanner."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.boards.boards import CENTRE_ADDRESS, COUNT, ROOT, Boards, Played
from tests.boards.session import locked, once

CENTRE = "centre-1"
CENTRE_DATA = "/var/lib/scenic-gate-centre"
SHOW_PIPE = "/run/sim/show"
FIGURES = f"figures-{COUNT - 2}.json"
"""By how many gates the first play makes."""
PYTHONS = ("311", "313")
"""Of Debian 12 and 13."""
SCANNER_UNIT = """[Unit]
Description=A scanner without hardware
Before=gate-agent.service
[Service]
ExecStart=/usr/bin/python3 /opt/sim_scanner.py
[Install]
WantedBy=multi-user.target
"""
GATE_TOML = """[gate]
park = "west-lake"
id = "north-1"
time_zone = "Asia/Shanghai"
data = "/var/lib/scenic-gate"
identity = "/etc/scenic-gate/identity"
pins = "mock"

[broker]
host = "centre.example"

[page]

[[lane]]
number = 1
direction = "in"

[lane.scanner]
port = "lines@/run/sim/scanner"

[lane.lamps]
go_pin = 23
stop_pin = 24
"""
COMMON = {
    "park_id": "west-lake",
    "park_time_zone": "Asia/Shanghai",
    "park_name_zh": "西湖",
    "centre_host": "centre.example",
    "admin_network": "10.93.0.0/24",
    "monitoring_network": "10.93.0.0/24",
    "stations": [{"id": "north", "name_zh": "北门", "name_en": "North entrance"}],
}
GATES = {
    "gate_id": "{{ inventory_hostname }}",
    "gate_station": "north",
    "gate_board": "generic",
    "gate_turnstile": "handheld",
}


def release_of(folder: Path, version: str) -> Path:
    """Return the folder of a release of this source tree for the boards here; the first process of
    this run that asks makes it. Nothing of it is packed. All versions have the same libraries."""
    return once(folder, f"release-{version}", lambda: _make_release(folder / "release", version))


def _make_release(out: Path, version: str) -> Path:
    words = [sys.executable, "-m", "deploy.release", "--out", str(out), "--version", version]
    for role in ("board", "centre"):
        for python in PYTHONS:
            words += ["--target", f"{role}-{python}-x86_64"]
    with locked(out, "making"):
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = Path(done.stdout.strip())
    shutil.rmtree(f"{made}.packs", ignore_errors=True)
    return made


def note_figures(folder: Path, **figures: float) -> None:
    """Add figures to those that `./run bench` shows."""
    file = folder / FIGURES
    with locked(folder, "figures"):
        before = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps(before | figures))


class Park:
    """An inventory over booted boards: the first is the centre, the others are gates north-1 and so
    on. north-1 has a scanner without hardware; the others have what their profile says."""

    def __init__(self, boards: Boards, release: Path) -> None:
        self.boards = boards
        self.release = release
        toml = boards.folder / "north-1.toml"
        toml.write_text(GATE_TOML)
        gates: dict[str, dict[str, str]] = {
            f"north-{number - 1}": {"ansible_host": f"10.93.0.{10 + number}"}
            for number in range(2, COUNT + 1)
        }
        gates["north-1"]["gate_toml_file"] = str(toml)
        self._document = {
            "all": {
                "vars": COMMON | boards.connection(),
                "children": {
                    "centre": {"hosts": {CENTRE: {"ansible_host": CENTRE_ADDRESS}}},
                    "gates": {"vars": GATES, "hosts": gates},
                },
            }
        }
        self.gates = tuple(gates)

    @property
    def last(self) -> str:
        """Return the gate whose board comes later."""
        return self.gates[-1]

    def inventory(
        self,
        rows: Mapping[str, Mapping[str, str]] = {},
        *,
        without: str = "",
        release: Path | None = None,
    ) -> Path:
        """Write the inventory, with more `rows` of gates or `without` a gate, for `release` or the
        first one; return its file."""
        document = deepcopy(self._document)
        hosts = document["all"]["children"]["gates"]["hosts"]  # type: ignore[index]
        hosts |= {name: dict(row) for name, row in rows.items()}
        hosts.pop(without, None)
        document["all"]["vars"]["release_folder"] = str(release or self.release)  # type: ignore[index]
        return self.boards.inventory(document)

    def wait_until_up(self) -> None:
        """Wait until every board has booted, and every gate is linked."""
        for board in range(1, self.boards.count + 1):
            self.boards.run(board, "systemctl", "is-system-running", "--wait", check=False)
        gates = range(2, COUNT + 1)
        self.boards.until(
            lambda: all(self.status(board).get("linked") for board in gates), "every gate is linked"
        )

    def gate_rows(self) -> dict[str, dict[str, Any]]:
        """Return what `gate list` says, by gate."""
        lines = self.boards.fleet("gate", "list", "--json").splitlines()
        rows = [json.loads(line) for line in lines if line.startswith("{")]
        return {row["gate"]: row for row in rows}

    def status(self, board: int) -> dict[str, Any]:
        """Return what the daemon of a board says of itself, {} if it does not run."""
        text = self.boards.run(board, "gate-agent", "status", "--json", check=False)
        document: dict[str, Any] = json.loads(text) if text.startswith("{") else {}
        return document if document.get("fresh") else {}

    def entries(self) -> int:
        """Return how many visitors have come in today, as the centre counts."""
        [line] = self.boards.fleet("counts", "--json").splitlines()
        total: int = json.loads(line)["total"]["entries"]
        return total

    def sell(self) -> str:
        """Sell a ticket; return its code."""
        lines = self.boards.fleet("ticket", "issue", "--product", "day", "--json").splitlines()
        code: str = json.loads(lines[-1])["code"]
        return code

    def show(self, board: int, code: str) -> None:
        """Hold a code before the scanner of a board."""
        self.boards.run(board, "sh", "-c", f'printf "%s\\n" "$1" >{SHOW_PIPE}', "--", code)

    def plug_in_scanner(self, board: int) -> None:
        """Give a board the scanner that has no hardware, before or after its gate is there."""
        script = Path(__file__).with_name("sim_scanner.py").read_text("utf-8")
        self.boards.write(board, "/opt/sim_scanner.py", script)
        self.boards.write(board, "/etc/systemd/system/sim-scanner.service", SCANNER_UNIT)
        self.boards.run(board, "systemctl", "daemon-reload")
        self.boards.run(board, "systemctl", "enable", "--quiet", "--now", "sim-scanner")


@dataclass(frozen=True, slots=True)
class Deployed:
    """A park after all its plays. `first`: over empty boards, with wrong rows in the inventory.
    `second`: with the last board off. `late`: the last board alone."""

    park: Park
    first: Played
    second: Played
    late: Played
