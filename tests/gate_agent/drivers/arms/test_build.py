"""The arms of a board from its settings: which relays are one turnstile's, and who drives them."""

import tomllib
from pathlib import Path

from gate_agent.config.load import parse
from gate_agent.config.settings import GateSettings
from gate_agent.drivers.arms.build import Arms, relay_lines
from gate_agent.drivers.arms.guard.start import RelayLine
from gate_agent.drivers.arms.tripod import RelayArm

HEAD = """
[gate]
park = "west-lake"
id = "north-1"
time_zone = "UTC"
data = "data"
identity = "identity"
pins = "mock"

[broker]
host = "localhost"
"""


def settings_of(*wires: list[str] | None, more: str = "") -> GateSettings:
    lanes = ""
    for number, one in enumerate(wires, 1):
        lanes += f'[[lane]]\nnumber = {number}\nscanner = {{ port = "x" }}\n'
        if one is not None:
            lanes += f"arm = {{ wires = {one} }}\n"
    return parse(Path("gate.toml"), tomllib.loads(HEAD + more + lanes))


def test_lanes_that_share_a_contact_are_one_turnstile() -> None:
    settings = settings_of(
        ["relay 1 low", "passage 2", "home 3"],
        ["relay 4", "passage 5", "home 3"],
        ["relay 6", "passage 7", "home 8", "ready 9"],
        None,
        ["relay 10", "passage 11", "ready 9"],
        ["relay 12", "passage 13"],
        ["relay 14", "passage 15"],
    )
    lines = relay_lines(settings)
    assert list(lines) == [1, 2, 3, 5, 6, 7]
    assert lines[1] == RelayLine(1, active_high=False, group=lines[1].group)
    groups = [lines[lane].group for lane in lines]
    assert groups[0] == groups[1] != groups[2] == groups[3] != groups[4] == groups[5] == ""


def test_a_handheld_has_no_arm_and_a_board_without_inputs_no_device() -> None:
    settings = settings_of(None)
    arms = Arms(settings, lambda: None, alone=True)
    assert arms.make(settings.lanes[0]) is None
    assert arms.inputs() is None


def test_what_is_wired_is_made() -> None:
    settings = settings_of(["relay 1", "passage 2"], more='[inputs]\nwires = ["fire 5"]\n')
    arms = Arms(settings, lambda: None, alone=True)
    assert isinstance(arms.make(settings.lanes[0]), RelayArm)
    assert arms.inputs() is not None
