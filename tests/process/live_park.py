"""A small park of real processes: broker with TLS, centre, and one gate as `gate-agent run`."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from threading import Condition, Thread
from typing import Any

from fleet_manager import centre
from fleet_manager.access.actor import computer_user
from fleet_manager.gates import gates as fleet
from fleet_manager.services.park import NewPark, create, write_broker_files
from fleet_manager.tickets import products
from fleet_manager.tickets.sell import TicketOrder
from fleet_manager.tickets.status import set_status
from gate_agent.__main__ import daemon_command
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.passage import Passage, decode
from gate_agent.validator.tickets.ticket import Ticket
from hardware_sim.broker import Broker, BrokerFiles
from hardware_sim.demo.processes import Process
from tests.process import kernel

PARK, ZONE, STATION = "west-lake", "Asia/Shanghai", "north"
LONGEST_S = 120.0
ARM = """
[lane.arm]
wires = ["relay 17", "passage 27", "home 22"]
pulse_ms = 200
release_ms = 3000

[lane.lamps]
go_pin = 23
stop_pin = 24
"""


class Gate:
    """A gate's files and its process. `said`: what it told systemd's socket, in order."""

    def __init__(self, folder: Path, name: str, port: int, identity: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.config = folder / "gate.toml"
        self.scanner = folder / "scanner"
        self.camera = folder / "camera"
        self.log = folder / "log"
        self.said: list[str] = []
        self.process: subprocess.Popen[bytes] | None = None
        self._head = (
            f'[gate]\npark = "{PARK}"\nid = "{name}"\ntime_zone = "{ZONE}"\n'
            f'data = "{self.data}"\nidentity = "{identity}"\npins = "mock"\nclock = "host"\n\n'
            f'[broker]\nhost = "localhost"\nport = {port}\n\n[[lane]]\nnumber = 1\n'
        )
        self._changed = Condition()
        folder.mkdir()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        self._reader = Thread(target=self._listen, name=f"systemd of {name}", daemon=True)
        self._reader.start()

    def write_config(self, reader: str = "scanner", extra: str = "", arm: str = ARM) -> None:
        """One lane. `reader`: scanner or camera. `arm`: what it has besides."""
        device = f'port = "{self.scanner}"'
        if reader == "camera":
            device = f'device = "{self.camera}"'
        text = f"{self._head}\n[lane.{reader}]\n{device}\n{arm}{extra}"
        self.config.write_text(text, "utf-8")

    def start(self, command: Sequence[str] = ()) -> None:
        """`gate-agent run`; or another command, with the config as its last word and the
        environment that `run` gives to the daemon."""
        words = list(command) or [
            str(Path(sys.executable).parent / "gate-agent"),
            "run",
            "--config",
        ]
        environment = daemon_command(self.config)[1] if command else dict(os.environ)
        self.said.clear()
        (self.data / "status.json").unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*words, str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=environment | {"NOTIFY_SOCKET": str(self.folder / "notify")},
            )

    def wait(self, holds: Callable[[], bool], timeout_s: float = LONGEST_S) -> None:
        """Until `holds`, asked again whenever the gate has spoken. Raises AssertionError."""
        with self._changed:
            if not self._changed.wait_for(holds, timeout_s):
                log = self.log.read_text("utf-8", "replace")[-400:]
                raise AssertionError(f"in vain: {self.status()} {self.said[-3:]} {log}")

    def status(self) -> dict[str, Any]:
        """What `gate-agent status` would show; empty before the first."""
        try:
            document: dict[str, Any] = json.loads((self.data / "status.json").read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return document

    def records(self, after: int = 0) -> list[Passage]:
        """The journal's records after a number, as an auditor would read them."""
        with ExitStack() as stack:
            db = sqlite3.connect(f"file:{self.data / 'journal.db'}?mode=ro", uri=True)
            stack.callback(db.close)
            rows = db.execute("SELECT record FROM passages WHERE seq > ? ORDER BY seq", (after,))
            return [decode(row) for (row,) in rows]

    def settled(self) -> bool:
        """It is linked, holds a list, and the centre has acknowledged all it recorded."""
        status = self.status()
        return bool(status.get("linked") and status["list_version"] and not status["waiting"])

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self.process is not None
        return self.process.pid

    def cpu_s(self) -> float:
        """User and system time since its start, over every exec; 10 ms exact."""
        return kernel.cpu_s(self.pid)

    def memory_mib(self, name: str) -> float:
        """`VmRSS`, `VmHWM`, `RssAnon` and so on from the kernel."""
        return kernel.memory_mib(self.pid, name)

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(LONGEST_S)

    def end(self) -> int:
        """SIGTERM; gives the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(LONGEST_S)

    def close(self) -> None:
        """Whatever still runs is killed."""
        self.kill()
        # A shutdown does not wake a reader of datagrams; a last word does.
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as pen:
            pen.sendto(b"", str(self.folder / "notify"))
        self._reader.join()
        self._socket.close()

    def _listen(self) -> None:
        # Without a reader the gate would block: such a socket holds only a few words.
        while word := self._socket.recv(4096).decode():
            with self._changed:
                self.said += word.splitlines()
                self._changed.notify_all()


class LivePark:
    """A context manager: broker and centre run on entry, and `gates` are enrolled.

    `tickets`: sold, on the list, valid today; `void` of them, the last, are void.
    """

    def __init__(self, *gates: str, tickets: int = 100, void: int = 10) -> None:
        # Paths of sockets have a limit of about 100 characters, folders of tests have not.
        self.folder = Path(tempfile.mkdtemp(prefix="scenic-gate-"))
        self._stack = ExitStack()
        self._stack.callback(shutil.rmtree, self.folder)
        self._names, self._count, self._void = gates, tickets, void
        self.gates: dict[str, Gate] = {}
        self.tickets: list[Ticket] = []

    def __enter__(self) -> "LivePark":
        with self._stack as stack:
            self._open(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _open(self, stack: ExitStack) -> None:
        now = datetime.now(UTC)
        data = self.folder / "centre"
        create(
            data,
            computer_user(),
            NewPark(park=PARK, name_zh="西湖", name_en="West Lake", time_zone=ZONE),
            now,
        )
        self.centre = stack.enter_context(centre.opened(data))
        tls = self.folder / "broker"
        key, authority, certificate = write_broker_files(
            self.centre, computer_user(), "localhost", tls
        )
        files = BrokerFiles(authority, certificate, key)
        self.broker = stack.enter_context(Broker(self.folder / "mosquitto", files))
        settings = data / "centre.toml"
        text = settings.read_text("utf-8").replace("port = 8883", f"port = {self.broker.port}")
        settings.write_text(text, "utf-8")
        issuer = self.centre.issuer()
        with self.centre.store.write() as connection:
            fleet.add_station(connection, fleet.Station(STATION, "北门", "North"))
            products.add(connection, products.Product(1, "day", "一日票", "Day ticket"))
            today = now.astimezone(self.centre.calendar.zone).date()
            order = TicketOrder("day", today, self._count, days=2)
            self.tickets = issuer.sell(connection, order, int(now.timestamp() * 1000))
            serials = [ticket.serial for ticket in self.tickets[len(self.tickets) - self._void :]]
            set_status(connection, serials, TicketStatus.VOID)
        self.code = issuer.code
        self.gates = {name: self._gate(name, stack) for name in self._names}
        log = self.folder / "centre.log"
        self.server = Process(
            "centre", "fleet_manager", ["--data", str(data), "serve", "--no-web"], log
        )
        self.server.start()
        stack.callback(self.server.end)

    def _gate(self, name: str, stack: ExitStack) -> Gate:
        now = datetime.now(UTC)
        opened, identity = self.centre, self.folder / f"identity-{name}"
        bundle = fleet.draw_bundle(opened.unlock(), PARK, name, opened.authority(), now)
        bundle.write(identity)
        with opened.store.write() as connection:
            fleet.add_gate(connection, name, STATION, bundle.public, int(now.timestamp() * 1000))
        gate = Gate(self.folder / name, name, self.broker.port, identity)
        stack.callback(gate.close)
        gate.write_config()
        return gate

    def printed(self, at: int) -> bytes:
        """What the scanner reads from a ticket."""
        return self.code(self.tickets[at]).encode()
