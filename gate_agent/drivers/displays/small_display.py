"""A small OLED or LCD at a lane, on I²C or SPI, through luma.oled and luma.lcd."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from gate_agent.config.settings import DisplaySettings
from gate_agent.drivers.displays.newest import NewestFirst
from gate_agent.drivers.displays.panel import chinese_font, draw
from gate_agent.effects import Show, Sign
from gate_agent.errors import DriverFault

REFUSED_S = 3.0
OpenDevice = Callable[[DisplaySettings], Any]
"""Returns one of luma's devices: `size`, `mode`, `display(picture)`, `cleanup()`. Raises
DriverFault."""


class SmallDisplay(NewestFirst):
    """Shows a refusal for `refused_s`, then the show before it. Dark when it is stopped."""

    def __init__(
        self,
        lane: int,
        settings: DisplaySettings,
        open_device: OpenDevice,
        refused_s: float = REFUSED_S,
    ) -> None:
        super().__init__(f"display {lane}")
        self._settings = settings
        self._open_device = open_device
        self._refused_s = refused_s
        self._font = chinese_font()
        self._standing = Show(Sign.READY)
        self._luma: Any = None

    def open(self) -> None:
        """Find the device on its bus and wake it. Raise DriverFault."""
        self._luma = self._open_device(self._settings)

    def present(self, show: Show) -> None:
        """Draw `show`. Raise DriverFault."""
        self._draw(show)
        if show.sign is not Sign.REFUSED:
            self._standing = show
        elif not self.newer_within(self._refused_s):
            self._draw(self._standing)

    def _draw(self, show: Show) -> None:
        try:
            self._luma.display(draw(show, self._luma.size, self._luma.mode, self._font))
        except Exception as fault:  # luma's errors belong to no family
            raise DriverFault(f"cannot draw on {self.device}: {fault}") from fault

    def close(self) -> None:
        """Switch it off, and give the bus back."""
        device, self._luma = self._luma, None
        if device is None:
            return
        try:
            device.cleanup()
        except Exception:  # noqa: BLE001
            device.persist = True  # it is gone, and dark in any case: only the bus is given back
            with suppress(Exception):
                device.cleanup()
