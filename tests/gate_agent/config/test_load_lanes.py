"""gate.toml: lanes, their pins, boards, displays and scanners."""

import copy
import re
from typing import Any

import pytest

from gate_agent.config.load import parse
from gate_agent.config.settings import BoardPort, GpioLine
from gate_agent.errors import ConfigError
from tests.gate_agent.config.gate_tomls import FILE, FULL, changed, table_of


@pytest.mark.parametrize("lanes", [None, [], {}, "one", [FULL["lane"][0]] * 9])
def test_one_to_eight_lanes(lanes: object) -> None:
    with pytest.raises(ConfigError, match="must stand one to eight times"):
        parse(FILE, {**FULL, "lane": lanes})


def test_two_lanes_of_one_number() -> None:
    handheld = {"number": 1, "scanner": {"port": "x"}}
    with pytest.raises(ConfigError, match="every lane needs a number of its own"):
        parse(FILE, {**FULL, "lane": [handheld, handheld]})


def test_a_lane_that_reads_nothing() -> None:
    with pytest.raises(ConfigError, match=r"\[lane 1\]: needs a scanner or a camera"):
        parse(FILE, {**FULL, "lane": [{"number": 1}]})


def other_lane(first_pin: int) -> dict[str, Any]:
    """A second lane whose pins are its own, from `first_pin` on."""
    other: dict[str, Any] = copy.deepcopy(FULL["lane"][0])
    other["number"] = 5
    pins = iter(range(first_pin, 64))
    roles = ("relay", "passage", "home", "ready", "feedback")
    other["arm"]["wires"] = [f"{role} {next(pins)}" for role in roles]
    other["lamps"] = {"go_pin": next(pins), "stop_pin": next(pins)}
    other["buzzer"] = {"pin": next(pins)}
    other["display"]["device"] = "ssd1306@i2c-1-0x3c"
    return other


@pytest.mark.parametrize("role", ["relay", "passage", "feedback", "home"])
@pytest.mark.parametrize(("pin", "owner"), [(17, "relay"), (27, "passage"), (6, "feedback")])
def test_a_pin_belongs_to_one_thing(role: str, pin: int, owner: str) -> None:
    other = other_lane(40)
    wires = [text for text in other["arm"]["wires"] if not text.startswith(role)]
    other["arm"]["wires"] = [*wires, f"{role} {pin}"]
    with pytest.raises(ConfigError, match=rf"pin {pin} is lane [25] arm (\w+) already") as caught:
        parse(FILE, {**FULL, "lane": [FULL["lane"][0], other]})
    assert {owner, role} <= set(re.findall(r"arm (\w+)", str(caught.value)))


def test_lamps_inputs_and_arms_share_no_pin() -> None:
    with pytest.raises(ConfigError, match=r"lane 2 lamps.go_pin: pin 27 is lane 2 arm passage"):
        parse(FILE, changed("lane 1.lamps", "go_pin", 27))
    with pytest.raises(ConfigError, match=r"lane 2 arm passage: pin 27 is inputs fire"):
        parse(FILE, changed("inputs", "wires", ["fire 27"]))


@pytest.mark.parametrize("role", ["home", "ready"])
def test_two_lanes_of_one_turnstile_share_its_home_and_ready_contact(role: str) -> None:
    other = other_lane(40)
    wires = [text for text in other["arm"]["wires"] if not text.startswith(role)]
    pin = {"home": 22, "ready": 5}[role]
    other["arm"]["wires"] = [*wires, f"{role} {pin}"]
    settings = parse(FILE, {**FULL, "lane": [FULL["lane"][0], other]})
    assert settings.lanes[1].arm is not None
    assert settings.lanes[1].arm.wires[role] == GpioLine(pin)


@pytest.mark.parametrize(
    ("port", "board"),
    [
        ("digicon@/dev/ttyS0", BoardPort("digicon", 1, True, "/dev/ttyS0")),
        ("rs485-7e/3/right@/dev/x", BoardPort("rs485-7e", 3, False, "/dev/x")),
        ("lot/right@10.0.0.7:502", BoardPort("lot", 1, False, "10.0.0.7:502")),
        ("atri/255@/dev/x@1", BoardPort("atri", 255, True, "/dev/x@1")),
    ],
)
def test_a_board_with_a_protocol_needs_no_relay(port: str, board: BoardPort) -> None:
    values = changed("lane 1.arm", "wires", ["passage 27"])
    table_of(values, "lane 1.arm").update(port=port, baud=19200)
    arm = parse(FILE, values).lanes[0].arm
    assert arm is not None
    assert (arm.board, arm.baud) == (board, 19200)


