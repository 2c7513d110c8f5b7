"""Pins: said explicitly, whatever the environment says."""

import subprocess
import sys

import pytest
from gpiozero.pins.mock import MockFactory

from gate_agent.drivers.pins.factory import open_factory, pin_errors
from gate_agent.drivers.pins.header import board_chip
from gate_agent.errors import DriverFault


def test_mock_pins_are_not_told_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPIOZERO_MOCK_REVISION", "no such board")
    monkeypatch.setenv("GPIOZERO_MOCK_PIN_CLASS", "mockpwmpin")
    with open_factory("mock") as factory:
        assert isinstance(factory, MockFactory)
        assert type(factory.pin(17)).__name__ == "MockPin"


def test_the_environment_cannot_make_a_boards_pins_imaginary(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    with pytest.raises(DriverFault, match=r"^cannot (open|find) the "):
        open_factory("lgpio")


def test_another_name_is_an_error() -> None:
    with pytest.raises(DriverFault, match="no such pin factory") as caught:
        open_factory("native")
    assert "lgpio" in caught.value.hint
    assert not caught.value.transient


@pytest.mark.parametrize(
    ("labels", "chip"),
    [
        ({0: "pinctrl-bcm2835", 1: "raspberrypi-exp-gpio"}, 0),
        ({0: "pinctrl-bcm2711", 1: "raspberrypi-exp-gpio"}, 0),
        ({10: "gpio-brcmstb@107d508500", 0: "gpio-brcmstb@107d517c00", 4: "pinctrl-rp1"}, 4),
        ({0: "pinctrl-rp1", 10: "gpio-brcmstb@107d508500"}, 0),
    ],
)
def test_the_header_is_found_by_its_label(labels: dict[int, str], chip: int) -> None:
    assert board_chip(labels) == chip


@pytest.mark.parametrize("labels", [{}, {0: "gpio-something"}])
def test_a_board_without_a_known_header(labels: dict[int, str]) -> None:
    with pytest.raises(DriverFault, match=r"^cannot find the header's gpio chip: found "):
        board_chip(labels)


def test_pin_errors_name_what_the_loaded_library_raises() -> None:
    assert OSError in pin_errors()


def test_a_gate_with_a_serial_scanner_loads_no_opencv() -> None:
    code = (
        "import sys, gate_agent.drivers.arms.tripod, gate_agent.drivers.displays.lamps,"
        " gate_agent.drivers.pins.factory, gate_agent.drivers.scanners.serial_scanner;"
        "print([name for name in ('cv2', 'numpy', 'pyzbar') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
