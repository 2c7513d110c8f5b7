"""`records`: why somebody was refused, and who let whom in, is found at the centre."""

import csv
import io
import json
from typing import Any

import pytest

from gate_agent.validator.passage import Direction, PassageKind
from gate_agent.validator.reasons import Reason
from tests.fleet_manager.commands.conftest import LivelyPark
from tests.fleet_manager.commands.test_commands import fails, run

DAY = ("--day", "2026-11-23")


@pytest.fixture
def busy(lively: LivelyPark) -> LivelyPark:
    """A morning: ticket 7 enters and is refused, staff let people in, others leave."""
    for serial, persons in ((1, 3), (2, 4), (3, 5)):
        lively.happen(
            "gate-1",
            PassageKind.TAKEN,
            serial,
            persons=persons,
            admits=9,
            reason=int(Reason.USED),
            detail="zhang: mistake",
        )
    lively.happen("gate-2", PassageKind.TAKEN, 4, reason=int(Reason.EXPIRED), detail="li: help")
    lively.happen("gate-2", PassageKind.NOT_TAKEN, 5, reason=int(Reason.VOID), detail="li: help")
    lively.happen("gate-1", PassageKind.GRANTED, 7)
    lively.happen("gate-1", PassageKind.TAKEN, 7)
    lively.happen("gate-2", PassageKind.DENIED, 7, reason=int(Reason.USED))
    lively.happen("gate-2", PassageKind.NOT_TAKEN, 8)
    lively.happen("gate-2", PassageKind.TAKEN, 7, direction=Direction.OUT)
    lively.happen("gate-1", PassageKind.MODE, persons=0, detail="closed wang")
    lively.happen("gate-1", PassageKind.TAKEN, 9, wall_ms=1_795_406_400_000 + 86_400_000)
    return lively


def records(park: LivelyPark, *arguments: str) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for line in run(park.data, "records", "--json", *arguments).split("\n")
        if line
    ]


def test_who_let_twelve_persons_in(busy: LivelyPark) -> None:
    text = run(busy.data, "records", "--kind", "override", "--by", "staff", *DAY)
    assert [line.split()[:3] for line in text.splitlines()] == [
        ["by", "persons", "times"], ["zhang", "12", "3"], ["li", "1", "1"],
    ]  # fmt: skip
    [zhang, _] = records(busy, "--by", "staff", *DAY)
    assert (zhang["by"], zhang["persons"], zhang["times"]) == ("zhang", 12, 3)


def test_why_ticket_7_was_refused_and_where(busy: LivelyPark) -> None:
    number = json.loads(run(busy.data, "ticket", "draw", "7", "--json"))
    for name in ("7", number["number"], number["code"]):
        told = records(busy, "--ticket", name)
        assert [(one["kind"], one["direction"], one["gate"], one["reason"]) for one in told] == [
            ("taken", "in", "gate-1", None),
            ("denied", "in", "gate-2", "used"),
            ("taken", "out", "gate-2", None),
        ]
    line = run(busy.data, "records", "--ticket", "7", "--kind", "denied").splitlines()[1]
    assert line.split() == [
        "2026-11-23", "12:00:07", "gate-2", "1", "denied", "in", "7", "adult", "used",
    ]  # fmt: skip
    assert records(busy, "--ticket", "7")[1]["at"] == "2026-11-23T04:00:07Z"


