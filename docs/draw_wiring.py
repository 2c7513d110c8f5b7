"""Draw the wiring sheets: which terminal goes to which pin of the board's header, for each board
and turnstile of firmware_config/profiles; `./run docs`.

The numbers come from the gate.toml that `gate-agent profile make` writes, so a sheet says what the
gate will do. Names are in Chinese and English: one sheet for everybody at the turnstile.
"""

import tomllib
from collections.abc import Iterator
from html import escape
from typing import Any, NamedTuple

from gate_agent.config.profiles import BoardSite, Profile, make, profiles

FONT = "font-family='Helvetica, Arial, Noto Sans CJK SC, WenQuanYi Micro Hei, sans-serif'"
INK, PAPER, PALE, FREE = "#1b2733", "#ffffff", "#eef4fb", "#cfd8e0"
COLOURS = (
    "#c0392b", "#1f6fb2", "#27804a", "#8e44ad", "#b9770e", "#117a8b", "#7b3f00", "#d6336c",
    "#5f6b16", "#34495e", "#e2571e", "#5b3fd1",
)  # fmt: skip
WIDTH, TOP, ROW, PIN = 1040, 110, 42, 30
HEADER_X, TERMINALS_X = 70, 470

PIN_OF = {
    2: 3, 3: 5, 4: 7, 14: 8, 15: 10, 17: 11, 18: 12, 27: 13, 22: 15, 23: 16, 24: 18, 10: 19, 9: 21,
    25: 22, 11: 23, 8: 24, 7: 26, 0: 27, 1: 28, 5: 29, 6: 31, 12: 32, 13: 33, 19: 35, 16: 36,
    26: 37, 20: 38, 21: 40,
}  # fmt: skip
"""BCM number to pin of the 40-pin header, which all Raspberry-class boards share."""
GROUNDS = (6, 9, 14, 20, 25, 30, 34, 39)
GROUND = 39
SUPPLY = {1: "3V3", 17: "3V3", 2: "5V", 4: "5V"}
UART = ((14, "扫码模块 RX", "scanner module RX"), (15, "扫码模块 TX", "scanner module TX"))
WIRES = {
    "relay": ("继电器板 IN（控制闸机的开闸触点）", "relay board IN (to the command contact)"),
    "passage": ("通行触点", "passage contact"),
    "home": ("闸杆原位触点", "home contact of the arm"),
    "go_pin": ("通行灯（经驱动板）", "go lamp, through a driver board"),
    "stop_pin": ("禁行灯（经驱动板）", "stop lamp, through a driver board"),
    "pin": ("蜂鸣器（经驱动板）", "buzzer, through a driver board"),
}
DIRECTIONS = {"in": ("入口", "entry"), "out": ("出口", "exit"), "both": ("双向", "both ways")}


class Terminal(NamedTuple):
    """`pin`: of the header; None for what is plugged in by USB, where `en` says which."""

    zh: str
    en: str
    bcm: int | None
    pin: int | None


class Group(NamedTuple):
    """The terminals of a lane."""

    zh: str
    en: str
    terminals: tuple[Terminal, ...]


def _wired(zh: str, en: str, bcm: int) -> Terminal:
    return Terminal(zh, en, bcm, PIN_OF[bcm])


def _terminals(lane: dict[str, Any], serial: object) -> Iterator[Terminal]:
    for wire in lane.get("arm", {}).get("wires", []):
        kind, line = wire.split()[:2]
        yield _wired(*WIRES[kind], int(line))
    for table in ("lamps", "buzzer"):
        for key, value in lane.get(table, {}).items():
            if key in WIRES:
                yield _wired(*WIRES[key], int(str(value).split()[0]))
    port = lane.get("scanner", {}).get("port", "")
    if serial and port.endswith(f"@{serial}"):
        for bcm, zh, en in UART:
            yield _wired(zh, en, bcm)
    elif port:
        yield Terminal("扫码器：接 USB 口", "scanner: to a USB port", None, None)
    if "camera" in lane:
        yield Terminal("摄像头：接 USB 口", "camera: to a USB port", None, None)


def groups(board: Profile, turnstile: Profile) -> list[Group]:
    """Return what is wired, lane by lane. Raises ConfigError if the profiles do not fit."""
    values = tomllib.loads(make(board, turnstile, BoardSite("park", "gate", "host", "UTC")))
    lanes = []
    for lane in values["lane"]:
        zh, en = DIRECTIONS[lane.get("direction", "in")]
        terminals = tuple(_terminals(lane, board.values.get("serial")))
        lanes.append(
            Group(f"{lane['number']} 号通道 {zh}", f"lane {lane['number']}, {en}", terminals)
        )
    return lanes


def sheets() -> list[tuple[Profile, Profile]]:
    """Return board and turnstile of every sheet: those with a wire to a pin."""
    return [
        (board, turnstile)
        for board in profiles("boards")
        if board.values.get("lines")
        for turnstile in profiles("turnstiles")
        if any(one.pin for group in groups(board, turnstile) for one in group.terminals)
    ]


def name_of(board: Profile, turnstile: Profile) -> str:
    """Return the file of a sheet, below docs/."""
    return f"wiring/{turnstile.id}-{board.id}.svg"


