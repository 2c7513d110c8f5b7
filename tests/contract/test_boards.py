"""Turnstile boards with a protocol, each over its byte-exact simulator with a bad line: one person
for one release, whatever happens to the answer."""

from collections.abc import Iterator

import pytest

from gate_agent.config.settings import ARM_BAUDS, ArmSettings, GpioLine
from gate_agent.drivers.arms.boards.models import MAKERS
from gate_agent.drivers.arms.boards.relay import BoardRelay
from gate_agent.drivers.arms.tripod import RelayArm
from gate_agent.drivers.pins.contact_pins import StillContacts
from gate_agent.errors import DriverFault
from gate_agent.events import Faulted, Recovered, Turned
from hardware_sim.devices.boards import SimBoard
from tests.gate_agent.drivers.collected import PATIENCE_S, Collected, until

KINDS = ("digicon", "rs485-7e", "lot", "lot tcp", "atri")
ANSWERING = ("rs485-7e", "lot", "lot tcp")


class Bench:
    """A board, the line, the driver."""

    def __init__(self, kind: str, count: int = 0) -> None:
        name, _, tcp = kind.partition(" ")
        self.board = SimBoard(name, tcp=bool(tcp), count=count)
        relay = BoardRelay(
            self.board.path, ARM_BAUDS[name], lambda: MAKERS[name](1, True, bool(tcp))
        )
        wires = {"passage": GpioLine(27)} if name == "atri" else {}
        settings = ArmSettings(wires, port=f"{name}@{self.board.path}")
        self.arm = RelayArm(1, settings, relay, StillContacts())
        self.inbox = Collected()
        self.arm.start(self.inbox.put)

    def release(self) -> None:
        """As soon as the board answers."""

        def obeys() -> bool:
            try:
                self.arm.release()
            except DriverFault:
                return False
            return True

        until(obeys)

    def opened(self, times: int) -> None:
        assert self.board.wait(lambda board: board.opened >= times, PATIENCE_S)

    def pass_one(self) -> None:
        assert self.board.wait(lambda board: board.unlocked, PATIENCE_S)
        before = self.board.count
        self.board.push()
        assert self.board.wait(lambda board: board.count > before, PATIENCE_S)

    def close(self) -> None:
        self.arm.stop()
        self.board.close()


@pytest.fixture
def make() -> Iterator[type[Bench]]:
    made: list[Bench] = []

    class Made(Bench):
        def __init__(self, kind: str, count: int = 0) -> None:
            super().__init__(kind, count)
            made.append(self)

    yield Made
    for bench in made:
        bench.close()


@pytest.mark.parametrize("kind", KINDS)
def test_one_release_is_one_person(make: type[Bench], kind: str) -> None:
    bench = make(kind)
    bench.release()
    bench.opened(1)
    bench.pass_one()
    if kind != "atri":
        bench.inbox.wait_for(Turned(1))
    assert bench.board.opened == 1


@pytest.mark.parametrize("kind", ANSWERING)
@pytest.mark.parametrize("fault", ["silence", "half", "check", "address", "garbage", "echo"])
def test_a_doubtful_answer_never_opens_twice(make: type[Bench], kind: str, fault: str) -> None:
    bench = make(kind)
    bench.release()
    bench.opened(1)
    bench.pass_one()
    bench.inbox.wait_for(Turned(1))
    with bench.board._changed:
        bench.board.faults.append(fault)
        bench.arm.release()
    bench.opened(2)
    bench.pass_one()
    bench.inbox.wait_count(2, Turned(1))
    assert bench.board.opened == 2


@pytest.mark.parametrize("fault", ["silence", "half", "check", "garbage"])
def test_a_board_without_a_question_stays_in_doubt_and_is_not_told_again(
    make: type[Bench], fault: str
) -> None:
    bench = make("digicon")
    bench.board.faults.append(fault)
    bench.release()
    (lost,) = bench.inbox.wait(lambda events: len(events) >= 1)[:1]
    assert isinstance(lost, Faulted)
    assert "not told again" in lost.text
    bench.inbox.wait(lambda events: Recovered("arm 1") in events)
    assert bench.board.opened == 1
    assert len(bench.board.heard) == 1


@pytest.mark.parametrize("kind", ["lot", "lot tcp"])
def test_a_board_that_says_it_did_not_open_is_told_again(make: type[Bench], kind: str) -> None:
    bench = make(kind)
    bench.release()
    bench.opened(1)
    bench.pass_one()
    bench.inbox.wait_for(Turned(1))
    until(lambda: not bench.board.unlocked)
    with bench.board._changed:
        bench.board.faults.append("deaf")
        bench.arm.release()
    bench.opened(2)


@pytest.mark.parametrize("kind", ["digicon", "lot"])
def test_a_refusal_is_a_fault(make: type[Bench], kind: str) -> None:
    bench = make(kind)
    # On a busy machine the first refusal may come too late to be heard; then it is told again.
    bench.board.faults.extend(["refuse"] * 9)
    bench.release()
    events = bench.inbox.wait(lambda events: len(events) >= 1)
    assert isinstance(events[0], Faulted)
    assert "refused" in events[0].text
    assert bench.board.opened == 0


@pytest.mark.parametrize("count", [0xFFFFFF, 0x123])
def test_a_counter_that_wraps_or_is_reset_invents_nobody(make: type[Bench], count: int) -> None:
    bench = make("rs485-7e", count)
    bench.release()
    bench.pass_one()
    bench.inbox.wait_for(Turned(1))
    with bench.board._changed:
        bench.board.count = 0
    bench.release()
    bench.opened(2)
    assert [event for event in bench.inbox.events if isinstance(event, Turned)] == [Turned(1)]


def test_a_board_that_is_not_there_is_a_fault_and_refuses() -> None:
    relay = BoardRelay("/dev/does-not-exist", 9600, lambda: MAKERS["digicon"](1, True, False))
    arm = RelayArm(1, ArmSettings({}, port="digicon@/dev/x"), relay, StillContacts())
    inbox = Collected()
    arm.start(inbox.put)
    (fault,) = inbox.wait(lambda events: len(events) == 1)
    assert isinstance(fault, Faulted)
    assert "cannot open /dev/does-not-exist" in fault.text
    with pytest.raises(DriverFault):
        arm.release()
    arm.stop()