@pytest.mark.parametrize(
    ("arguments", "serials"),
    [
        ((), [1, 2, 3, 7, 4, 5, 7, 8, 7]),
        (("--gate", "gate-1"), [1, 2, 3, 7]),
        (("--station", "south", "--kind", "entry"), [4]),
        (("--kind", "exit"), [7]),
        (("--kind", "override"), [1, 2, 3, 4, 5]),
        (("--kind", "granted"), [7]),
        (("--kind", "override,denied"), [1, 2, 3, 4, 5, 7]),
        (("--kind", "exit,denied"), [7, 7]),
        (("--kind", "exit,taken"), [1, 2, 3, 4, 7, 7]),
        (("--kind", "not_taken"), [5, 8]),
        (("--kind", "denied,not_taken"), [5, 7, 8]),
        (("--reason", "used"), [1, 2, 3, 7]),
        (("--staff", "li"), [4, 5]),
        (("--last", "3"), [7, 7, 8]),
        (("--ticket", "7", "--kind", "all"), [7, 7, 7, 7]),
    ],
)
def test_filters(busy: LivelyPark, arguments: tuple[str, ...], serials: list[int]) -> None:
    told = records(busy, *arguments, *DAY)
    assert sorted(one["serial"] for one in told) == sorted(serials)
    assert [one["at"] for one in told] == sorted(one["at"] for one in told)


def test_a_grant_of_a_ticket_is_found_without_a_day(busy: LivelyPark) -> None:
    assert [one["kind"] for one in records(busy, "--ticket", "7", "--kind", "granted")] == [
        "granted"
    ]


def test_days_are_the_parks(busy: LivelyPark) -> None:
    assert [one["serial"] for one in records(busy, "--day", "2026-11-24")] == [9]
    assert len(records(busy, "--from", "2026-11-23", "--to", "2026-11-24")) == 10
    newest = records(busy, "--from", "2026-01-01", "--to", "2026-12-01", "--last", "1")
    assert [one["serial"] for one in newest] == [9]
    assert "no record passes" in run(busy.data, "records", "--day", "2026-11-25")


def test_a_mode_names_who_switched_the_lane(busy: LivelyPark) -> None:
    [mode] = records(busy, "--kind", "mode", *DAY)
    assert (mode["by"], mode["why"]) == ("wang", "closed")


def test_a_code_that_nobody_sold_is_found_by_itself(lively: LivelyPark) -> None:
    from hashlib import sha256

    digest = sha256(b"not-a-ticket").digest()[:8]
    lively.happen("gate-1", PassageKind.DENIED, code=digest, reason=int(Reason.ALIEN))
    lively.happen("gate-1", PassageKind.DENIED, code=bytes(8), reason=int(Reason.ALIEN))
    [found] = records(lively, "--ticket", "not-a-ticket", *DAY)
    assert (found["reason"], found["serial"]) == ("alien", None)
    assert "alien" in run(lively.data, "ticket", "show", "not-a-ticket").splitlines()[-1]


def test_csv_is_for_excel_and_chinese(busy: LivelyPark) -> None:
    text = run(busy.data, "records", "--csv", "--bom", "--language", "zh", *DAY)
    assert text.startswith("\ufeff时间,站点,闸机,")
    [*rows] = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert {row["原因"] for row in rows} == {"门票已使用", "门票已过期", "门票已退", ""}
    assert rows[0]["时间"] == "2026-11-23 12:00:00"


@pytest.mark.parametrize(
    ("status", "said", "line"),
    [
        (2, "is not one of", "records --reason because"),
        (2, "is not one of", "records --kind gone"),
        (2, "does not go with", "records --json --csv"),
        (2, "--bom needs --csv", "records --bom"),
        (1, "cannot find ticket", "records --ticket 99"),
    ],
)
def test_mistakes(lively: LivelyPark, status: int, said: str, line: str) -> None:
    fails(lively.data, status, said, *line.split())


def test_a_sheet_of_a_ticket_shows_refusals_in_park_time(busy: LivelyPark) -> None:
    text = run(busy.data, "ticket", "show", "7")
    assert "printed number  7 " in text
    assert "product         adult 成人票 Adult" in text
    assert "2026-11-23 12:00:07  gate-2  denied  in" in text
    assert "UTC" not in text
    sheet = json.loads(run(busy.data, "ticket", "show", "7", "--json"))
    assert [one["kind"] for one in sheet["records"]] == ["taken", "denied", "taken"]
    assert [one["kind"] for one in sheet["uses"]] == ["taken", "taken"]
    assert sheet["issued"].endswith("Z")
    assert "zhang" in run(busy.data, "ticket", "show", "1")
