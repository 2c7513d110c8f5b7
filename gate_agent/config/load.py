"""gate.toml: identity and wiring of one board. Policy is not here; it comes from the centre."""

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gate_agent.config.settings import (
    ARM_BAUDS,
    ARM_WIRES,
    DISPLAY_DEVICE,
    GM65_BAUDS,
    INPUT_WIRES,
    SCANNER_KINDS,
    ArmSettings,
    BrokerAddress,
    BuzzerSettings,
    CameraSettings,
    DisplaySettings,
    GateSettings,
    LampSettings,
    LaneSettings,
    PageSettings,
    ScannerSettings,
    VoiceSettings,
)
from gate_agent.config.toml_file import read_toml
from gate_agent.config.toml_table import Table
from gate_agent.errors import ConfigError
from gate_agent.validator.passage import Direction


def load(path: Path) -> GateSettings:
    """Return the settings in `path`. Raises ConfigError that names the key and what is allowed."""
    return parse(path, read_toml(path))


def parse(path: Path, values: Mapping[str, object]) -> GateSettings:
    """Return the settings in `values`. `path`: named in errors; file names are relative to its
    folder. Raises ConfigError."""
    top = Table(path, "top level", values)
    gate = Table(path, "gate", top.take("gate") or {})
    broker = Table(path, "broker", top.take("broker") or {})
    inputs = Table(path, "inputs", top.values.pop("inputs")) if "inputs" in top.values else None
    lanes = top.take("lane")
    page = top.take("page")
    top.done()
    if not isinstance(lanes, list) or not 1 <= len(lanes) <= 8:
        raise ConfigError(f"{path}: [[lane]]: must stand one to eight times")
    settings = GateSettings(
        park=gate.name_of("park"),
        gate=gate.name_of("id"),
        time_zone=_time_zone(gate),
        data=gate.file("data"),
        identity=gate.file("identity"),
        pins=gate.choice("pins", ("lgpio", "mock"), "lgpio"),
        clock=gate.choice("clock", ("ntp", "host"), "ntp"),
        broker=BrokerAddress(
            _host(broker),
            broker.number("port", 1, 65535, 8883),
            broker.number("claim_ms", 0, 500, 60),
        ),
        inputs={} if inputs is None else inputs.wires("wires", INPUT_WIRES),
        lanes=tuple(_lane(Table(path, f"lane {n}", lane)) for n, lane in enumerate(lanes, 1)),
        page=None if page is None else _page(Table(path, "page", page)),
    )
    for table in (gate, broker, inputs):
        if table is not None:
            table.done()
    numbers = [lane.number for lane in settings.lanes]
    if len(set(numbers)) != len(numbers):
        raise ConfigError(f"{path}: [[lane]] number: every lane needs a number of its own")
    _refuse_shared_pins(path, settings)
    return settings


def _page(page: Table) -> PageSettings:
    settings = PageSettings(page.number("port", 1024, 65535, 8460))
    page.done()
    return settings


def _host(broker: Table) -> str:
    name = broker.text("host")
    wrong = next((why for found, why in _NO_HOST if re.search(found, name)), "")
    if wrong and not _is_address(name):
        raise broker.error("host", f"a host name or an address, {wrong} ({name!r})")
    try:
        name.encode("idna")
    except UnicodeError:
        raise broker.error("host", "a host name or an address") from None
    return name


_NO_HOST = (
    (r"\s", "without blanks"),
    (r"^[a-z]+:/", "without mqtt:// or the like before it"),
    (r"[][]", "without brackets"),
    (r":[0-9]+$", "without the port, which has a key of its own"),
    (r"[/@:?#]", "and nothing else"),
)
"""What people write beside a host, and what to say of it. An address of IPv6 has colons."""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _time_zone(gate: Table) -> ZoneInfo:
    name = gate.text("time_zone")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise gate.error("time_zone", "a name like Asia/Shanghai") from None


def _lane(lane: Table) -> LaneSettings:
    settings = LaneSettings(
        number=lane.number("number", 1, 8),
        direction=Direction[lane.choice("direction", ("in", "out"), "in").upper()],
        zone=lane.number("zone", 0, 15, 0),
        arm=_arm(lane.table("arm")),
        lamps=_lamps(lane.table("lamps")),
        scanner=_scanner(lane.table("scanner")),
        camera=_camera(lane.table("camera")),
        buzzer=_buzzer(lane.table("buzzer")),
        voice=_voice(lane.table("voice")),
        display=_display(lane.table("display")),
    )
    lane.done()
    if settings.scanner is None and settings.camera is None:
        raise ConfigError(f"{lane.path}: [{lane.name}]: needs a scanner or a camera")
    return settings


