"""gate.toml: every mistake is one line that names the file, the key and what is allowed."""

import copy
import re
import tomllib
from contextlib import suppress
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.config.load import load, parse
from gate_agent.config.settings import BoardPort, GateSettings, GpioLine, PageSettings
from gate_agent.errors import ConfigError
from gate_agent.validator.passage import Direction

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


def test_there_are_at_most_25_different_keys() -> None:
    """The same word for the same thing in every table: that is what a technician has to know."""
    assert len({key for _, key in ALLOWED}) <= 25
    assert keys_of(GateSettings) == len(ALLOWED) + len(WITHOUT_RELAY)
    parts = {name.rpartition(".")[2] for name in TABLES if "." in name}
    assert sum(len(table_of(FULL, name).keys() - parts) for name in TABLES) == len(ALLOWED)


def test_every_key_is_read() -> None:
    settings = parse(FILE, FULL)
    (lane,) = settings.lanes
    assert settings.page == PageSettings(8080)
    assert (settings.park, settings.gate, settings.pins, settings.clock) == (
        "west-lake", "north-1", "mock", "host",
    )  # fmt: skip
    assert settings.time_zone.key == "Asia/Shanghai"
    assert settings.data == Path("/var/lib/scenic-gate")
    assert settings.identity == Path("/etc/scenic-gate/identity")
    assert (settings.broker.host, settings.broker.port) == ("centre.example", 1883)
    assert (lane.number, lane.direction, lane.zone) == (2, Direction.OUT, 3)
    for part, table in ((lane.arm, "arm"), (lane.lamps, "lamps"), (lane.scanner, "scanner"),
                        (lane.camera, "camera"), (lane.buzzer, "buzzer"), (lane.voice, "voice"),
                        (lane.display, "display")):  # fmt: skip
        assert part is not None
        given = FULL["lane"][0][table]
        read = {field.name: getattr(part, field.name) for field in fields(part)}
        assert {key: read[key] for key in given if key != "wires"} == {
            key: value for key, value in given.items() if key != "wires"
        }
    assert lane.arm is not None
    assert lane.arm.wires == {
        "relay": GpioLine(17, turned=True),
        "passage": GpioLine(27),
        "home": GpioLine(22),
        "ready": GpioLine(5),
        "feedback": GpioLine(6),
    }
    assert settings.inputs == {
        "fire": GpioLine(12), "battery": GpioLine(13), "key_free": GpioLine(19, turned=True),
        "key_closed": GpioLine(20),
    }  # fmt: skip


def test_what_may_be_left_out_has_a_default() -> None:
    values = copy.deepcopy(FULL)
    for table, key in set(ALLOWED) - set(REQUIRED):
        del table_of(values, table)[key]
    settings = parse(FILE, values)
    (lane,) = settings.lanes
    assert (settings.pins, settings.clock, settings.broker.port) == ("lgpio", "ntp", 8883)
    assert settings.page == PageSettings(8460)
    del values["page"]
    assert parse(FILE, values).page is None
    assert (lane.direction, lane.zone) == (Direction.IN, 0)
    assert lane.arm is not None
    assert (lane.arm.pulse_ms, lane.arm.release_ms) == (300, 5000)


