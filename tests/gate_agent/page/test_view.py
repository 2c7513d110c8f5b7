"""The view: everything staff must know, and the batteries of boards."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from gate_agent.effects import Show, Sign
from gate_agent.events import DocumentShown, Overridden
from gate_agent.page.battery import Battery, battery
from gate_agent.page.files import ASSETS
from gate_agent.page.view import RESULTS, PageView, words_document
from gate_agent.signs import WORDS, Words
from gate_agent.validator.reasons import TEXTS, Reason
from tests.gate_agent.samples import ticket


def view() -> PageView:
    names = {7: Words("一日票", "Day ticket")}
    return PageView({1: False, 2: True}, names.get, staff=True)


def seen(of: PageView, charge: Battery | None = None) -> dict[str, Any]:
    line = of.to_line(charge)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    document: dict[str, Any] = json.loads(line)
    return document


def test_before_anything_every_lane_is_ready() -> None:
    document = seen(view())
    assert {n: lane["sign"] for n, lane in document["lanes"].items()} == {
        "1": "ready",
        "2": "ready",
    }
    assert [lane["has_arm"] for lane in document["lanes"].values()] == [False, True]
    assert document["battery"] is None


def test_a_result_says_what_the_ticket_is() -> None:
    of = view()
    of.show(1, Show(Sign.GO, 6, ticket=ticket(77, admits=8, group=5), reentry=True), 1000)
    lane = seen(of)["lanes"]["1"]
    assert (lane["sign"], lane["persons"], lane["reentry"], lane["at_ms"]) == ("go", 6, True, 1000)
    shown = lane["ticket"]
    assert (shown["serial"], shown["admits"], shown["group"]) == (77, 8, 5)
    assert shown["names"] == {"zh": "一日票", "en": "Day ticket"}
    of.show(1, Show(Sign.GO, 1, ticket=ticket(78, product=9)), 1000)
    assert seen(of)["lanes"]["1"]["ticket"]["names"] is None


def test_nothing_of_a_holder_but_that_there_is_one() -> None:
    of = view()
    of.show(1, Show(Sign.SHOW_ID, ticket=ticket(5, holder_tag=b"\xab\xcd\xef\x12")), 0)
    assert seen(of)["lanes"]["1"]["ticket"]["holder"] is True
    assert b"abcdef12" not in of.to_line(None)


def test_the_last_results_newest_first_and_no_more_than_fit() -> None:
    of = view()
    for number in range(RESULTS + 5):
        of.show(1, Show(Sign.REFUSED, reason=Reason.USED, ticket=ticket(number)), number)
        of.show(1, Show(Sign.READY), number)
    lanes = seen(of)["lanes"]
    serials = [row["ticket"]["serial"] for row in lanes["1"]["results"]]
    assert serials == list(range(RESULTS + 4, 4, -1))
    assert lanes["2"]["results"] == []
    assert lanes["1"]["sign"] == "ready"


def test_status_and_lane_come_together_and_offline_has_a_beginning() -> None:
    of = view()
    status: dict[str, object] = {
        "gate": "hand-1", "linked": False, "wall_ms": 5000, "waiting": 3,
        "lanes": [{"number": 1, "mode": "free", "phase": "idle"}],
    }  # fmt: skip
    of.update(status)
    of.update({**status, "wall_ms": 9000})
    document = seen(of, Battery(87, charging=True))
    assert (document["offline_ms"], document["waiting"]) == (5000, 3)
    assert document["battery"] == {"percent": 87, "charging": True}
    assert document["lanes"]["1"]["mode"] == "free"
    of.update({**status, "linked": True})
    assert seen(of)["offline_ms"] is None


def test_a_lane_is_blind_when_none_of_its_readers_works() -> None:
    readers = {1: ["scanner 1", "camera 1"], 2: []}
    of = PageView({1: False, 2: True}, lambda _: None, staff=True, readers=readers)
    blind = []
    for faults in ({}, {"scanner 1": "gone"}, {"scanner 1": "gone", "camera 1": "gone"}):
        of.update({"linked": True, "lanes": [], "faults": faults})
        blind.append([lane["blind"] for lane in seen(of)["lanes"].values()])
    assert blind == [[False, False], [False, False], [True, False]]


def test_the_last_result_of_a_team_says_how_many_went_in() -> None:
    of, team = view(), ticket(7, admits=5)
    of.show(1, Show(Sign.GO, 5, ticket=team, record=41), 1000)
    assert not of.steward_may(Overridden(1, 41, 1, "li", "help", supervisor=False))
    row = {"number": 1, "mode": "controlled", "phase": "released", "direction": "in"}
    asked = {"record": 41, "persons": 3, "most": 5}
    of.update({"linked": True, "lanes": [{**row, "asked": asked}]})
    assert [shown["persons"] for shown in seen(of)["lanes"]["1"]["results"]] == [3]
    of.show(1, Show(Sign.GO, 2, ticket=team, record=41), 2000)
    of.update({"linked": True, "lanes": [row]})
    assert [shown["persons"] for shown in seen(of)["lanes"]["1"]["results"]] == [2]


def test_a_document_is_late_when_the_lane_waits_for_none() -> None:
    of, shown = view(), DocumentShown(1, "id-card", "1")
    assert not of.is_late(shown)
    for phase, late in (("holder_check", False), ("idle", True)):
        of.update({"linked": True, "lanes": [{"number": 1, "phase": phase}]})
        assert of.is_late(shown) is late
        assert not of.is_late(Overridden(1, 41, 1, "li", "help", supervisor=False))


@pytest.mark.parametrize(
    "zh", [*(text.zh for text in TEXTS.values()), *(w.zh for w in WORDS.values())]
)
def test_long_chinese_words_have_places_to_break(zh: str) -> None:
    """Six characters of a handheld's large words fit into a line."""
    written = re.findall(r'"([^"]*)"', (ASSETS / "breaks.js").read_text("utf-8"))
    pieces = next((text.split("|") for text in written if text.replace("|", "") == zh), [zh])
    assert max(map(len, pieces)) <= 6


