"""Fire before key switch before a broken arm before the ordinary."""

from gate_agent.events import Mode, ModeSource
from gate_agent.lane.modes import Modes


def test_the_strongest_wish_counts_for_all_lanes() -> None:
    modes = Modes([1, 2])
    assert modes.of(1) is Mode.CONTROLLED
    modes.ask(ModeSource.KEY_SWITCH, Mode.FREE)
    modes.ask(ModeSource.FIRE, Mode.EMERGENCY)
    assert modes.of(2) is Mode.EMERGENCY
    modes.ask(ModeSource.FIRE, None)
    assert modes.of(2) is Mode.FREE


def test_a_broken_arm_closes_its_lane_alone() -> None:
    modes = Modes([1, 2])
    assert modes.arm_works("arm 2", works=False)
    assert (modes.of(1), modes.of(2)) == (Mode.CONTROLLED, Mode.CLOSED)
    assert modes.arm_works("arm 2", works=True)
    assert modes.of(2) is Mode.CONTROLLED


def test_it_locks_nobody_in() -> None:
    modes = Modes([1])
    modes.arm_works("arm 1", works=False)
    for source, mode in ((ModeSource.KEY_SWITCH, Mode.FREE), (ModeSource.FIRE, Mode.EMERGENCY)):
        modes.ask(source, mode)
        assert modes.of(1) is mode


def test_other_devices_change_no_mode() -> None:
    modes = Modes([1])
    for device in ("scanner 1", "arm 2", "battery", "arm", "arm 1 "):
        assert not modes.arm_works(device, works=False)
    assert modes.of(1) is Mode.CONTROLLED
