"""A small display on its bus: luma's own drivers, over a bus that remembers what it was sent."""

from pathlib import Path
from typing import Any

import pytest
import smbus2

from gate_agent.config.settings import DisplaySettings
from gate_agent.drivers.displays import luma_device
from gate_agent.drivers.displays.luma_device import LumaPins, open_luma
from gate_agent.drivers.displays.panel import draw
from gate_agent.drivers.displays.small_display import SmallDisplay
from gate_agent.drivers.pins.factory import open_factory
from gate_agent.effects import Show, Sign
from gate_agent.errors import DriverFault
from gate_agent.events import Faulted
from hardware_sim.devices.pins import WorldFactory
from tests.gate_agent.drivers.collected import PATIENCE_S, Collected, until

OLED = DisplaySettings("ssd1306@i2c-1-0x3c")
LCD = DisplaySettings("st7789@spi-0-1-25-26", 240, 240)


class Bus:
    """An I²C bus with an SSD1306 at 0x3c: pages of eight rows, as its data sheet says."""

    there = True
    opened = 0

    def __init__(self, _port: int) -> None:
        type(self).opened += 1
        self.memory = bytearray()
        Bus.last = self

    last: "Bus"

    def write_i2c_block_data(self, address: int, register: int, data: list[int]) -> None:
        self._answer(address)
        assert register == 0, "a command"
        if data[0] == 0x21:  # column address: a new picture begins
            self.memory = bytearray()

    def i2c_rdwr(self, message: Any) -> None:
        self._answer(message.addr)
        mode, *data = bytes(message)
        assert mode == 0x40, "data"
        self.memory += bytes(data)

    def _answer(self, address: int) -> None:
        if not self.there or address != 0x3C:
            raise OSError(121, "Remote I/O error")

    def close(self) -> None:
        type(self).opened -= 1

    def pixel(self, x: int, y: int) -> bool:
        return bool(self.memory[y // 8 * 128 + x] >> y % 8 & 1)


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> type[Bus]:
    monkeypatch.setattr(smbus2, "SMBus", Bus)
    monkeypatch.setattr(Bus, "there", True)
    monkeypatch.setattr(Bus, "opened", 0)
    return Bus


def no_pins() -> Any:
    raise AssertionError("a display on I²C takes no pins")


def test_an_oled_shows_pixel_for_pixel_what_was_drawn(bus: type[Bus]) -> None:
    device = open_luma(OLED, no_pins)
    picture = draw(Show(Sign.GO, 3), (128, 64), "1", None)
    device.display(picture)
    shown = [[bus.last.pixel(x, y) for x in range(128)] for y in range(64)]
    assert shown == [[bool(picture.getpixel((x, y))) for x in range(128)] for y in range(64)]
    device.cleanup()
    assert bus.opened == 0


def test_an_oled_that_does_not_answer_leaves_nothing_behind(
    bus: type[Bus], monkeypatch: pytest.MonkeyPatch
) -> None:
    """luma keeps every device it has made until the process ends: none may be made in vain."""
    monkeypatch.setattr(bus, "there", False)
    monkeypatch.setattr(luma_device, "_make", None)
    with pytest.raises(DriverFault, match=r"cannot open ssd1306@i2c-1-0x3c: I2C device not found"):
        open_luma(OLED, no_pins)
    assert bus.opened == 0


def test_a_board_without_that_bus(tmp_path: Path) -> None:
    with pytest.raises(DriverFault, match=r"cannot open ssd1306@i2c-99-0x3c: I2C device not found"):
        open_luma(DisplaySettings("ssd1306@i2c-99-0x3c"), no_pins)


def test_an_oled_that_is_unplugged_comes_back(bus: type[Bus]) -> None:
    inbox = Collected()
    display = SmallDisplay(1, OLED, lambda settings: open_luma(settings, no_pins))
    display.worker.retry_s = 0.01
    display.start(inbox.put)
    display.show(Show(Sign.READY))
    until(lambda: len(bus.last.memory) == 1024)
    bus.there = False
    display.show(Show(Sign.GO))
    (event,) = inbox.wait(lambda events: len(events) == 1)
    assert isinstance(event, Faulted)
    assert event.text.startswith("cannot draw on display 1: I2C device not found")
    bus.there = True
    inbox.wait_count(2)
    assert bus.opened == 1
    display.stop()
    assert bus.opened == 0


class Spi:
    """spidev's words."""

    def __init__(self) -> None:
        self.sent = bytearray()
        self.max_speed_hz = 0

    def open(self, port: int, device: int) -> None:
        assert (port, device) == (0, 1)

    def writebytes(self, data: list[int]) -> None:
        self.sent += bytes(data)

    def close(self) -> None: ...


def test_an_lcd_on_spi_is_driven_through_our_own_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    spi, driven = Spi(), []
    monkeypatch.setattr("luma.core.interface.serial.spi.__spidev__", lambda _: spi)
    factory = WorldFactory(lambda line, level: driven.append((line, level)))
    device = open_luma(LCD, lambda: factory)
    spi.sent.clear()
    picture = draw(Show(Sign.GO), (240, 240), "RGB", None)
    device.display(picture)
    assert len(spi.sent) >= 240 * 240 * 2
    assert {(25, False), (25, True), (26, False), (26, True)} <= set(driven)
    device.cleanup()
    LumaPins(factory).setup(25, 0)  # it is free again


def test_a_board_without_spidev_says_what_to_install() -> None:
    with open_factory("mock") as factory:
        with pytest.raises(DriverFault, match="python3-spidev"):
            open_luma(LCD, lambda: factory)
        # The pins were given back.
        pins = LumaPins(factory)
        pins.setup(25, 0)
        pins.close()


def test_nothing_is_drawn_after_a_refusal_if_somebody_comes(bus: type[Bus]) -> None:
    display = SmallDisplay(1, OLED, lambda s: open_luma(s, no_pins), refused_s=PATIENCE_S * 6)
    display.start(Collected().put)
    display.show(Show(Sign.REFUSED))
    display.show(Show(Sign.GO, 2))
    wanted = draw(Show(Sign.GO, 2), (128, 64), "1", display._font)

    def shown() -> bool:
        memory = bytes(bus.last.memory)
        return len(memory) == 1024 and all(
            bool(memory[y // 8 * 128 + x] >> y % 8 & 1) == bool(wanted.getpixel((x, y)))
            for x in range(0, 128, 7)
            for y in range(0, 64, 5)
        )

    until(shown)
    display.stop()
