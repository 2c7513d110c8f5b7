"""The park of the demo as files and processes: a centre, a broker, two turnstiles, a handheld."""

import json
import random
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate_agent.config import staff_codes
from gate_agent.config.staff_codes import StaffRole
from gate_agent.page.page import LINK_FILE
from gate_agent.validator.passage import Passage, decode
from hardware_sim.board_clock import BoardClock
from hardware_sim.broker import Broker, BrokerFiles, free_port
from hardware_sim.demo.processes import DemoError, Popen, Process, command
from hardware_sim.devices.arm import TurnstileArm, Wiring
from hardware_sim.devices.camera import CameraScene
from hardware_sim.devices.gm65 import Module
from hardware_sim.devices.scanner import SimScanner
from hardware_sim.devices.turnstile_state import Mechanics
from hardware_sim.network import CuttableProxy
from hardware_sim.visitors import Doorway

STAFF = {"supervisor": "0072580", "steward": "0121470"}
"""Staff codes of every gate with a page, by right: known to all, for practice."""

PARK, ZONE = "west-lake", "Asia/Shanghai"
RELEASE_MS = 3000
_ARM = f"""
[lane.arm]
wires = ["relay 17", "passage 27", "home 22", "ready 5"]
pulse_ms = 200
release_ms = {RELEASE_MS}
"""
HOST = 'clock = "host"\n'
_LAMPS = "\n[lane.lamps]\ngo_pin = 23\nstop_pin = 24\n"


@dataclass(frozen=True, slots=True)
class GatePlan:
    """A gate to build. `reader`: "gm65", a module as it left the factory; "scanner" or "camera"."""

    name: str
    station: str
    has_arm: bool
    reader: str
    title: str


PLANS = (
    GatePlan("north-1", "north", True, "gm65", "turnstile, GM65 scanner"),
    GatePlan("north-2", "north", True, "camera", "turnstile, camera"),
    GatePlan("south-1", "south", False, "scanner", "handheld"),
)


TILL = "north-till"


