"""A scanner on a serial line. It may be unplugged and come back at any time."""

import os
import termios
from threading import Event as Flag
from threading import Thread

from serial import Serial, SerialException

from gate_agent.drivers.lines import Lines
from gate_agent.events import Event, Faulted, Recovered, Scanned
from gate_agent.ports import Put
from gate_agent.settings import ScannerSettings

_REOPEN_S = 0.5  # between two tries; a returned scanner must read within 3 s
_IDLE_S = 1.0
_JOIN_S = 5.0

# A serial line that is gone raises any of these, depending on which call notices first.
_GONE = (SerialException, OSError, termios.error, ValueError)


class SerialScanner:
    """Implements `gate_agent.ports.Device`: puts `Scanned` for each line, any bytes.

    The codes themselves go nowhere else: what a visitor printed must reach neither logs nor
    screens.
    """

    def __init__(self, lane: int, settings: ScannerSettings) -> None:
        self.device = f"scanner {lane}"
        self._lane = lane
        self._settings = settings
        self._lines = Lines()
        self._put: Put = _drop
        self._stopping = Flag()
        self._port: Serial | None = None
        self._thread: Thread | None = None

    @property
    def dropped(self) -> int:
        """Lines that were too long to be a code, since the process began."""
        return self._lines.dropped

    def start(self, put: Put) -> None:
        """Open the port and read it, in a thread of its own."""
        self._put = put
        self._stopping.clear()
        self._thread = Thread(target=self._run, name=self.device, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        self._stopping.set()
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
        faulty = False
        while not self._stopping.is_set():
            try:
                # Exclusive: two readers would each get a part of a code.
                with Serial(
                    self._settings.port, self._settings.baud, timeout=_IDLE_S, exclusive=True
                ) as port:
                    if faulty:
                        faulty = False
                        self._put(Recovered(self.device))
                    self._port = port
                    self._read(port)
            except _GONE as gone:
                self._lines.pause()  # half a code is no code
                if not faulty and not self._stopping.is_set():
                    faulty = True
                    self._put(Faulted(self.device, self._fault(gone)))
                self._stopping.wait(_REOPEN_S)
            finally:
                self._port = None

    def _read(self, port: Serial) -> None:
        while not self._stopping.is_set():
            timeout = self._lines.gap_s or _IDLE_S
            if port.timeout != timeout:
                port.timeout = timeout
            data = port.read(1)
            if data:
                lines = self._lines.feed(data + port.read(port.in_waiting))
            elif not self._stopping.is_set():
                lines = self._lines.pause()
            else:
                return
            for line in lines:
                self._put(Scanned(self._lane, line))

    def _fault(self, gone: Exception) -> str:
        number = getattr(gone, "errno", None)
        why = os.strerror(number) if isinstance(number, int) else "it does not answer"
        return f"cannot read {self._settings.port}: {why.lower()}: is the scanner plugged in?"


def _drop(_event: Event) -> None:
    """Before `start` there is nobody to tell."""
