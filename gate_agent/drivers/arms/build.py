"""The arms and inputs of a board, made from its settings: all relays have one guard, and each pin
of a contact is opened once."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from gate_agent.config.settings import ARM_BAUDS, ArmSettings, GateSettings, LaneSettings
from gate_agent.ports import Arm, Device

if TYPE_CHECKING:
    from gpiozero import Factory

    from gate_agent.drivers.arms.guard.client import Guard
    from gate_agent.drivers.arms.guard.start import RelayLine
    from gate_agent.drivers.arms.relay import Relay
    from gate_agent.drivers.pins.contact_pins import Contacts


class Arms:
    """`pins`: opens the pin factory when a device needs it. `lines`: where the relays' lines are if
    not on the board: a simulator's. `alone`: pins in memory with nothing at their other end."""

    def __init__(
        self,
        settings: GateSettings,
        pins: "Callable[[], Factory]",
        lines: str | None = None,
        *,
        alone: bool = False,
    ) -> None:
        self._settings = settings
        self._pins = pins
        self._lines = lines
        self._alone = alone
        self._guard: Guard | None = None
        self._shared: Contacts | None = None

    def make(self, lane: LaneSettings) -> Arm | None:
        """Return the arm of one lane, not started; None for a handheld. Raise DriverFault."""
        if lane.arm is None:
            return None
        from gate_agent.drivers.arms.tripod import RelayArm

        return RelayArm(lane.number, lane.arm, self._relay(lane.number, lane.arm), self._contacts())

    def inputs(self) -> Device | None:
        """Return the board's own inputs, not started; None if none is wired. Raise DriverFault."""
        if not self._settings.inputs:
            return None
        from gate_agent.drivers.pins.inputs import Inputs

        return Inputs(self._settings.inputs, self._contacts())

    def _contacts(self) -> "Contacts":
        from gate_agent.drivers.pins.contact_pins import ContactPins, StillContacts

        if self._shared is None:
            self._shared = StillContacts() if self._alone else ContactPins(self._pins())
        return self._shared

    def _relay(self, lane: int, arm: ArmSettings) -> "Relay":
        from gate_agent.drivers.arms.relay import GuardedRelay, PinRelay

        if (board := arm.board) is not None:
            from gate_agent.drivers.arms.boards.models import MAKERS
            from gate_agent.drivers.arms.boards.relay import BoardRelay

            make = partial(
                MAKERS[board.kind], board.address, board.left, not board.path.startswith("/")
            )
            return BoardRelay(board.path, arm.baud or ARM_BAUDS[board.kind], make)
        if not self._guarded:
            wire = arm.wires["relay"]
            return PinRelay(wire.pin, not wire.turned, self._pins())
        lines = relay_lines(self._settings)
        if self._guard is None:
            from gate_agent.drivers.arms.guard.client import Guard

            self._guard = Guard(self._source(), list(lines.values()))
        return GuardedRelay(self._guard, list(lines).index(lane))

    @property
    def _guarded(self) -> bool:
        """Return whether a guard drives the relays. Pins in memory have no lines that another
        process could drive."""
        return self._lines is not None or self._settings.pins != "mock"

    def _source(self) -> str:
        return board_lines() if self._lines is None else self._lines


def patience_ms(arm: ArmSettings) -> int:
    """Return how long the lane waits for a passage: the arm's own wait begins when its board has
    seen the pulse, and without a home contact a turn shows only when it is done."""
    return arm.release_ms + (500 if "home" in arm.wires else 2500)


def rest(settings: GateSettings) -> int:
    """Drive every relay to rest, without a guard, and return how many there are. Raise
    DriverFault."""
    from gate_agent.drivers.arms.guard.start import rest as drive

    lines = list(relay_lines(settings).values())
    if settings.pins == "mock" or not lines:
        return 0
    drive(board_lines(), lines)
    return len(lines)


def board_lines() -> str:
    """Return the path of the chip that the board's header is wired to. Raise DriverFault."""
    from gate_agent.drivers.pins.factory import board_path

    return board_path()


def relay_lines(settings: GateSettings) -> "dict[int, RelayLine]":
    """Return the relay of each lane that has one, by lane number. Lanes with the same home or ready
    contact are the directions of one turnstile; and so may be those that have neither."""
    from gate_agent.drivers.arms.guard.start import RelayLine

    lines: dict[int, RelayLine] = {}
    groups: list[tuple[set[int], str]] = [(set(), "")]
    for lane in settings.lanes:
        if lane.arm is None or "relay" not in lane.arm.wires:
            continue
        wires = lane.arm.wires
        own = {wires[role].pin for role in ("home", "ready") if role in wires}
        shared = [name for pins, name in groups if own & pins or not own]
        group = shared[0] if shared else str(lane.number)
        groups.append((own, group))
        lines[lane.number] = RelayLine(wires["relay"].pin, not wires["relay"].turned, group)
    return lines
