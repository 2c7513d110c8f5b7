"""A scanner on a serial line. It may be unplugged and come back at any time."""

import os
import termios
from threading import Event as Flag
from threading import Thread
from time import monotonic

from serial import Serial, SerialException

from gate_agent.drivers.flow import Flow
from gate_agent.drivers.lines import Lines
from gate_agent.errors import DriverFault
from gate_agent.events import Event, Faulted, Recovered, Scanned
from gate_agent.ports import Put
from gate_agent.settings import ScannerSettings

IDLE_S = 1.0
REOPEN_S = 0.5
"""Between two tries to open the port; a returned scanner must read within 3 s."""

_WRITE_S = 1.0
_JOIN_S = 5.0

# A serial line that is gone raises any of these, depending on which call notices first.
_GONE = (SerialException, OSError, termios.error, ValueError)


class SerialScanner:
    """Implements `gate_agent.ports.Scanner`: puts `Scanned` for each line, any bytes.

    The codes themselves go nowhere else: what a visitor printed must reach neither logs nor
    screens.
    """

    def __init__(
        self,
        lane: int,
        settings: ScannerSettings,
        flow: Flow | None = None,
        *,
        reopen_s: float = REOPEN_S,
    ) -> None:
        self.device = f"scanner {lane}"
        self.lines = Lines()
        self.settings = settings
        self.stopping = Flag()
        self._lane = lane
        self._ready = False
        self._flow = flow or Flow()
        self._reopen_s = reopen_s
        self._put: Put = _drop
        self._fault = ""
        self._port: Serial | None = None
        self._thread: Thread | None = None

    @property
    def ready(self) -> bool:
        """Whether the port is open and what comes is used."""
        return self._ready

    @property
    def dropped(self) -> int:
        """Lines that were too long to be a code, since the process began."""
        return self.lines.dropped

    def start(self, put: Put) -> None:
        """Open the port and read it, in a thread of its own."""
        self._put = put
        self.stopping.clear()
        self._thread = Thread(target=self._run, name=self.device, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        self.stopping.set()
        thread, self._thread = self._thread, None
        if thread is None:
            return
        port = self._port
        if port is not None:
            try:
                port.cancel_read()
            except (OSError, TypeError):
                pass  # it was closed at this moment: the thread is on its way out
        thread.join(_JOIN_S)

    def _run(self) -> None:
        while not self.stopping.is_set():
            try:
                # Exclusive: two readers would each get a part of a code.
                with Serial(
                    self.settings.path, self.settings.baud,
                    timeout=IDLE_S, write_timeout=_WRITE_S, exclusive=True,
                ) as port:  # fmt: skip
                    self._port = port
                    self.serve(port)
            except DriverFault as fault:
                hint = f": {fault.hint()}" if fault.hint() else ""
                self.broken(f"cannot read {self.settings.path}: {fault}{hint}")
            except _GONE as gone:
                number = getattr(gone, "errno", None)
                why = os.strerror(number) if isinstance(number, int) else "it does not answer"
                hint = "is the scanner plugged in?"
                self.broken(f"cannot read {self.settings.path}: {why.lower()}: {hint}")
            finally:
                self._port, self._ready = None, False
            self.lines.pause()  # half a code is no code
            self.stopping.wait(self._reopen_s)

    def serve(self, port: Serial) -> None:
        """Reads an open port until it dies or `stopping` is set."""
        self.works()
        while not self.stopping.is_set():
            data = self.hear(port, self.lines.gap_s or IDLE_S)
            if self.stopping.is_set() and not data:
                return
            self.scanned(self.lines.feed(data) if data else self.lines.pause())

    def hear(self, port: Serial, timeout_s: float) -> bytes:
        """What comes next; empty after so much silence. Raises one of many errors if it is gone."""
        if port.timeout != timeout_s:
            port.timeout = timeout_s
        data = port.read(1)
        return data + port.read(port.in_waiting) if data else data

    def scanned(self, codes: list[bytes]) -> None:
        """Hands codes on, unless they are too many to be codes."""
        now_s = monotonic()
        for code in codes:
            if self._flow.admits(now_s):
                self._put(Scanned(self._lane, code))
        self._flow.look(now_s)
        if self._flow.noisy:
            self.broken("noise instead of codes: cable, earth, or a wrong speed or kind?")
        elif self._fault:
            self.works()

    def works(self) -> None:
        """The scanner reads."""
        self._ready = True
        if self._fault and not self._flow.noisy:
            self._fault = ""
            self._put(Recovered(self.device))

    def broken(self, text: str) -> None:
        """The scanner does not read. It is told when that, or the reason, is news."""
        if text != self._fault and not self.stopping.is_set():
            self._fault = text
            self._put(Faulted(self.device, text))


def _drop(_event: Event) -> None:
    """Before `start` there is nobody to tell."""
