"""The arms of a board: each lane's, made from its settings, all relays under one guard."""

from typing import TYPE_CHECKING

from gate_agent.ports import Arm
from gate_agent.settings import ArmSettings, GateSettings

if TYPE_CHECKING:
    from gpiozero import Factory

    from gate_agent.drivers.guard import Guard
    from gate_agent.drivers.guard_start import Wire
    from gate_agent.drivers.relay import Relay


class Arms:
    """`lines`: where the relays' lines are if not on the board: a simulator's. Pins in memory have
    no lines and no guard: nothing outside of the process could end their pulses."""

    def __init__(self, settings: GateSettings, lines: str | None = None) -> None:
        self._settings = settings
        self._lines = lines
        self._guard: Guard | None = None

    def make(self, lane: int, settings: ArmSettings, factory: "Factory") -> Arm:
        """The arm of one lane, not started yet. Raises DriverFault."""
        from gate_agent.drivers.arm import RelayArm

        return RelayArm(lane, settings, self._relay(lane, settings, factory), factory)

    def rest(self) -> int:
        """Drive every relay to rest, without a guard; gives how many. Raises DriverFault."""
        from gate_agent.drivers.guard_start import rest

        if self._lines is None and self._settings.pins == "mock":
            return 0
        wires = self._wires()
        if wires:
            rest(self._source(), list(wires.values()))
        return len(wires)

    def _relay(self, lane: int, settings: ArmSettings, factory: "Factory") -> "Relay":
        from gate_agent.drivers.relay import GuardedRelay, PinRelay

        if self._lines is None and self._settings.pins == "mock":
            return PinRelay(settings.relay_pin, settings.relay_active_high, factory)
        wires = self._wires()
        if self._guard is None:
            from gate_agent.drivers.guard import Guard

            self._guard = Guard(self._source(), list(wires.values()))
        return GuardedRelay(self._guard, list(wires).index(lane))

    def _wires(self) -> "dict[int, Wire]":
        """The relay of each lane that has one. All of a board are one group: two lanes may be the
        two directions of one turnstile."""
        from gate_agent.drivers.guard_start import Wire

        return {
            lane.number: Wire(lane.arm.relay_pin, lane.arm.relay_active_high)
            for lane in self._settings.lanes
            if lane.arm is not None
        }

    def _source(self) -> str:
        if self._lines is not None:
            return self._lines
        from gate_agent.drivers.pins import board_path

        return board_path()