def _text(x: float, y: float, size: float, text: str, more: str = "") -> str:
    return f"<text x='{x}' y='{y}' font-size='{size}' {more}>{escape(text)}</text>"


def _pin_at(pin: int) -> tuple[int, int]:
    """Return the middle of a pin: odd ones left, even ones right, pin 1 at the top."""
    return HEADER_X + 95 + (0 if pin % 2 else 34), TOP + 48 + PIN * ((pin - 1) // 2)


def _header(colours: dict[int, str]) -> Iterator[str]:
    """Draw the header; wired pins have the colour of their wire."""
    yield (
        f"<rect x='{HEADER_X + 74}' y='{TOP + 26}' width='76' height='{20 * PIN + 14}' rx='6' "
        f"fill='{PALE}' stroke='{INK}'/>"
    )
    yield _text(HEADER_X, TOP + 14, 13, "40 针插座 · header, pin 1 上 top", "font-weight='bold'")
    names = {pin: f"GPIO{bcm}" for bcm, pin in PIN_OF.items()} | SUPPLY
    names |= dict.fromkeys(GROUNDS, "GND")
    for pin in range(1, 41):
        x, y = _pin_at(pin)
        colour = colours.get(pin)
        yield f"<circle cx='{x}' cy='{y}' r='11' fill='{colour or PAPER}' stroke='{INK}'/>"
        ink = PAPER if colour else INK
        yield _text(x, y + 4, 11, str(pin), f"text-anchor='middle' fill='{ink}'")
        weight = f"font-weight='bold' fill='{colour}'" if colour else "fill='#8a97a3'"
        if pin % 2:
            yield _text(x - 27, y + 4, 12, names[pin], f"text-anchor='end' {weight}")
        else:
            yield _text(x + 27, y + 4, 12, names[pin], weight)


def _wire(pin: int, y: int, colour: str) -> str:
    """Draw a wire from a pin to a terminal; one from the left column runs between two rows."""
    x, start = _pin_at(pin)
    bend = [(x, start), (x + 17, start + 15), (HEADER_X + 232, start + 15)]
    if pin % 2 == 0:
        bend = [(x + 11, start), (x + 22, start + 9), (HEADER_X + 232, start + 9)]
    points = " ".join(f"{a},{b}" for a, b in [*bend, (TERMINALS_X - 40, y), (TERMINALS_X, y)])
    return f"<polyline points='{points}' fill='none' stroke='{colour}' stroke-width='2.4'/>"


def _terminal(one: Terminal, y: int, colour: str) -> Iterator[str]:
    yield (
        f"<rect x='{TERMINALS_X}' y='{y - 17}' width='{WIDTH - TERMINALS_X - 30}' height='34' "
        f"rx='5' fill='{PAPER}' stroke='{colour}' stroke-width='1.6'/>"
    )
    yield _text(TERMINALS_X + 12, y - 2, 14, one.zh, "font-weight='bold'")
    yield _text(TERMINALS_X + 12, y + 12, 11.5, one.en)
    if one.pin is not None:
        line = "GND" if one.bcm is None else f"GPIO{one.bcm}"
        style = f"text-anchor='end' font-weight='bold' fill='{colour}'"
        yield _text(WIDTH - 44, y + 5, 14, f"{line} · 针 pin {one.pin}", style)


def draw(board: Profile, turnstile: Profile) -> str:
    """Return one sheet."""
    ground = Terminal(
        "各触点的另一端、继电器板和灯的 GND",
        "other end of each contact; ground of relay and lamps",
        None,
        GROUND,
    )
    every = [*groups(board, turnstile), Group("公共", "shared", (ground,))]
    colours: dict[int, str] = {GROUND: INK}
    parts, wires, y = [], [], TOP + 14
    for group in every:
        parts.append(_text(TERMINALS_X, y, 13, f"{group.zh} · {group.en}", "font-weight='bold'"))
        y += 32
        for one in group.terminals:
            colour = FREE
            if one.pin is not None:
                colour = colours.setdefault(one.pin, COLOURS[(len(colours) - 1) % len(COLOURS)])
                wires.append(_wire(one.pin, y, colour))
            parts += _terminal(one, y, colour)
            y += ROW
        y += 8
    height = max(y, TOP + 20 * PIN + 60) + 50
    notes = (
        "接线前断电。触点接在针和 GND 之间；不要把 5V 接到任何 GPIO 上。",
        "Switch off before wiring. A contact goes between its pin and ground. "
        "5 V on a GPIO destroys the board.",
    )
    head = [
        _text(
            HEADER_X - 40, 40, 22, f"{turnstile.name_zh} · {board.name_zh}", "font-weight='bold'"
        ),
        _text(HEADER_X - 40, 64, 15, f"{turnstile.name_en}, on {board.name_en}"),
        _text(
            HEADER_X - 40,
            84,
            12,
            f"gate-agent profile make --board {board.id} --turnstile {turnstile.id}",
            "font-family='monospace'",
        ),
        *(_text(HEADER_X - 40, height - 34 + 18 * n, 13, text) for n, text in enumerate(notes)),
    ]
    body = "\n".join([*head, *wires, *_header(colours), *parts])
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' {FONT} "
        f"fill='{INK}'>\n<rect width='{WIDTH}' height='{height}' fill='{PAPER}'/>\n{body}\n</svg>\n"
    )
