"""A gate.toml that has every key, and what each key allows."""

import copy
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

from gate_agent.config.settings import GpioLine

FIELD = Path(__file__).parents[3] / "firmware_config" / "gate.toml"
FILE = Path("/etc/scenic-gate/gate.toml")
FULL: dict[str, Any] = {
    "gate": {
        "park": "west-lake",
        "id": "north-1",
        "time_zone": "Asia/Shanghai",
        "data": "/var/lib/scenic-gate",
        "identity": "identity",
        "pins": "mock",
        "clock": "host",
    },
    "broker": {"host": "centre.example", "port": 1883, "claim_ms": 100},
    "page": {"port": 8080},
    "inputs": {"wires": ["fire 12", "battery 13", "key_free 19 open", "key_closed 20"]},
    "lane": [
        {
            "number": 2,
            "direction": "out",
            "zone": 3,
            "arm": {
                "wires": ["relay 17 low", "passage 27", "home 22", "ready 5", "feedback 6"],
                "pulse_ms": 500,
                "release_ms": 8000,
            },
            "lamps": {"go_pin": 23, "stop_pin": 24},
            "scanner": {"port": "gm65@/dev/serial0", "baud": 9600},
            "camera": {"device": "/dev/v4l/by-path/x", "width": 1280, "height": 720},
            "buzzer": {"pin": 18},
            "voice": {"device": "default"},
            "display": {"device": "st7789@spi-0-0-25-26", "width": 240, "height": 320},
        }
    ],
}
TABLES: dict[str, tuple[Any, ...]] = {
    "page": ("page",),
    "gate": ("gate",),
    "broker": ("broker",),
    "inputs": ("inputs",),
    "lane 1": ("lane", 0),
    "lane 1.arm": ("lane", 0, "arm"),
    "lane 1.lamps": ("lane", 0, "lamps"),
    "lane 1.scanner": ("lane", 0, "scanner"),
    "lane 1.camera": ("lane", 0, "camera"),
    "lane 1.buzzer": ("lane", 0, "buzzer"),
    "lane 1.voice": ("lane", 0, "voice"),
    "lane 1.display": ("lane", 0, "display"),
}
TEXT = "a text of printable characters"
NAME = "1 to 20 of a-z, 0-9 and -"
PIN = "a whole number from 0 to 63"
WIRES = 'texts like "relay 17", of relay, passage, home, ready, feedback'
INPUTS = 'texts like "fire 17", of fire, battery, key_free, key_closed'
ALLOWED: dict[tuple[str, str], tuple[str, list[object]]] = {
    ("gate", "park"): (NAME, ["West Lake", "-x", "a" * 21, "é"]),
    ("gate", "id"): (NAME, ["north/1", "+", "#"]),
    ("gate", "time_zone"): (
        "a name like Asia/Shanghai",
        ["Mars/Base", "../../etc/passwd", "Asia", "/etc/localtime"],
    ),
    ("gate", "data"): (TEXT, ["", "a\0b", "a\nb", 7, []]),
    ("gate", "identity"): (TEXT, ["", "\x1b[2J", None]),
    ("gate", "pins"): ("lgpio or mock", ["native", "LGPIO"]),
    ("gate", "clock"): ("ntp or host", ["gps"]),
    ("broker", "host"): ("a host name or an address", ["..", "a" * 64]),
    ("broker", "port"): ("a whole number from 1 to 65535", [0, 65536, "8883", 1.5, True]),
    ("broker", "claim_ms"): ("a whole number from 0 to 500", [-1, 501, "60"]),
    ("page", "port"): ("a whole number from 1024 to 65535", [0, 80, 65_536]),
    ("lane 1", "number"): ("a whole number from 1 to 8", [0, 9, "1", False]),
    ("lane 1", "direction"): ("in or out", ["both", "IN"]),
    ("lane 1", "zone"): ("a whole number from 0 to 15", [-1, 16]),
    ("inputs", "wires"): (INPUTS, [[], "fire 12", ["fire"], ["water 12"], ["fire 12 low"]]),
    ("lane 1.arm", "wires"): (
        WIRES,
        [
            [],
            ["relay"],
            ["relay 017"],
            ["relay 17 open"],
            ["home 22 low"],
            ["relay 17", "relay 18"],
            ["relay 17 "],
            [17],
            {"relay": 17},
        ],
    ),
    ("lane 1.arm", "pulse_ms"): ("a whole number from 200 to 700", [199, 701]),
    ("lane 1.arm", "release_ms"): ("a whole number from 3000 to 15000", [2999, 15_001]),
    ("lane 1.lamps", "go_pin"): (PIN, [64]),
    ("lane 1.lamps", "stop_pin"): (PIN, [64]),
    ("lane 1.scanner", "port"): (TEXT, ["", 3]),
    ("lane 1.scanner", "baud"): ("a whole number from 1200 to 921600", [1199, 921_601]),
    ("lane 1.camera", "device"): (TEXT, ["", 0]),
    ("lane 1.camera", "width"): ("a whole number from 160 to 3840", [159, 3841]),
    ("lane 1.camera", "height"): ("a whole number from 120 to 2160", [119, 2161]),
    ("lane 1.buzzer", "pin"): (PIN, [-1, 64]),
    ("lane 1.voice", "device"): (TEXT, ["", 1]),
    ("lane 1.display", "device"): (TEXT, ["", None]),
    ("lane 1.display", "width"): ("a whole number from 64 to 480", [63, 481]),
    ("lane 1.display", "height"): ("a whole number from 32 to 480", [31, 481]),
}
WITHOUT_RELAY = {("lane 1.arm", "port"), ("lane 1.arm", "baud")}
"""Keys that a relay has no use for: their tests stand apart."""

REQUIRED = [
    ("gate", "park"), ("gate", "id"), ("gate", "time_zone"), ("gate", "data"), ("gate", "identity"),
    ("broker", "host"), ("lane 1", "number"), ("inputs", "wires"),
    ("lane 1.arm", "wires"),
    ("lane 1.lamps", "go_pin"), ("lane 1.lamps", "stop_pin"),
    ("lane 1.scanner", "port"), ("lane 1.camera", "device"), ("lane 1.buzzer", "pin"),
    ("lane 1.voice", "device"), ("lane 1.display", "device"),
]  # fmt: skip
WRONG = [(table, key, value) for (table, key), (_, bad) in ALLOWED.items() for value in bad]


def table_of(values: dict[str, Any], name: str) -> dict[str, Any]:
    here: Any = values
    for step in TABLES[name]:
        here = here[step]
    table: dict[str, Any] = here
    return table


def changed(table: str, key: str, value: object) -> dict[str, Any]:
    values = copy.deepcopy(FULL)
    if value is None:
        del table_of(values, table)[key]
    else:
        table_of(values, table)[key] = value
    return values


def keys_of(kind: type) -> int:
    """The keys that make this dataclass, counted from its types."""
    total = 0
    for hint in get_type_hints(kind).values():
        parts = [part for part in (hint, *get_args(hint)) if is_dataclass(part)]
        parts = [] if GpioLine in parts else parts  # one key for all wires
        total += sum(keys_of(part) for part in parts if isinstance(part, type)) if parts else 1
    return total
