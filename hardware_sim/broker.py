"""A real mosquitto with the settings that go to the field, on a free port of this machine."""

import os
import pwd
import queue
import shutil
import socket
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gate_agent.config.firmware import firmware_folder

CONFIG = firmware_folder()
START_SECONDS = 60.0
STOP_SECONDS = 0.5
_READY = " running"
_ATTEMPTS = 5


class BrokerError(Exception):
    """The broker could not be started; the message holds what it said."""


@dataclass(frozen=True, slots=True)
class BrokerFiles:
    """What `fleet-manager broker-cert` writes."""

    ca: Path
    certificate: Path
    key: Path


def find_mosquitto() -> str | None:
    """Return the program's path, or None. Debian keeps it in a folder that a plain user's PATH
    lacks."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])
    return shutil.which("mosquitto", path=path)


def render(text: str, values: dict[str, str]) -> str:
    """Return a configuration with other values for settings that it has. Raises KeyError for
    others."""
    missing = set(values)
    lines = []
    for line in text.splitlines():
        key = line.split(" ", 1)[0]
        if key in values:
            missing.discard(key)
            line = f"{key} {values[key]}"
        lines.append(line)
    if missing:
        raise KeyError(f"no such setting in the broker's configuration: {sorted(missing)}")
    return "\n".join(lines) + "\n"


def free_port() -> int:
    """Return a TCP port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Broker:
    """A broker process. A context manager: started on entry, stopped on exit.

    `folder` gets its configuration and its log. `port` stays the same over restarts.
    """

    def __init__(
        self,
        folder: Path,
        files: BrokerFiles,
        port: int | None = None,
        address: str = "127.0.0.1",
    ) -> None:
        self._folder = folder
        self._files = files
        self._fixed = port is not None
        self._address = address
        self.port = port or free_port()
        self.log = folder / "mosquitto.log"
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def __enter__(self) -> "Broker":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the broker and return when it listens. Raises BrokerError."""
        program = find_mosquitto()
        if program is None:
            raise BrokerError("cannot start the broker: mosquitto is not installed")
        for attempt in range(_ATTEMPTS):
            if self._try(program):
                return
            log = self.log.read_text("utf-8", "replace")
            taken = "Address already in use" in log
            if self._fixed or not taken or attempt == _ATTEMPTS - 1:
                raise BrokerError(f"cannot start the broker: {log.strip()[-400:]}")
            self.port = free_port()

    def stop(self) -> None:
        """End the broker in good order. Safe to call twice."""
        for _ in range(_ATTEMPTS):
            if self._process is None:
                return
            # A signal that comes just after the start is forgotten by mosquitto: send it again.
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            self._end()
        self.kill()

    def kill(self) -> None:
        """End the broker as a power cut would. Safe to call twice."""
        if self._process is not None:
            self._process.kill()
            self._end()

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Return the number of the process, which must be running."""
        assert self._process is not None
        return self._process.pid

    def _try(self, program: str) -> bool:
        self._folder.mkdir(parents=True, exist_ok=True)
        config = self._folder / "mosquitto.conf"
        text = (CONFIG / "mosquitto.conf").read_text("utf-8")
        values = {
            "listener": f"{self.port} {self._address}",
            "cafile": str(self._files.ca.absolute()),
            "certfile": str(self._files.certificate.absolute()),
            "keyfile": str(self._files.key.absolute()),
            "acl_file": str(CONFIG / "mosquitto.acl"),
        }
        # Started by root it would change to a user who cannot read the test's keys.
        user = pwd.getpwuid(os.geteuid()).pw_name
        config.write_text(f"{render(text, values)}user {user}\nlog_dest stderr\nlog_type all\n")
        self._process = subprocess.Popen(
            [program, "-c", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        listening: queue.Queue[bool] = queue.Queue()
        assert self._process.stderr is not None
        self._reader = threading.Thread(
            target=self._read,
            args=(self._process.stderr, listening),
            name="broker-log",
            daemon=True,
        )
        self._reader.start()
        try:
            listens = listening.get(timeout=START_SECONDS)
        except queue.Empty:
            listens = False
        if not listens:
            self.kill()
        return listens

    def _read(self, stream: IO[str], listening: "queue.Queue[bool]") -> None:
        """Store the log; put True when the broker listens and False when it has ended."""
        with self.log.open("a", encoding="utf-8") as out:
            for line in stream:
                out.write(line)
                out.flush()
                if _READY in line:
                    listening.put(True)
        listening.put(False)

    def _end(self) -> None:
        assert self._process is not None
        self._process.wait()
        if self._reader is not None:
            self._reader.join()
        if self._process.stderr is not None:
            self._process.stderr.close()
        self._process = None
