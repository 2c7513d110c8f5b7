"""An arm is released only when somebody says so, and one passage must follow."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from gate_agent.checks.arm import check_arms, try_arm
from gate_agent.checks.row import CheckRow, CheckState, lane_part
from gate_agent.config.settings import ArmSettings, GateSettings, GpioLine
from gate_agent.errors import DriverFault
from gate_agent.events import Event, Faulted, Moved, Recovered, Returned, Turned
from gate_agent.ports import Put
from gate_agent.signs import Words
from tests.gate_agent.checks.conftest import Technician, visit

PART = lane_part(1, "arm", Words("闸臂", "arm"))


@dataclass
class PlayedArm:
    """Says `first` when it is opened and `then` when it is released; `broken`: it is not."""

    first: tuple[Event, ...] = ()
    then: tuple[Event, ...] = ()
    broken: bool = False
    did: list[str] = field(default_factory=list)
    put: Callable[[Event], None] = lambda _: None

    def start(self, put: Put) -> None:
        self.did.append("start")
        self.put = put
        for event in self.first:
            put(event)

    def stop(self) -> None:
        self.did.append("stop")

    def release(self) -> None:
        self.did.append("release")
        if self.broken:
            raise DriverFault("the relay does not obey", "look at it")
        for event in self.then:
            self.put(event)


def tried(arm: PlayedArm, person: Technician | None) -> CheckRow:
    row = try_arm(PART, arm, 1, 0.3, person)
    assert arm.did[-1] == "stop"
    return row


def test_nobody_is_there_so_nothing_moves() -> None:
    arm = PlayedArm()
    assert tried(arm, None).state is CheckState.PASS
    assert "release" not in arm.did


def test_somebody_says_no() -> None:
    arm = PlayedArm()
    assert tried(arm, Technician(answer=False)).state is CheckState.SKIPPED
    assert "release" not in arm.did


def test_one_pulse_one_passage() -> None:
    arm, person = PlayedArm(then=(Moved(1), Turned(1))), Technician()
    row = tried(arm, person)
    assert (row.state, row.text.en) == (CheckState.PASS, "one pulse, one passage")
    assert arm.did == ["start", "release", "stop"]
    assert [words.en.split()[0] for words in person.asked] == ["release", "now"]


@pytest.mark.parametrize(
    ("then", "text"),
    [
        ((), "no passage was seen"),
        ((Moved(1),), "no passage was seen"),
        ((Moved(1), Returned(1)), "the arm moved and came back, without a passage"),
        ((Faulted("arm 1", "the relay is away"),), "the relay is away"),
    ],
)
def test_no_passage(then: tuple[Event, ...], text: str) -> None:
    row = tried(PlayedArm(then=then), Technician())
    assert (row.state, row.text.en, bool(row.hint.zh)) == (CheckState.FAIL, text, True)


def test_a_relay_that_does_not_obey() -> None:
    row = tried(PlayedArm(broken=True), Technician())
    assert (row.state, row.text.en, row.hint.en) == (
        CheckState.FAIL, "the relay does not obey", "look at it",
    )  # fmt: skip


def test_contacts_that_are_wrong_at_rest() -> None:
    stuck = Faulted("arm 1", "the passage contact stays open")
    arm = PlayedArm(first=(stuck,))
    assert tried(arm, Technician()).text.en == "the passage contact stays open"
    assert "release" not in arm.did
    assert tried(PlayedArm(first=(stuck, Recovered("arm 1"))), None).state is CheckState.PASS


def test_an_arm_of_gate_toml(settings: GateSettings) -> None:
    (lane,) = settings.lanes
    assert list(check_arms(visit(settings))) == []
    armed = replace(
        settings,
        lanes=(replace(lane, arm=ArmSettings({"relay": GpioLine(17), "passage": GpioLine(27)})),),
    )
    (row,) = check_arms(visit(armed))
    assert row.key == "lane 1 arm"
    assert row.text.en.startswith("the passage contact stays open"), "nobody holds the line"
    (row,) = check_arms(visit(armed, status={"pid": 7, "faults": {"arm 1": "away"}}))
    assert (row.state, row.text.en) == (CheckState.FAIL, "away")