def _arm(arm: Table | None) -> ArmSettings | None:
    if arm is None:
        return None
    settings = ArmSettings(
        wires=arm.wires("wires", ARM_WIRES) if "wires" in arm.values else {},
        pulse_ms=arm.number("pulse_ms", 200, 700, 300),
        release_ms=arm.number("release_ms", 3000, 15000, 5000),
        port=arm.text("port", "") if "port" in arm.values else "",
        baud=arm.number("baud", 1200, 921600, 0),
    )
    arm.done()
    board = settings.board
    if settings.port and (board is None or board.address > 255):
        kinds = ", ".join(ARM_BAUDS)
        raise arm.error("port", f"like rs485-7e/1/left@/dev/serial/by-id/x, of {kinds}")
    if board is None and not {"relay", "passage"} <= settings.wires.keys():
        raise arm.error("wires", "there with relay and passage, unless a port is")
    if board is not None and "relay" in settings.wires:
        raise arm.error("wires", "without relay: a board with a port has no use for one")
    if board is not None and board.kind == "atri" and "passage" not in settings.wires:
        raise arm.error("wires", "there with passage: this kind of board says nothing")
    return settings


def _lamps(lamps: Table | None) -> LampSettings | None:
    if lamps is None:
        return None
    settings = LampSettings(lamps.pin("go_pin"), lamps.pin("stop_pin"))
    lamps.done()
    return settings


def _buzzer(buzzer: Table | None) -> BuzzerSettings | None:
    if buzzer is None:
        return None
    settings = BuzzerSettings(buzzer.pin("pin"))
    buzzer.done()
    return settings


def _voice(voice: Table | None) -> VoiceSettings | None:
    if voice is None:
        return None
    settings = VoiceSettings(voice.text("device"))
    voice.done()
    return settings


def _display(display: Table | None) -> DisplaySettings | None:
    if display is None:
        return None
    settings = DisplaySettings(
        display.text("device"),
        display.number("width", 64, 480, 128),
        display.number("height", 32, 480, 64),
    )
    display.done()
    if not re.fullmatch(DISPLAY_DEVICE, settings.device):
        raise display.error("device", "like ssd1306@i2c-1-0x3c or st7789@spi-0-0-25-27")
    return settings


def _scanner(scanner: Table | None) -> ScannerSettings | None:
    if scanner is None:
        return None
    settings = ScannerSettings(scanner.text("port"), scanner.number("baud", 1200, 921600, 115200))
    if settings.kind not in SCANNER_KINDS or not settings.path:
        words = ", ".join(f"{kind}@" for kind in SCANNER_KINDS)
        raise scanner.error("port", f"a path, with one of {words} before it or nothing")
    if settings.kind.startswith("gm65") and settings.baud not in GM65_BAUDS:
        raise scanner.error("baud", f"one of {', '.join(map(str, GM65_BAUDS))} for this kind")
    scanner.done()
    return settings


def _camera(camera: Table | None) -> CameraSettings | None:
    if camera is None:
        return None
    settings = CameraSettings(
        camera.text("device"),
        camera.number("width", 160, 3840, 640),
        camera.number("height", 120, 2160, 480),
    )
    camera.done()
    return settings


def _refuse_shared_pins(path: Path, settings: GateSettings) -> None:
    """Raise ConfigError for a pin that is used twice. Two lanes may share the home and the ready
    contact: they are the directions of one arm."""
    used: dict[int, str] = {}
    pins = [(f"inputs {role}", wire.pin) for role, wire in settings.inputs.items()]
    shared: dict[int, str] = {}
    for lane in settings.lanes:
        where = f"lane {lane.number}"
        for role, wire in lane.arm.wires.items() if lane.arm else ():
            if role in ("home", "ready") and shared.setdefault(wire.pin, role) == role:
                used.setdefault(wire.pin, f"{where} arm {role}")
            else:
                pins.append((f"{where} arm {role}", wire.pin))
        if lane.lamps:
            pins.append((f"{where} lamps.go_pin", lane.lamps.go_pin))
            pins.append((f"{where} lamps.stop_pin", lane.lamps.stop_pin))
        if lane.buzzer:
            pins.append((f"{where} buzzer.pin", lane.buzzer.pin))
        if lane.display:
            names = (f"{where} display reset", f"{where} display data")
            pins += zip(names, lane.display.pins[::-1], strict=False)
    for name, pin in pins:
        if used.setdefault(pin, name) != name:
            raise ConfigError(f"{path}: {name}: pin {pin} is {used[pin]} already")
