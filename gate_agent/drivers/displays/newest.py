"""A thread that presents the newest thing it was shown: the lane never waits for a device.

Buzzers, voices and small displays take from milliseconds to seconds. What is shown goes into a
place for one; whatever is newer takes that place, and interrupts what is being presented.
"""

from abc import ABC, abstractmethod
from threading import Condition, Thread

from gate_agent.effects import Show
from gate_agent.errors import DriverFault
from gate_agent.events import Event, Faulted, Recovered
from gate_agent.ports import Put

_RETRY_S = 2.0  # between two tries to open a device that is not there
_JOIN_S = 5.0


class NewestFirst(ABC):
    """Implements `gate_agent.ports.Display`. A device that fails is opened again and again, and
    then presents the newest show."""

    def __init__(self, device: str, retry_s: float = _RETRY_S) -> None:
        self.device = device
        self._retry_s = retry_s
        self._wake = Condition()
        self._shown: Show | None = None
        self._fresh = False
        self._stopping = False
        self._thread: Thread | None = None
        self._put: Put = _drop
        self._faulty = False

    @abstractmethod
    def open(self) -> None:
        """Open the device. Raises DriverFault. In the thread."""

    @abstractmethod
    def present(self, show: Show) -> None:
        """Present `show`; give up as soon as `newer_within` says so. Raises DriverFault."""

    @abstractmethod
    def close(self) -> None:
        """Leave the device at rest. Raises nothing; may be called without `open`."""

    def start(self, put: Put) -> None:
        """Begin; the device is opened in a thread of its own."""
        self._put = put
        self._stopping = False
        self._thread = Thread(target=self._run, name=self.device, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, with the device at rest."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(_JOIN_S)

    def show(self, show: Show) -> None:
        """Returns at once. Raises DriverFault if this was not started."""
        if self._thread is None:
            raise DriverFault(f"cannot show {show.sign.value}: {self.device} is not open")
        with self._wake:
            self._shown, self._fresh = show, True
            self._wake.notify_all()

    def newer_within(self, seconds: float | None) -> bool:
        """Waits up to `seconds`; True as soon as something newer is to be shown, or the end."""
        with self._wake:
            return self._wake.wait_for(lambda: self._fresh or self._stopping, seconds)

    def _run(self) -> None:
        try:
            while not self._stopping:
                try:
                    self.open()
                    self._serve()
                except DriverFault as fault:
                    self.close()
                    if not self._faulty and not self._stopping:
                        self._faulty = True
                        self._put(Faulted(self.device, str(fault)))
                    with self._wake:
                        self._wake.wait_for(lambda: self._stopping, self._retry_s)
                        self._fresh = self._shown is not None
        finally:
            self.close()

    def _serve(self) -> None:
        while self.newer_within(None):
            with self._wake:
                show, self._fresh = self._shown, False
            if self._stopping or show is None:
                return
            self.present(show)
            if self._faulty:
                self._faulty = False
                self._put(Recovered(self.device))


def _drop(_event: Event) -> None:
    """Before `start` there is nobody to tell."""