class DemoGate:
    """A gate of the demo with the devices around it."""

    def __init__(self, plan: GatePlan, site: "DemoSite") -> None:
        self.plan = plan
        self.door = Doorway(plan.name, 1, plan.has_arm)
        self.proxy = CuttableProxy(site.broker.port, site.address, address=site.address)
        self.data = site.folder / plan.name
        self.data.mkdir()
        sockets = site.sockets / plan.name
        sockets.mkdir()
        config = self.data / "gate.toml"
        config.write_text(self._config(site, sockets), "utf-8")
        if site.pages:
            _write_staff(site.folder / "identity" / plan.name / staff_codes.STAFF_FILE)
        self.scanner: SimScanner | None = None
        if plan.reader != "camera":
            make = Module if plan.reader == "gm65" else SimScanner
            self.scanner = make(sockets / "scanner")
        self.scene = CameraScene(sockets / "camera") if plan.reader == "camera" else None
        self.arm: TurnstileArm | None = None
        if plan.has_arm:
            mechanics = Mechanics(release_ms=RELEASE_MS, turn_ms=350.0)
            rng = random.Random(f"{site.seed}/{plan.name}")
            self.arm = TurnstileArm(sockets / "pins", Wiring(17, 27, 22, 5), rng, mechanics)
        arguments = ["gate", "--config", str(config), "--pins", str(sockets / "pins")]
        self.clock = BoardClock(self.data / "board-clock")
        if site.clocks:
            arguments += ["--clock", str(self.clock.file)]
        self.in_namespace = plan.name in site.popen
        popen = site.popen.get(plan.name, subprocess.Popen)
        self._status = self.data / "status.json"
        self.log = self.data / "log"
        self.process = Process(plan.name, "hardware_sim", arguments, self.log, popen, self._status)
        self._journal: sqlite3.Connection | None = None

    def _config(self, site: "DemoSite", sockets: Path) -> str:
        plan = self.plan
        if plan.reader == "camera":
            table, reader = "camera", f'device = "{sockets / "camera"}"'
        else:
            kind = "gm65" if plan.reader == "gm65" else "lines"
            table, reader = "scanner", f'port = "{kind}@{sockets / "scanner"}"'
        return (
            f'[gate]\npark = "{PARK}"\nid = "{plan.name}"\ntime_zone = "{ZONE}"\n'
            f'data = "{self.data}"\nidentity = "{site.folder / "identity" / plan.name}"\n'
            f'pins = "mock"\n{"" if site.clocks else HOST}\n'
            f'[broker]\nhost = "{site.host}"\nport = {self.proxy.port}\n\n'
            f"[[lane]]\nnumber = 1\n\n[lane.{table}]\n{reader}\n"
            + (_ARM if plan.has_arm else "")
            + _LAMPS
            + (f"\n[page]\nport = {free_port()}\n" if site.pages else "")
        )

    def start(self) -> None:
        """Start the devices around the gate, then the gate itself."""
        if self.arm is not None:
            self.arm.start()
        if self.scene is not None:
            self.scene.start()
        self.process.start()

    def stop(self) -> None:
        """Stop the gate, then the devices around it."""
        self.process.end()
        if self.arm is not None:
            self.arm.stop()
        if self.scene is not None:
            self.scene.stop()
        if self.scanner is not None:
            self.scanner.unplug()
        self.proxy.close()

    def status(self) -> dict[str, Any]:
        """Return what `gate-agent status` would show; empty before the first."""
        try:
            document: dict[str, Any] = json.loads(self._status.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return document

    def log_lines(self) -> list[str]:
        """Return the lines that the gate's process has logged so far, over all its lives."""
        try:
            return self.log.read_text("utf-8", "replace").splitlines()
        except OSError:
            return []

    def page(self) -> str:
        """Return the address of its page, with the token, while it runs; else an empty text."""
        try:
            link = (self.data / LINK_FILE).read_text("ascii").strip()
        except OSError:
            return ""
        return link if self.process.running else ""

    def rows_after(self, seq: int) -> list[Passage]:
        """Return the journal's records after `seq`, as an auditor would read them."""
        if self._journal is None:
            path = self.data / "journal.db"
            if not path.exists():
                return []
            self._journal = sqlite3.connect(
                f"file:{path}?mode=ro", uri=True, check_same_thread=False
            )
        try:
            rows = self._journal.execute(
                "SELECT record FROM passages WHERE seq > ? ORDER BY seq", (seq,)
            ).fetchall()
        except sqlite3.Error:
            return []
        return [decode(record) for (record,) in rows]


def _write_staff(file: Path) -> None:
    people = {}
    for right, code in STAFF.items():
        number = int(code[:3])
        salt = number.to_bytes(16, "big")
        people[number] = staff_codes.person_of(number, right, StaffRole(right), code[3:], salt)
    staff_codes.save(file, people)


class DemoSite:
    """`folder` is made anew. Files stay there afterwards, to be looked at. `clocks`: each board has
    a clock of its own that can be set wrong; else all trust this machine's. `pages`: each gate has
    a local page, and the STAFF. `address`: where gates
    reach the centre, if not on this machine's loopback. `popen`: who starts which gate."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        plans: Sequence[GatePlan] = PLANS,
        *,
        clocks: bool = False,
        pages: bool = False,
        address: str = "",
        popen: Mapping[str, Popen] | None = None,
    ) -> None:
        self.folder = folder
        self.host, self.address = address or "localhost", address or "127.0.0.1"
        self.popen = popen or {}
        self.clocks, self.pages = clocks, pages
        self.seed = seed
        self.centre_data = folder / "centre"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        # Socket paths have a limit of about 100 characters, folders of projects have not.
        self.sockets = Path(tempfile.mkdtemp(prefix="scenic-gate-"))
        self.manage("init", "--park", PARK, "--time-zone", ZONE, "--name-zh", "西湖")
        self.manage("broker-cert", "--host", self.host, "--out", str(folder / "broker"))
        tls = folder / "broker"
        files = BrokerFiles(tls / "ca.crt", tls / "broker.crt", tls / "broker.key")
        self.broker = Broker(folder / "mosquitto", files, address=self.address)
        self.broker.start()
        config = self.centre_data / "centre.toml"
        text = config.read_text("utf-8").replace("port = 8883", f"port = {self.broker.port}")
        config.write_text(text.replace('host = "localhost"', f'host = "{self.host}"'), "utf-8")
        arguments = ["--data", str(self.centre_data), "serve", "--no-web"]
        self.centre = Process("centre", "fleet_manager", arguments, folder / "centre.log")
        self.console_port = free_port()
        self.console = Process(
            "console",
            "fleet_manager",
            ["--data", str(self.centre_data), "web", "--port", str(self.console_port)],
            folder / "console.log",
        )
        for station, name in (("north", "北门"), ("south", "南门")):
            self.manage("station", "add", station, "--name-zh", name)
        for plan in plans:
            out = str(folder / "identity" / plan.name)
            self.manage("gate", "add", plan.name, "--station", plan.station, "--out", out)
        self.gates = {plan.name: DemoGate(plan, self) for plan in plans}

    def manage(self, *arguments: str) -> str:
        """Run `fleet-manager --data … arguments` and return what it printed."""
        return command("fleet_manager", "--data", str(self.centre_data), *arguments)

    @property
    def console_url(self) -> str:
        """Where the console is served, without a slash at the end."""
        return f"https://{self.host}:{self.console_port}"

    def sign_in_link(self) -> str:
        """Return a link that signs the administrator in, once."""
        printed = self.manage("user", "link", "admin").split()[-1]
        return self.console_url + "/link" + printed.partition("/link")[2]

    def issue(self, *arguments: str) -> list[dict[str, Any]]:
        """Run `fleet-manager ticket issue … --json` and return one dict a ticket."""
        lines = self.manage("ticket", "issue", "--json", "--yes", *arguments).splitlines()
        return [json.loads(line) for line in lines]

    def open_box_office(self) -> None:
        """Set prices, and open a shift at the till."""
        self.manage("price", "set", "day", "80.00", "--share", "bus:bus-company=15.00")
        self.manage("price", "set", "cable-car", "48.00")
        self.manage("till", "add", TILL, "--station", "north", "--name-zh", "北门一号")
        self.manage("shift", "open", TILL, "--float", "200.00")

    def sell(self, *goods: str) -> list[dict[str, Any]]:
        """Run `fleet-manager till sell … --json` and return one dict a ticket."""
        lines = self.manage("till", "sell", TILL, "--json", *goods).splitlines()
        return [json.loads(line) for line in lines]

    def balances(self) -> dict[str, int]:
        """Return what is in each account of the box office, in fen: debits less credits."""
        lines = map(json.loads, self.manage("money", "balances", "--json").splitlines())
        return {line["account"]: line["debit_fen"] - line["credit_fen"] for line in lines}

    def counts(self) -> dict[str, Any]:
        """Run `fleet-manager counts --by gate --json` over yesterday to tomorrow: a demo at
        midnight has two days."""
        out = self.manage("counts", "--by", "gate", "--json")
        document: dict[str, Any] = json.loads(out)
        return document

    def stop(self) -> None:
        """End everything, gates first."""
        for gate in self.gates.values():
            gate.stop()
        self.console.end()
        self.centre.end()
        self.broker.stop()
        shutil.rmtree(self.sockets, ignore_errors=True)

    def check_running(self) -> None:
        """Raise DemoError if a process has ended by itself."""
        for process in (self.centre, *(gate.process for gate in self.gates.values())):
            if not process.running:
                raise DemoError(f"{process.name} has ended: {process.last_words()}")