@pytest.mark.parametrize(("table", "key"), REQUIRED)
def test_a_missing_key_is_named(table: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(FILE, changed(table, key, None))
    assert str(caught.value).startswith(f"{FILE}: [{table}] {key}: must be ")


@pytest.mark.parametrize(("table", "key", "value"), [row for row in WRONG if row[2] is not None])
def test_a_wrong_value_names_file_key_and_what_is_allowed(
    table: str, key: str, value: object
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(FILE, changed(table, key, value))
    allowed = ALLOWED[table, key][0]
    assert str(caught.value) == f"{FILE}: [{table}] {key}: must be {allowed}"


@pytest.mark.parametrize(("table", "key"), list(ALLOWED))
def test_a_value_of_another_type_is_named_too(table: str, key: str) -> None:
    values: tuple[object, ...] = ({}, [1], 1.5)
    for value in values:
        with pytest.raises(ConfigError) as caught:
            parse(FILE, changed(table, key, value))
        assert str(caught.value).startswith(f"{FILE}: [{table}] {key}: must be ")


@pytest.mark.parametrize("table", TABLES)
def test_an_unknown_key_is_an_error(table: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(FILE, changed(table, "relase_ms", 5000))
    assert str(caught.value) == f"{FILE}: [{table}] relase_ms: unknown key"
    assert "docs/gate-toml.md" in caught.value.hint


def test_an_unknown_table_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"\[top level\] brokr: unknown key"):
        parse(FILE, {**FULL, "brokr": {}})


@pytest.mark.parametrize(
    "table", ["arm", "lamps", "scanner", "camera", "buzzer", "voice", "display"]
)
def test_a_value_where_a_table_should_be(table: str) -> None:
    with pytest.raises(ConfigError, match=rf"\[lane 1.{table}\] is not a table"):
        parse(FILE, changed("lane 1", table, "yes"))


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
    ["ssd1306", "ssd1306@i2c-1", "ssd1306@i2c-1-0xf3c", "hd44780@i2c-1-0x3c", "st7789@spi-0-0",
     "st7789@spi-0-0-25-26\n", "../st7789@spi-0-0-25-26"],
)  # fmt: skip
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


# --- the file ----------------------------------------------------------------------------------


def test_the_file_that_goes_to_the_field_is_good() -> None:
    settings = load(FIELD)
    assert settings.pins == "lgpio"
    assert keys_of(GateSettings) >= sum(
        line.count(" = ") for line in FIELD.read_text().splitlines() if not line.startswith("#")
    )


def test_relative_folders_lie_beside_the_file(tmp_path: Path) -> None:
    values = changed("gate", "data", "here")
    assert parse(tmp_path / "gate.toml", values).data == tmp_path / "here"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "gate.toml")
    assert str(caught.value) == f"cannot read {tmp_path / 'gate.toml'}: No such file or directory"
    with pytest.raises(ConfigError, match="Is a directory"):
        load(tmp_path)


@pytest.mark.parametrize("data", [b"[gate", b"a = " + b"[" * 5000, b"gate = 1\ngate = 2"])
def test_a_file_that_is_not_toml(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "gate.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: not a TOML file: ")
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_value_or_a_config_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(path) in str(caught.value)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@given(data=st.data(), junk=JUNK)
def test_any_value_anywhere_is_a_value_or_a_config_error(data: st.DataObject, junk: object) -> None:
    values = copy.deepcopy(FULL)
    table = data.draw(st.sampled_from(list(TABLES)))
    key = data.draw(st.sampled_from(list(table_of(FULL, table))))
    table_of(values, table)[key] = junk
    with suppress(ConfigError):
        parse(FILE, values)


def test_a_handheld_needs_seven_keys() -> None:
    text = (
        '[gate]\npark = "west-lake"\nid = "north-1"\ntime_zone = "UTC"\ndata = "d"\n'
        'identity = "i"\n[broker]\nhost = "h"\n[[lane]]\nnumber = 1\nscanner = { port = "p" }\n'
    )
    assert parse(FILE, tomllib.loads(text)).lanes[0].arm is None


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("mqtt://centre.example", "without mqtt:// or the like before it"),
        ("mqtts://centre.example:8883", "without mqtt:// or the like before it"),
        ("centre.example:8883", "without the port, which has a key of its own"),
        ("[::1]", "without brackets"),
        ("[fe80::1]:8883", "without brackets"),
        (" centre.example", "without blanks"),
        ("a b", "without blanks"),
        ("user@centre", "and nothing else"),
        ("centre/", "and nothing else"),
    ],
)
def test_what_people_write_beside_a_host_is_named(host: str, says: str) -> None:
    values = copy.deepcopy(FULL)
    values["broker"]["host"] = host
    with pytest.raises(ConfigError, match=r"\[broker\] host: must be a host name") as caught:
        parse(FILE, values)
    assert says in str(caught.value)
    assert repr(host) in str(caught.value)


@pytest.mark.parametrize(
    "host", ["centre", "centre.example", "10.0.0.7", "::1", "fe80::1", "西湖.中国"]
)
def test_names_and_addresses_are_taken_as_they_are(host: str) -> None:
    values = copy.deepcopy(FULL)
    values["broker"]["host"] = host
    assert parse(FILE, values).broker.host == host


@pytest.mark.parametrize("wire", ["fire 64", "fire 99", "fire 1000 open"])
def test_a_line_that_is_too_far_names_the_range(wire: str) -> None:
    values = copy.deepcopy(FULL)
    values["inputs"]["wires"] = [wire]
    with pytest.raises(ConfigError, match=r"must be of lines 0 to 63: there is no line \d+"):
        parse(FILE, values)
