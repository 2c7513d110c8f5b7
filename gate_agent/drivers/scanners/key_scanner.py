"""A scanner that types like a keyboard, as handhelds have them."""

import os
from collections.abc import Callable
from fcntl import ioctl
from select import select
from threading import Event as Flag
from threading import Thread
from time import monotonic

from gate_agent.config.settings import ScannerSettings
from gate_agent.drivers.scanners.flow import Flow
from gate_agent.drivers.scanners.keys import EVENT_BYTES, Keys
from gate_agent.events import Event, Faulted, Recovered, Scanned
from gate_agent.ports import Put

_EVIOCGRAB = 0x40044590  # _IOW('E', 0x90, int), the same on every 64-bit Linux
_REOPEN_S = 0.5
_JOIN_S = 5.0
_EVENTS = 64


def grab(device: int) -> None:
    """Takes an input device for this process alone: what a visitor's code types must not reach a
    console, a browser or a password field. Raises OSError if it is none or somebody has it."""
    ioctl(device, _EVIOCGRAB, 1)


class KeyScanner:
    """Implements `gate_agent.ports.Scanner`: puts `Scanned` for each code that ends with Enter."""

    def __init__(
        self,
        lane: int,
        settings: ScannerSettings,
        flow: Flow | None = None,
        take: Callable[[int], object] = grab,
    ) -> None:
        self.device = f"scanner {lane}"
        self._lane = lane
        self._path = settings.path
        self._flow = flow or Flow()
        self._take = take
        self._keys = Keys()
        self._put: Put = _drop
        self._fault = ""
        self._ready = False
        self._stopping = Flag()
        self._wake: tuple[int, int] | None = None
        self._thread: Thread | None = None

    @property
    def ready(self) -> bool:
        """Whether the device is open and taken."""
        return self._ready

    @property
    def dropped(self) -> int:
        """Codes that were too long or had holes, since the process began."""
        return self._keys.dropped

    def start(self, put: Put) -> None:
        """Open the device and read it, in a thread of its own."""
        self._put = put
        self._stopping.clear()
        self._wake = os.pipe()
        self._thread = Thread(target=self._run, name=self.device, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the device, which gives it back."""
        self._stopping.set()
        thread, self._thread = self._thread, None
        wake, self._wake = self._wake, None
        if thread is None or wake is None:
            return
        os.write(wake[1], b"!")
        thread.join(_JOIN_S)
        for end in wake:
            os.close(end)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                device = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
                try:
                    self._take(device)
                    self._tell("")
                    self._ready = True
                    self._read(device)
                finally:
                    self._ready = False
                    os.close(device)
            except OSError as gone:
                why = (gone.strerror or "it is gone").lower()
                self._tell(f"cannot read {self._path}: {why}: is the scanner plugged in?")
            self._keys.forget()
            self._stopping.wait(_REOPEN_S)

    def _read(self, device: int) -> None:
        assert self._wake is not None
        while not self._stopping.is_set():
            ready, _, _ = select([device, self._wake[0]], [], [], 1.0)
            if self._stopping.is_set():
                return
            data = os.read(device, EVENT_BYTES * _EVENTS) if device in ready else b""
            if device in ready and not data:
                raise OSError("it has ended")
            now_s = monotonic()
            for code in self._keys.feed(data):
                if self._flow.admits(now_s):
                    self._put(Scanned(self._lane, code))
            self._flow.look(now_s)
            self._tell("too many codes at once: is a key stuck?" if self._flow.noisy else "")

    def _tell(self, fault: str) -> None:
        if fault != self._fault and not self._stopping.is_set():
            self._fault = fault
            self._put(Faulted(self.device, fault) if fault else Recovered(self.device))


def _drop(_event: Event) -> None:
    """Before `start` there is nobody to tell."""
