"""The settings of one board, as values: what `config.load` makes of gate.toml."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from gate_agent.validator.passage import Direction

CHANGE_ME = "CHANGE-ME"
"""Stands in a gate.toml that was made from profiles for what only the site knows."""

RECORDINGS = "voice"
"""Folder of the voice's recordings within the data folder."""


@dataclass(frozen=True, slots=True)
class GpioLine:
    """A GPIO line. `turned`: the other way round than usual: a relay that a *low* level closes, a
    contact that is *open* at rest."""

    pin: int
    turned: bool = False


Wires = Mapping[str, GpioLine]
"""Lines by what is at their end."""

ARM_WIRES = ("relay", "passage", "home", "ready", "feedback")
"""What an arm may have: the relay that releases it; contacts, closed at rest: passage (opens when
a person goes through), home (closed at home), ready (closed while the turnstile's board has power);
feedback (closed while the relay is)."""

INPUT_WIRES = ("fire", "battery", "key_free", "key_closed")
"""What a board may have: fire (its signal is there while nothing burns), battery (closed while the
supply is good), a key switch's two positions."""


ARM_BAUDS = {"digicon": 115_200, "lot": 9600, "rs485-7e": 19_200, "atri": 9600}
"""The boards with a protocol, and their usual speed."""

_ARM_PORT = re.compile(rf"({'|'.join(ARM_BAUDS)})(?:/(\d{{1,3}}))?(?:/(left|right))?@(.+)")


@dataclass(frozen=True, slots=True)
class BoardPort:
    """A turnstile's board with a protocol. `address`: on its line. `left`: which of its two
    directions this lane is. `path`: a serial line, or HOST:PORT for Modbus over TCP."""

    kind: str
    address: int
    left: bool
    path: str


@dataclass(frozen=True, slots=True)
class ArmSettings:
    """A tripod arm behind a relay, or behind a turnstile's board with a protocol.

    `wires`: see ARM_WIRES. `pulse_ms`: the command contact, 200 to 700. `release_ms`: how long the
    turnstile's own board waits for the turn, 3000 to 15000 (a wide lane: 10 to 15 s).
    `port`: "rs485-7e/1/left@/dev/serial/by-id/…": kind, address, direction, path; empty for a
    relay. `baud`: 0 for the kind's own.
    """

    wires: Wires
    pulse_ms: int = 300
    release_ms: int = 5000
    port: str = ""
    baud: int = 0

    @property
    def board(self) -> BoardPort | None:
        """The board that `port` names; None for a relay."""
        match = _ARM_PORT.fullmatch(self.port)
        if match is None:
            return None
        kind, address, side, path = match.groups()
        return BoardPort(kind, int(address or 1), side != "right", path)


@dataclass(frozen=True, slots=True)
class LampSettings:
    """A green arrow and a red cross."""

    go_pin: int
    stop_pin: int


@dataclass(frozen=True, slots=True)
class BuzzerSettings:
    """An active buzzer: a high level makes it sound."""

    pin: int


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """`device`: the sound card as ALSA names it (`aplay -L`)."""

    device: str


DISPLAY_DEVICE = (
    r"(ssd1306|ssd1309|sh1106|st7735|st7789|ili9341)@"
    r"(?:i2c-(\d{1,2})-0x([0-7][0-9a-f])|spi-(\d)-(\d)-(\d{1,2})-(\d{1,2}))"
)
"""The groups: model; bus and address; or bus, chip select, data/command pin, reset pin."""


@dataclass(frozen=True, slots=True)
class DisplaySettings:
    """A small display. `device`: `ssd1306@i2c-1-0x3c` (bus, address) or `st7789@spi-0-0-25-27`
    (bus, chip select, data/command pin, reset pin). `width`, `height`: in pixels."""

    device: str
    width: int = 128
    height: int = 64

    @property
    def pins(self) -> tuple[int, ...]:
        """GPIO lines that it takes: data/command and reset of a display on SPI."""
        match = re.fullmatch(DISPLAY_DEVICE, self.device)
        if match is None or match[6] is None:
            return ()
        return int(match[6]), int(match[7])


SCANNER_KINDS = ("lines", "gm65", "gm65-command", "gm65-induction", "keys")
GM65_BAUDS = (1200, 4800, 9600, 14400, 19200, 38400, 57600, 115200)
"""The speeds that a module of the GM65 family can be set to."""


@dataclass(frozen=True, slots=True)
class ScannerSettings:
    """A scanner. `port`: its path, and what it is: "gm65@/dev/serial/by-id/…"; without a word
    before the path it sends lines. The words are SCANNER_KINDS.

    "lines" ends each code with a line end, or with silence. "gm65", "gm65-command" and
    "gm65-induction" are modules of the GM65 family that are set up by the gate: always reading,
    when told to, when something moves before them. "keys" types like a keyboard.
    """

    port: str
    baud: int = 115200

    @property
    def kind(self) -> str:
        """One of SCANNER_KINDS, or a word that is none."""
        word, at, _ = self.port.partition("@")
        return word if at and "/" not in word else SCANNER_KINDS[0]

    @property
    def path(self) -> str:
        """Where it is, /dev/serial/by-id/… or /dev/input/by-id/… for "keys"."""
        word, at, path = self.port.partition("@")
        return path if at and "/" not in word else self.port


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
    buzzer: BuzzerSettings | None = None
    voice: VoiceSettings | None = None
    display: DisplaySettings | None = None


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the centre's broker listens. `claim_ms`: how long a visitor may wait for the centre's
    answer to a claim; 0 for not at all."""

    host: str
    port: int
    claim_ms: int = 60


@dataclass(frozen=True, slots=True)
class PageSettings:
    """The local page listens on the loopback address's `port`; 0: any free one."""

    port: int


@dataclass(frozen=True, slots=True)
class GateSettings:
    """One board: one journal, one or more lanes. `data`: folder of journal and list.

    `identity`: folder with what the centre gave this gate: key.pem, cert.pem, ca.crt,
    ring.json and, where holders are checked, pepper. `pins`: "lgpio" on a board, "mock" where
    there is none. `clock`: "ntp" trusts the wall clock once it is synchronised, "host" always.
    `inputs`: see INPUT_WIRES.
    """

    park: str
    gate: str
    time_zone: ZoneInfo
    data: Path
    identity: Path
    pins: str
    clock: str
    broker: BrokerAddress
    lanes: tuple[LaneSettings, ...]
    page: PageSettings | None = None
    inputs: Wires = field(default_factory=dict)
