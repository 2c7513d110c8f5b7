"""The settings of one board, as values: what `config.load` makes of gate.toml."""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from gate_agent.validator.passage import Direction


@dataclass(frozen=True, slots=True)
class ArmSettings:
    """A tripod arm behind a relay. Pins are GPIO line numbers; None: not wired.

    `pulse_ms`: the command contact, 200 to 1000. `release_ms`: how long the turnstile's own board
    waits for the turn, 3000 to 10000. `passage_pin`: closed at rest, opens on a passage.
    `home_pin`: closed while the arm is at home.
    """

    relay_pin: int
    passage_pin: int
    home_pin: int | None = None
    relay_active_high: bool = True
    pulse_ms: int = 300
    release_ms: int = 5000


@dataclass(frozen=True, slots=True)
class LampSettings:
    """A green arrow and a red cross."""

    go_pin: int
    stop_pin: int


@dataclass(frozen=True, slots=True)
class ScannerSettings:
    """A scanner that sends each code as a line. `port`: use /dev/serial/by-id/…"""

    port: str
    baud: int = 115200


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """A camera by its stable path, /dev/v4l/by-path/…"""

    device: str
    width: int = 640
    height: int = 480


@dataclass(frozen=True, slots=True)
class LaneSettings:
    """One lane. Without an arm it is a handheld: staff let the visitor in."""

    number: int
    direction: Direction
    zone: int
    arm: ArmSettings | None
    lamps: LampSettings | None
    scanner: ScannerSettings | None
    camera: CameraSettings | None


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Where the centre's broker listens."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class GateSettings:
    """One board: one journal, one or more lanes. `data`: folder of journal and list.

    `identity`: folder with what the centre gave this gate: key.pem, cert.pem, ca.crt,
    ring.json and, where holders are checked, pepper. `pins`: "lgpio" on a board, "mock" where
    there is none. `clock`: "ntp" trusts the wall clock once it is synchronised, "host" always.
    """

    park: str
    gate: str
    time_zone: ZoneInfo
    data: Path
    identity: Path
    pins: str
    clock: str
    broker: BrokerSettings
    lanes: tuple[LaneSettings, ...]
