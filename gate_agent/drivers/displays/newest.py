"""A thread that presents the newest show: the lane never waits for a device.

Buzzers, voices and small displays take from milliseconds to seconds. A show is put into a place for
one; a newer one replaces it, and interrupts the one that is being presented.
"""

from abc import ABC, abstractmethod

from gate_agent.drivers.worker import Worker
from gate_agent.effects import Show
from gate_agent.errors import DriverFault
from gate_agent.ports import Put

_RETRY_S = 2.0  # between two tries to open a device that is not there


class NewestFirst(ABC):
    """Implements `gate_agent.ports.Display`. A device that fails is opened again and again, and
    then presents the newest show."""

    def __init__(self, device: str, retry_s: float = _RETRY_S) -> None:
        self.device = device
        self.worker = Worker(device, self._session, retry_s=retry_s)
        self._shown: Show | None = None
        self._fresh = False

    @abstractmethod
    def open(self) -> None:
        """Open the device. Raise DriverFault. Called in the thread."""

    @abstractmethod
    def present(self, show: Show) -> None:
        """Present `show`; give up as soon as `newer_within` returns True. Raise DriverFault."""

    @abstractmethod
    def close(self) -> None:
        """Leave the device at rest. Raise nothing; may be called without `open`."""

    def start(self, put: Put) -> None:
        """Open the device, in a thread of its own."""
        self.worker.start(put)

    def stop(self) -> None:
        """End, with the device at rest."""
        self.worker.stop()

    def show(self, show: Show) -> None:
        """Present `show` as soon as may be; return at once. Raise DriverFault if this was not
        started."""
        if not self.worker.running:
            raise DriverFault(f"cannot show {show.sign.value}: {self.device} is not open")
        with self.worker.changed:
            self._shown, self._fresh = show, True
            self.worker.changed.notify_all()

    def newer_within(self, seconds: float | None) -> bool:
        """Wait up to `seconds` (None: no limit); return True as soon as there is something newer
        to show, or the worker stops."""
        return self.worker.wait(seconds, lambda: self._fresh)

    def _session(self) -> None:
        try:
            self.open()
            with self.worker.changed:
                # What was shown before a fault is still to be seen.
                self._fresh = self._shown is not None
            while self.newer_within(None):
                with self.worker.changed:
                    show, self._fresh = self._shown, False
                if self.worker.is_stopping() or show is None:
                    return
                self.present(show)
                self.worker.report(None)
        finally:
            self.close()