def test_every_fault_in_the_manual_has_words_and_a_cure_on_the_page() -> None:
    manual = (ASSETS.parents[2] / "docs" / "faults.md").read_text("utf-8")
    table = manual.partition("## Faults")[2].partition("## Refusals")[0]
    devices = {name.removesuffix(" N") for name in re.findall(r"`([a-z ]+(?: N)?): ", table)}
    assert len(devices) > 15
    words = (ASSETS / "faults.js").read_text("utf-8")
    assert [
        name for name in devices if f"  {name}: [" not in words and f'"{name}": [' not in words
    ] == []


def test_the_words_are_those_of_the_gate() -> None:
    document = json.loads(words_document())
    assert document["signs"].keys() == {sign.value for sign in Sign}
    assert document["reasons"].keys() == {reason.key for reason in Reason}
    assert document["signs"]["go"]["shape"] == "arrow"


# --- the battery -------------------------------------------------------------------------------


def supply(folder: Path, name: str, **files: str) -> None:
    (folder / name).mkdir()
    for file, text in files.items():
        (folder / name / file).write_text(text + "\n")


@pytest.mark.parametrize(
    ("status", "charging"), [("Discharging", False), ("Charging", True), ("Full", True)]
)
def test_a_battery(tmp_path: Path, status: str, charging: bool) -> None:
    supply(tmp_path, "AC", type="Mains", online="1")
    supply(tmp_path, "BAT0", type="Battery", capacity="101", status=status)
    assert battery(tmp_path) == Battery(100, charging)


def test_what_is_no_battery_of_this_board(tmp_path: Path) -> None:
    assert battery(tmp_path / "nothing") is None
    supply(tmp_path, "hid-mouse", type="Battery", scope="Device", capacity="50", status="Full")
    supply(tmp_path, "BAT0", type="Battery", capacity="much", status="Full")
    supply(tmp_path, "BAT1", type="Battery")
    assert battery(tmp_path) is None
    supply(tmp_path, "BAT2", type="Battery", scope="System", capacity="7", status="Discharging")
    assert battery(tmp_path) == Battery(7, charging=False)
