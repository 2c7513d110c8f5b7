"""gate.toml: every mistake is one line that names the file, the key and what is allowed."""

import copy
import tomllib
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.config.load import load, parse
from gate_agent.config.settings import GateSettings, GpioLine, PageSettings
from gate_agent.errors import ConfigError
from gate_agent.validator.passage import Direction
from tests.gate_agent.config.gate_tomls import (
    ALLOWED,
    FIELD,
    FILE,
    FULL,
    REQUIRED,
    TABLES,
    WITHOUT_RELAY,
    WRONG,
    changed,
    keys_of,
    table_of,
)


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