@pytest.mark.parametrize(
    "port", ["", "gate@/dev/x", "digicon", "digicon@", "lot/256@/dev/x", "lot/1/up@/dev/x", 3, []]
)
def test_a_board_that_is_none(port: object) -> None:
    values = changed("lane 1.arm", "wires", ["passage 27"])
    table_of(values, "lane 1.arm")["port"] = port
    with pytest.raises(ConfigError, match=r"\[lane 1.arm\] port: must be "):
        parse(FILE, values)


@pytest.mark.parametrize(
    ("port", "wires", "why"),
    [
        ("digicon@/dev/x", ["relay 17", "passage 27"], "without relay"),
        ("atri@/dev/x", ["home 27"], "there with passage"),
        (None, ["relay 17"], "there with relay and passage"),
        (None, ["passage 17"], "there with relay and passage"),
    ],
)
def test_wires_and_port_must_fit(port: str | None, wires: list[str], why: str) -> None:
    values = changed("lane 1.arm", "wires", wires)
    if port is not None:
        table_of(values, "lane 1.arm")["port"] = port
    with pytest.raises(ConfigError, match=rf"\[lane 1.arm\] wires: must be {why}"):
        parse(FILE, values)


def test_a_pin_of_a_display_belongs_to_it() -> None:
    with pytest.raises(ConfigError, match=r"lane 2 display data: pin 17 is lane 2 arm relay"):
        parse(FILE, changed("lane 1.display", "device", "st7789@spi-0-0-17-26"))
    with pytest.raises(ConfigError, match=r"lane 2 display reset: pin 18 is lane 2 buzzer.pin"):
        parse(FILE, changed("lane 1.display", "device", "st7789@spi-0-0-25-18"))
    parse(FILE, changed("lane 1.display", "device", "ssd1306@i2c-1-0x3c"))


@pytest.mark.parametrize(
    "device",
    [
        "ssd1306",
        "ssd1306@i2c-1",
        "ssd1306@i2c-1-0xf3c",
        "hd44780@i2c-1-0x3c",
        "st7789@spi-0-0",
        "st7789@spi-0-0-25-26\n",
        "../st7789@spi-0-0-25-26",
    ],
)
def test_a_display_that_is_none(device: str) -> None:
    with pytest.raises(ConfigError, match=r"\[lane 1.display\] device: must be "):
        parse(FILE, changed("lane 1.display", "device", device))


@pytest.mark.parametrize("port", ["usb@/dev/x", "GM65@/dev/x", "gm65@", "@/dev/x"])
def test_a_scanner_of_an_unknown_kind(port: str) -> None:
    with pytest.raises(ConfigError, match="port: must be a path, with one of lines@, gm65@, "):
        parse(FILE, changed("lane 1.scanner", "port", port))


@pytest.mark.parametrize(
    ("port", "kind", "path"),
    [
        ("/dev/serial/by-id/x@1", "lines", "/dev/serial/by-id/x@1"),
        ("lines@/dev/x", "lines", "/dev/x"),
        ("keys@/dev/input/by-id/x", "keys", "/dev/input/by-id/x"),
    ],
)
def test_the_kind_of_a_scanner_stands_before_its_path(port: str, kind: str, path: str) -> None:
    scanner = parse(FILE, changed("lane 1.scanner", "port", port)).lanes[0].scanner
    assert scanner is not None
    assert (scanner.kind, scanner.path) == (kind, path)


def test_a_module_knows_only_some_speeds() -> None:
    with pytest.raises(ConfigError, match=r"baud: must be one of 1200, 4800, .* for this kind"):
        parse(FILE, changed("lane 1.scanner", "baud", 230_400))


def test_a_pin_twice_in_one_lane() -> None:
    with pytest.raises(ConfigError, match=r"lane 2 arm passage: pin 17 is lane 2 arm relay"):
        parse(FILE, changed("lane 1.arm", "wires", ["relay 17", "passage 17"]))
