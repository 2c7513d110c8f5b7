"""The wiring sheets say what the profiles say, and every one is linked."""

import runpy
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gate_agent.config.profiles import BoardSite, Profile, make

DOCS = Path(__file__).parents[1] / "docs"
DRAWING = runpy.run_path(str(DOCS / "draw_wiring.py"))
SHEETS = DRAWING["sheets"]()
NAMES = [DRAWING["name_of"](*pair) for pair in SHEETS]


@pytest.mark.parametrize("pair", SHEETS, ids=NAMES)
def test_every_line_of_the_gate_toml_is_on_its_sheet(pair: tuple[Profile, Profile]) -> None:
    lanes = tomllib.loads(make(*pair, BoardSite("park", "gate", "host", "UTC")))["lane"]
    wanted = [int(wire.split()[1]) for lane in lanes for wire in lane["arm"]["wires"]]
    wanted += [int(lane["lamps"][key]) for lane in lanes for key in ("go_pin", "stop_pin")]
    wanted += [int(lane["buzzer"]["pin"]) for lane in lanes if "buzzer" in lane]
    groups = DRAWING["groups"](*pair)
    drawn = [one.bcm for group in groups for one in group.terminals if one.bcm is not None]
    assert sorted(set(wanted)) == sorted(set(drawn) - {14, 15})
    texts = [text.text or "" for text in ElementTree.fromstring(DRAWING["draw"](*pair)).iter()]
    for bcm in wanted:
        assert f"GPIO{bcm} · 针 pin {DRAWING['PIN_OF'][bcm]}" in texts


def test_pins_are_those_in_the_comments_of_the_profiles() -> None:
    """The header's pins stand in brackets there, as people read them."""
    for board in {board.id for board, _ in SHEETS}:
        file = DOCS.parent / "firmware_config" / "profiles" / "boards" / f"{board}.toml"
        lines = [line for line in file.read_text("utf-8").splitlines() if line.endswith(")")]
        for line in lines:
            if " = " in line and "# (" in line:
                bcm = int(line.split(" = ")[1].split()[0])
                assert f"({DRAWING['PIN_OF'][bcm]})" in line


def test_no_two_pins_are_one() -> None:
    pins = [*DRAWING["PIN_OF"].values(), *DRAWING["GROUNDS"], *DRAWING["SUPPLY"]]
    assert sorted(pins) == list(range(1, 41))


@pytest.mark.parametrize("page", ["install.md", "zh/install.md"])
def test_every_sheet_is_linked(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    assert [name for name in NAMES if f"{name})" not in text] == []
