"""gate.toml: identity and wiring of one board. Policy is not here; it comes from the centre."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gate_agent.errors import ConfigError
from gate_agent.settings import (
    ArmSettings,
    BrokerSettings,
    CameraSettings,
    GateSettings,
    LampSettings,
    LaneSettings,
    ScannerSettings,
)
from gate_agent.validator.messages import is_name
from gate_agent.validator.passage import Direction


class _Table:
    """One table of the file: every key is asked for once, and what is left over is an error."""

    def __init__(self, path: Path, name: str, values: object) -> None:
        if not isinstance(values, Mapping):
            raise ConfigError(f"{path}: [{name}] is not a table")
        self.path, self.name, self.values = path, name, dict(values)

    def error(self, key: str, allowed: str) -> ConfigError:
        return ConfigError(f"{self.path}: [{self.name}] {key}: must be {allowed}")

    def take(self, key: str) -> object:
        return self.values.pop(key, None)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not value.isprintable() or not value:
            raise self.error(key, "a text of printable characters")
        return value

    def name_of(self, key: str) -> str:
        value = self.text(key)
        if not is_name(value):
            raise self.error(key, "1 to 20 of a-z, 0-9 and -")
        return value

    def choice(self, key: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.text(key, default)
        if value not in allowed:
            raise self.error(key, " or ".join(allowed))
        return value

    def number(self, key: str, low: int, high: int, default: int | None = None) -> int:
        value = self.take(key)
        if value is None and default is not None:
            return default
        if type(value) is not int or not low <= value <= high:
            raise self.error(key, f"a whole number from {low} to {high}")
        return value

    def pin(self, key: str) -> int:
        return self.number(key, 0, 63)

    def pin_or_none(self, key: str) -> int | None:
        return self.pin(key) if key in self.values else None

    def flag(self, key: str, default: bool) -> bool:
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.error(key, "true or false")
        return value

    def file(self, key: str) -> Path:
        path = Path(self.text(key))
        return path if path.is_absolute() else self.path.parent / path

    def table(self, key: str) -> "_Table | None":
        value = self.take(key)
        return None if value is None else _Table(self.path, f"{self.name}.{key}", value)

    def done(self) -> None:
        for key in self.values:
            raise ConfigError(
                f"{self.path}: [{self.name}] {key}: unknown key",
                "look for a spelling mistake; docs/operating.md lists every key",
            )


def load(path: Path) -> GateSettings:
    """The settings in `path`. Raises ConfigError that names file, key and what is allowed."""
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not a TOML file: {error}") from None
    return parse(path, values)


def parse(path: Path, values: Mapping[str, object]) -> GateSettings:
    """The settings in `values`; `path` is named in errors, and its folder holds relative files."""
    top = _Table(path, "top level", values)
    gate = _Table(path, "gate", top.take("gate") or {})
    broker = _Table(path, "broker", top.take("broker") or {})
    lanes = top.take("lane")
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
        broker=BrokerSettings(_host(broker), broker.number("port", 1, 65535, 8883)),
        lanes=tuple(_lane(_Table(path, f"lane {n}", lane)) for n, lane in enumerate(lanes, 1)),
    )
    gate.done()
    broker.done()
    numbers = [lane.number for lane in settings.lanes]
    if len(set(numbers)) != len(numbers):
        raise ConfigError(f"{path}: [[lane]] number: every lane needs a number of its own")
    _refuse_shared_pins(path, settings.lanes)
    return settings


def _host(broker: _Table) -> str:
    name = broker.text("host")
    try:
        name.encode("idna")
    except UnicodeError:
        raise broker.error("host", "a host name or an address") from None
    return name


def _time_zone(gate: _Table) -> ZoneInfo:
    name = gate.text("time_zone")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise gate.error("time_zone", "a name like Asia/Shanghai") from None


def _lane(lane: _Table) -> LaneSettings:
    settings = LaneSettings(
        number=lane.number("number", 1, 8),
        direction=Direction[lane.choice("direction", ("in", "out"), "in").upper()],
        zone=lane.number("zone", 0, 15, 0),
        arm=_arm(lane.table("arm")),
        lamps=_lamps(lane.table("lamps")),
        scanner=_scanner(lane.table("scanner")),
        camera=_camera(lane.table("camera")),
    )
    lane.done()
    if settings.scanner is None and settings.camera is None:
        raise ConfigError(f"{lane.path}: [{lane.name}]: needs a scanner or a camera")
    return settings


def _arm(arm: _Table | None) -> ArmSettings | None:
    if arm is None:
        return None
    settings = ArmSettings(
        relay_pin=arm.pin("relay_pin"),
        passage_pin=arm.pin("passage_pin"),
        home_pin=arm.pin_or_none("home_pin"),
        relay_active_high=arm.flag("relay_active_high", True),
        pulse_ms=arm.number("pulse_ms", 200, 1000, 300),
        release_ms=arm.number("release_ms", 3000, 10000, 5000),
    )
    arm.done()
    return settings


def _lamps(lamps: _Table | None) -> LampSettings | None:
    if lamps is None:
        return None
    settings = LampSettings(lamps.pin("go_pin"), lamps.pin("stop_pin"))
    lamps.done()
    return settings


def _scanner(scanner: _Table | None) -> ScannerSettings | None:
    if scanner is None:
        return None
    settings = ScannerSettings(scanner.text("port"), scanner.number("baud", 1200, 921600, 115200))
    scanner.done()
    return settings


def _camera(camera: _Table | None) -> CameraSettings | None:
    if camera is None:
        return None
    settings = CameraSettings(
        camera.text("device"),
        camera.number("width", 160, 3840, 640),
        camera.number("height", 120, 2160, 480),
    )
    camera.done()
    return settings


def _refuse_shared_pins(path: Path, lanes: tuple[LaneSettings, ...]) -> None:
    used: dict[int, str] = {}
    for lane in lanes:
        pins: list[tuple[str, int | None]] = []
        if lane.arm:
            pins += [
                ("arm.relay_pin", lane.arm.relay_pin),
                ("arm.passage_pin", lane.arm.passage_pin),
                ("arm.home_pin", lane.arm.home_pin),
            ]
        if lane.lamps:
            pins += [("lamps.go_pin", lane.lamps.go_pin), ("lamps.stop_pin", lane.lamps.stop_pin)]
        for key, pin in pins:
            where = f"lane {lane.number} {key}"
            if pin is not None and used.setdefault(pin, where) != where:
                raise ConfigError(f"{path}: {where}: pin {pin} is {used[pin]} already")
