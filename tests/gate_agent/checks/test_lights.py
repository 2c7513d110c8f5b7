"""Lamps and the rest show go and no, and a person says whether they did."""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace

import pytest

from gate_agent.checks import lights
from gate_agent.checks.row import CheckRow, CheckState
from gate_agent.config.settings import (
    RECORDINGS,
    BuzzerSettings,
    DisplaySettings,
    GateSettings,
    LampSettings,
    VoiceSettings,
)
from gate_agent.drivers.displays.recordings import SPEAKERS
from gate_agent.signs import every_prompt
from tests.gate_agent.checks.conftest import Technician, part, visit


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lights, "SHOWN_S", 0.05)


def rows(settings: GateSettings, parts: Mapping[str, object], **options: object) -> list[CheckRow]:
    (lane,) = settings.lanes
    told = replace(settings, lanes=(replace(lane, **parts),))  # type: ignore[arg-type]
    return list(lights.check_feedback(visit(told, **options)))


LIT = {"lamps": LampSettings(23, 24), "buzzer": BuzzerSettings(25)}


def test_nobody_is_asked(settings: GateSettings) -> None:
    found = rows(settings, LIT)
    assert [(row.key, row.state) for row in found] == [
        ("lane 1 lamps", CheckState.PASS), ("lane 1 buzzer", CheckState.PASS),
    ]  # fmt: skip


@pytest.mark.parametrize(("answer", "state"), [(True, CheckState.PASS), (False, CheckState.FAIL)])
def test_somebody_looks(settings: GateSettings, answer: bool, state: CheckState) -> None:
    person = Technician(answer)
    found = rows(settings, LIT, person=person)
    assert [row.state for row in found] == [state, state]
    assert [words.en for words in person.asked] == [
        "lane 1 lamps: did it say go, and then no?",
        "lane 1 buzzer: did it say go, and then no?",
    ]


def test_a_lane_without_them(settings: GateSettings) -> None:
    assert rows(settings, {}) == []


def test_pins_that_cannot_be_opened(settings: GateSettings) -> None:
    found = rows(settings, {"lamps": LampSettings(23, 23)})
    assert (found[0].state, bool(found[0].hint.zh)) == (CheckState.FAIL, True)


def test_the_daemon_has_them(settings: GateSettings) -> None:
    found = rows(settings, LIT, status={"pid": 7, "faults": {"lamps 1": "dark"}})
    assert [row.state for row in found] == [CheckState.FAIL, CheckState.PASS]


def test_a_voice_needs_its_recordings(
    settings: GateSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def recordings() -> CheckRow:
        found = rows(settings, {"voice": VoiceSettings("default")}, status=held)
        return part(found, "lane 1 recordings")

    held = {"pid": 7, "faults": {}}
    missing = recordings()
    assert missing.state is CheckState.FAIL
    assert "recordings are missing" in missing.text.en
    assert missing.hint.en == "gate-agent voice makes them"
    folder = settings.data / RECORDINGS
    folder.mkdir()
    for name in every_prompt():
        for language in SPEAKERS:
            (folder / f"{name}.{language}.wav").touch()
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert recordings().hint.en == "install alsa-utils"
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert recordings().text.en == str(folder)


def test_a_display_without_a_chinese_font_says_so(
    settings: GateSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def glyphs() -> CheckRow:
        shown = {"display": DisplaySettings("ssd1306@i2c-1-0x3c")}
        return part(rows(settings, shown, status={"pid": 7, "faults": {}}), "lane 1 glyphs")

    monkeypatch.setattr("gate_agent.drivers.displays.panel.FONTS", ("/nowhere", __file__))
    assert glyphs().text.en == __file__
    monkeypatch.setattr("gate_agent.drivers.displays.panel.FONTS", ())
    assert glyphs().state is CheckState.NOTE
    monkeypatch.setitem(sys.modules, "gate_agent.drivers.displays.panel", None)
    assert glyphs().hint.en == "install scenic-gate[display]"


def test_a_display_that_is_not_there(settings: GateSettings) -> None:
    shown = {"display": DisplaySettings("ssd1306@i2c-99-0x3c")}
    row = part(rows(settings, shown), "lane 1 display")
    assert (row.state, bool(row.hint.en)) == (CheckState.FAIL, True)
