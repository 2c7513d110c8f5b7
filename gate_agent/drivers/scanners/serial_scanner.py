"""A scanner on a serial line. It may be unplugged and plugged in again at any time."""

import os
import termios
from time import monotonic

from serial import Serial, SerialException

from gate_agent.config.settings import CHANGE_ME, ScannerSettings
from gate_agent.drivers.scanners.flow import Flow
from gate_agent.drivers.scanners.lines import Lines
from gate_agent.drivers.worker import RETRY_S, Worker
from gate_agent.errors import DriverFault
from gate_agent.events import Scanned
from gate_agent.ports import Put

IDLE_S = 1.0
_WRITE_S = 1.0

# A serial line that is gone raises any of these, depending on which call notices first.
_GONE = (SerialException, OSError, termios.error, ValueError)


class SerialScanner:
    """Implements `gate_agent.ports.Scanner`: puts `Scanned` for each line, any bytes.

    The codes themselves go nowhere else: a visitor's code must reach neither logs nor screens.
    """

    def __init__(
        self,
        lane: int,
        settings: ScannerSettings,
        flow: Flow | None = None,
        *,
        retry_s: float = RETRY_S,
    ) -> None:
        self.lines = Lines()
        self.settings = settings
        self.worker = Worker(
            f"scanner {lane}", self._session, retry_s=retry_s, interrupt=self._cancel_read
        )
        self._lane = lane
        self._ready = False
        self._flow = flow or Flow()
        self._port: Serial | None = None

    @property
    def ready(self) -> bool:
        """Return whether the port is open and the codes from it are used."""
        return self._ready

    @property
    def dropped(self) -> int:
        """Return the number of lines that were too long to be a code, since the process began."""
        return self.lines.dropped

    def start(self, put: Put) -> None:
        """Open the port and read it, in a thread of its own."""
        self.worker.start(put)

    def stop(self) -> None:
        """Close the port."""
        self.worker.stop()

    def _cancel_read(self) -> None:
        port = self._port
        if port is not None:
            try:
                port.cancel_read()
            except (OSError, TypeError):
                pass  # it was closed at this moment: the thread is on its way out

    def _session(self) -> None:
        path = self.settings.path
        try:
            # Exclusive: two readers would each get a part of a code.
            with Serial(
                path,
                self.settings.baud,
                timeout=IDLE_S,
                write_timeout=_WRITE_S,
                exclusive=True,
            ) as port:
                self._port = port
                self.serve(port)
        except DriverFault as fault:
            raise DriverFault(f"cannot read {path}: {fault}", fault.hint) from fault
        except _GONE as gone:
            number = getattr(gone, "errno", None)
            why = os.strerror(number) if isinstance(number, int) else "it does not answer"
            hint = "is the scanner plugged in?"
            if isinstance(gone, SerialException) and "exclusively lock" in str(gone):
                why, hint = "another program has it", f"find it: sudo fuser -v {path}"
            elif CHANGE_ME in path:
                hint = "put the path of this gate's scanner into gate.toml: ls /dev/serial/by-id"
            raise DriverFault(f"cannot read {path}: {why.lower()}", hint) from gone
        finally:
            self._port, self._ready = None, False
            self.lines.pause()  # half a code is no code

    def serve(self, port: Serial) -> None:
        """Read an open port until it is gone or the worker stops."""
        self.set_ready()
        while not self.worker.is_stopping():
            data = self.receive(port, self.lines.gap_s or IDLE_S)
            if self.worker.is_stopping() and not data:
                return
            self.scanned(self.lines.feed(data) if data else self.lines.pause())

    def receive(self, port: Serial, timeout_s: float) -> bytes:
        """Return the bytes that come next, or none after `timeout_s` of silence. Raise one of
        `_GONE` if the port is gone."""
        if port.timeout != timeout_s:
            port.timeout = timeout_s
        data = port.read(1)
        return data + port.read(port.in_waiting) if data else data

    def scanned(self, codes: list[bytes]) -> None:
        """Put `Scanned` for each code; report a fault if they are too many to be codes."""
        now_s = monotonic()
        for code in codes:
            if self._flow.admits(now_s):
                self.worker.put(Scanned(self._lane, code))
        self._flow.refill(now_s)
        if self._flow.noisy:
            self.worker.report("noise instead of codes: cable, earth, or a wrong speed or kind?")
        else:
            self.set_ready()

    def set_ready(self) -> None:
        """Use the codes from here on, and end a fault unless the line is noisy."""
        self._ready = True
        if not self._flow.noisy:
            self.worker.report(None)
