"""A scanner that acts as a keyboard, as those of handhelds do."""

import errno
import os
from collections.abc import Callable
from fcntl import ioctl
from select import select
from time import monotonic

from gate_agent.config.settings import CHANGE_ME, ScannerSettings
from gate_agent.drivers.scanners.flow import Flow
from gate_agent.drivers.scanners.keys import EVENT_BYTES, Keys
from gate_agent.drivers.worker import Worker
from gate_agent.errors import DriverFault
from gate_agent.events import Scanned
from gate_agent.ports import Put

_EVIOCGRAB = 0x40044590  # _IOW('E', 0x90, int), the same on every 64-bit Linux
_WAIT_S = 1.0
_EVENTS = 64


def grab(device: int) -> None:
    """Take an input device for this process alone: the key strokes of a visitor's code must not
    reach a console, a browser or a password field. Raise OSError if it is no input device, or is
    taken."""
    ioctl(device, _EVIOCGRAB, 1)


class KeyScanner:
    """Implements `gate_agent.ports.Scanner`: puts `Scanned` for each code.
    `take`: what makes an open device this process's own."""

    def __init__(
        self,
        lane: int,
        settings: ScannerSettings,
        flow: Flow | None = None,
        take: Callable[[int], object] = grab,
    ) -> None:
        self._lane = lane
        self._path = settings.path
        self._flow = flow or Flow()
        self._take = take
        self._keys = Keys()
        self._ready = False
        self._wake: tuple[int, int] | None = None
        self._worker = Worker(f"scanner {lane}", self._session, interrupt=self._end_wait)

    @property
    def ready(self) -> bool:
        """Return whether the device is open and taken."""
        return self._ready

    @property
    def dropped(self) -> int:
        """Number of codes that were too long or had holes, since the process began."""
        return self._keys.dropped

    def start(self, put: Put) -> None:
        """Open the device and read it, in a thread of its own."""
        self._wake = os.pipe()
        self._worker.start(put)

    def stop(self) -> None:
        """Close the device, which gives it back."""
        self._worker.stop()
        wake, self._wake = self._wake, None
        for end in wake or ():
            os.close(end)

    def _end_wait(self) -> None:
        if self._wake is not None:
            os.write(self._wake[1], b"!")

    def _session(self) -> None:
        try:
            device = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                self._take(device)
                self._ready = True
                self._worker.report(None)
                self._read(device)
            finally:
                self._ready = False
                os.close(device)
                self._keys.forget()
        except OSError as gone:
            why = (gone.strerror or "it is gone").lower()
            hint = "is the scanner plugged in?"
            if gone.errno == errno.EBUSY:
                why, hint = "another program has it", f"find it: sudo fuser -v {self._path}"
            elif CHANGE_ME in self._path:
                hint = "put the path of this gate's scanner into gate.toml: ls /dev/input/by-id"
            raise DriverFault(f"cannot read {self._path}: {why}", hint) from gone

    def _read(self, device: int) -> None:
        assert self._wake is not None
        while not self._worker.is_stopping():
            wait_s = self._keys.gap_s or _WAIT_S
            ready, _, _ = select([device, self._wake[0]], [], [], wait_s)
            if self._worker.is_stopping():
                return
            data = os.read(device, EVENT_BYTES * _EVENTS) if device in ready else b""
            if device in ready and not data:
                raise OSError("it has ended")
            now_s = monotonic()
            for code in self._keys.feed(data) if ready else self._keys.pause():
                if self._flow.admits(now_s):
                    self._worker.put(Scanned(self._lane, code))
            self._flow.refill(now_s)
            noisy = "too many codes at once: is a key stuck?"
            self._worker.report(noisy if self._flow.noisy else None)
