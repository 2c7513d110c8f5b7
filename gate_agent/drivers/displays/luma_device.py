"""luma's devices, made from gate.toml. Imported only where luma is installed."""

import re
from collections.abc import Callable
from typing import Any

from luma.core.interface.serial import i2c, noop, spi

from gate_agent.config.settings import DISPLAY_DEVICE, DisplaySettings
from gate_agent.drivers.pins.factory import pin_errors
from gate_agent.drivers.pins.gpio import Factory, OutputDevice
from gate_agent.errors import DriverFault

_LCD = frozenset({"st7735", "st7789", "ili9341"})


class LumaPins:
    """The part of RPi.GPIO's interface that luma uses, over gpiozero's pins: the gate has one way
    to its pins, and luma's own guesses the chip."""

    OUT, LOW, HIGH = 0, 0, 1

    def __init__(self, factory: Factory) -> None:
        self._factory = factory
        self._pins: dict[int, OutputDevice] = {}

    def setup(self, pin: int, _direction: int) -> None:
        """Claim `pin` as an output."""
        self._pins[pin] = OutputDevice(pin, pin_factory=self._factory)

    def output(self, pin: int, level: int) -> None:
        """Drive a pin."""
        self._pins[pin].value = bool(level)

    def close(self) -> None:
        """Give the pins back."""
        while self._pins:
            self._pins.popitem()[1].close()


class OwnPinsSpi(spi):  # type: ignore[misc]  # luma has no types
    """An SPI bus that gives back pins of ours too; luma gives back only those that it took by
    itself."""

    def cleanup(self) -> None:
        """Close the bus, and give our pins back."""
        super().cleanup()
        self._gpio.close()


def open_luma(settings: DisplaySettings, factory: Callable[[], Factory]) -> Any:
    """Return the device that `settings` name, awake and dark. Raise DriverFault."""
    match = re.fullmatch(DISPLAY_DEVICE, settings.device)
    assert match is not None, "config checks it"
    model, i2c_bus, address, spi_bus, chip, dc_pin, reset_pin = match.groups()
    pins: LumaPins | None = None
    try:
        if address is not None:
            serial = i2c(port=int(i2c_bus), address=int(address, 16))
            _probe(serial)
        else:
            pins = LumaPins(factory())
            serial = OwnPinsSpi(
                gpio=pins,
                port=int(spi_bus),
                device=int(chip),
                gpio_DC=int(dc_pin),
                gpio_RST=int(reset_pin),
            )
        return _make(model, serial, settings)
    except ImportError as missing:
        fault = f"{missing}: install the distribution's python3-spidev"
    except pin_errors() as error:
        fault = str(error)
    except Exception as error:  # noqa: BLE001  # luma's errors belong to no family
        fault = str(error) or type(error).__name__
    if pins is not None:
        pins.close()
    raise DriverFault(f"cannot open {settings.device}: {fault}")


_NOP = 0xE3  # SSD1306 data sheet, table 9-1: no operation


def _probe(serial: Any) -> None:
    """Raise an error of luma if no device answers. Each of luma's device objects is kept until the
    process ends, by a hook that it registers, so none must be made again and again for a device
    that does not answer."""
    try:
        serial.command(_NOP)
    except Exception:
        serial.cleanup()
        raise


def _make(model: str, serial: Any, settings: DisplaySettings) -> Any:
    if model in _LCD:
        from luma.lcd import device as lcd

        # The backlight is wired to the supply: it takes no pin.
        return getattr(lcd, model)(
            serial, width=settings.width, height=settings.height, gpio=noop()
        )
    from luma.oled import device as oled

    return getattr(oled, model)(serial, width=settings.width, height=settings.height)
