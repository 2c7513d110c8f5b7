"""A green arrow and a red cross.

| sign | go | stop |
|---|---|---|
| go, please_pass, free, evacuate | on | |
| refused | | on for `REFUSED_S`, then what was shown before |
| closed, out_of_order, alarm | | on |
| ready, show_id | | |
"""

from contextlib import ExitStack
from threading import Lock, Timer, current_thread

from gate_agent.config.settings import LampSettings
from gate_agent.drivers.pins.factory import pin_errors
from gate_agent.drivers.pins.gpio import Factory, OutputDevice
from gate_agent.drivers.worker import drop
from gate_agent.effects import Show, Sign
from gate_agent.errors import DriverFault
from gate_agent.events import Faulted
from gate_agent.ports import Put
from gate_agent.signs import SHAPES, Shape

REFUSED_S = 2.0

_GO = frozenset(sign for sign, shape in SHAPES.items() if shape is Shape.ARROW)
_STOP = frozenset(sign for sign, shape in SHAPES.items() if shape is Shape.CROSS)


class Lamps:
    """Implements `gate_agent.ports.Display`. Dark when it is stopped. `refused_s`: how long a
    refusal is shown."""

    def __init__(
        self, lane: int, settings: LampSettings, factory: Factory, refused_s: float = REFUSED_S
    ) -> None:
        self.device = f"lamps {lane}"
        self._settings = settings
        self._factory = factory
        self._refused_s = refused_s
        self._lock = Lock()
        self._put: Put = drop
        self._lamps: tuple[OutputDevice, OutputDevice] | None = None
        self._standing = Sign.READY
        self._timer: Timer | None = None

    def start(self, put: Put) -> None:
        """Claim the pins, both lamps dark."""
        self._put = put
        try:
            with ExitStack() as opened:
                go = opened.enter_context(self._lamp(self._settings.go_pin))
                stop = opened.enter_context(self._lamp(self._settings.stop_pin))
                opened.pop_all()
        except pin_errors() as fault:
            put(Faulted(self.device, f"cannot open {self.device}: {fault}"))
            return
        with self._lock:
            self._lamps = (go, stop)

    def stop(self) -> None:
        """Switch both lamps off and give the pins back."""
        with self._lock:
            self._forget_timer()
            lamps, self._lamps = self._lamps, None
        for lamp in lamps or ():
            try:
                lamp.off()
                lamp.close()
            except pin_errors() as fault:
                self._put(Faulted(self.device, f"cannot switch {self.device} off: {fault}"))

    def show(self, show: Show) -> None:
        """Show a sign. Raise DriverFault if the lamps do not obey or are not open."""
        with self._lock:
            self._forget_timer()
            self._light(show.sign)
            if show.sign is Sign.REFUSED:
                self._timer = Timer(self._refused_s, self._back)
                self._timer.daemon = True
                self._timer.start()
            else:
                self._standing = show.sign

    def _lamp(self, pin: int) -> OutputDevice:
        return OutputDevice(pin, initial_value=False, pin_factory=self._factory)

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _back(self) -> None:
        with self._lock:
            if current_thread() is not self._timer or self._lamps is None:
                return  # something else was shown while this thread woke up
            self._timer = None
            try:
                self._light(self._standing)
            except DriverFault as fault:
                self._put(Faulted(self.device, str(fault)))

    def _light(self, sign: Sign) -> None:
        if self._lamps is None:
            raise DriverFault(f"cannot show {sign.value}: {self.device} are not open")
        go, stop = self._lamps
        try:
            # Off first: never both at once.
            if sign in _GO:
                stop.off()
                go.on()
            elif sign in _STOP:
                go.off()
                stop.on()
            else:
                go.off()
                stop.off()
        except pin_errors() as fault:
            raise DriverFault(f"cannot show {sign.value}: {fault}") from fault
