"""Hosts and lines of gate.toml: what people write beside them is named."""

import copy

import pytest

from gate_agent.config.load import parse
from gate_agent.errors import ConfigError
from tests.gate_agent.config.gate_tomls import FILE, FULL


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
