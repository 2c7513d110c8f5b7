"""The laws of tests/house hold, each by itself."""

import pytest

from tests.house.commands import command_named
from tests.house.documents import unit_mistake
from tests.house.floors import FLOORS, room_of
from tests.house.law import ALLOWED, Law, allowances, judge
from tests.house.laws import LAWS
from tests.house.source import House

HOUSE = House.read()
ROWS = list(allowances(ALLOWED.read_text("utf-8")))


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_the_house_keeps_its_law(law: Law) -> None:
    rows = [row for row in ROWS if row.law == law.name]
    assert judge(HOUSE, [law], rows).failures == []


def test_every_law_has_a_name_of_its_own_and_every_row_a_law() -> None:
    names = [law.name for law in LAWS]
    assert len(names) == len(set(names))
    assert {row.law for row in ROWS} <= set(names)


def test_the_table_of_floors_names_rooms_that_exist() -> None:
    rooms = {room_of(name) for name in HOUSE.sources if name.split(".")[0] in FLOORS}
    for package, floors in FLOORS.items():
        named = {(package, room) for floor in floors for room in floor.rooms}
        assert named - rooms == set()


def test_lint_asks_the_house() -> None:
    assert "-m tests.house" in HOUSE.document("run")


@pytest.mark.parametrize(
    ("program", "words", "mistake"),
    [
        ("gate-agent", ["chekc"], "no command chekc"),
        ("fleet-manager", ["gate", "list", "--colour"], "no --colour"),
    ],
)
def test_a_command_that_does_not_exist_is_named(
    program: str, words: list[str], mistake: str
) -> None:
    with pytest.raises(AssertionError, match=mistake):
        command_named(program, words)


UNIT = """[Unit]
StartLimitIntervalSec=0
[Service]
ExecStart=/opt/gate-agent run
RestartPreventExitStatus=75 78
User=gate
[Install]
"""


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("gate-agent run", "fleet-manager serve", "starts /opt/fleet-manager"),
        ("gate-agent run", "gate-agent runn", "gate-agent runn: no command runn"),
        (
            "=75 78",
            "=78",
            "starts again beside another daemon (exit status 75), or after a mistake (78)",
        ),
        (
            "IntervalSec=0",
            "IntervalSec=10",
            "is given up after some quick ends (StartLimitIntervalSec)",
        ),
        ("User=gate", "User=root", "runs as root"),
        ("[Install]", "", "has the sections ['Unit', 'Service']"),
    ],
)
def test_a_unit_that_would_not_run_is_refused(old: str, new: str, mistake: str) -> None:
    assert unit_mistake(UNIT, "gate-agent") == ""
    assert unit_mistake(UNIT.replace(old, new), "gate-agent") == mistake
