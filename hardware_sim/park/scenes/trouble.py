"""Two things go wrong at once: a fire while the turnstiles have no power; people break through
while nothing can be recorded; the centre's clock is put back while tickets are voided."""

from typing import TYPE_CHECKING

from gate_agent.events import Mode, ModeAsked, ModeSource
from gate_agent.validator.lists.ticket_list import TicketStatus
from hardware_sim.devices.turnstile_state import Push
from hardware_sim.park.board.gate import SimGate

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

DARK_MS, BURNS_MS, LIGHT_MS = 2000.0, 9000.0, 11_000.0
"""From the power cut: when the fire begins, when it ends, when the power is back."""
FULL_MS = 9000.0
PUSHES_MS = (500.0, 3500.0)
BACK_MS = 20_000
BEHIND_MS = 4000.0


class Trouble:
    """Plays at a gate that has arms."""

    def __init__(self, park: "Park") -> None:
        self._world = park.world
        self._rng = park.world.stream("trouble")
        self._centre = park.centre
        self._gates = [gate for gate in park.gates if gate.arms]

    def fire(self) -> None:
        """Let a fire begin where the arms are known not to work."""
        gate = self._rng.choice(self._gates)
        self._world.note("fire in the dark", gate.name)
        self._power(gate, on=False)
        self._world.after(DARK_MS, lambda: gate.deliver(ModeAsked(ModeSource.FIRE, Mode.EMERGENCY)))
        self._world.after(BURNS_MS, lambda: gate.deliver(ModeAsked(ModeSource.FIRE, None)))
        self._world.after(LIGHT_MS, lambda: self._power(gate, on=True))

    def _power(self, gate: SimGate, *, on: bool) -> None:
        for arm in gate.arms.values():
            arm.power(on=on)

    def outage(self) -> None:
        """Let two people break through one after the other while the card is full."""
        gate = self._rng.choice(self._gates)
        arm = gate.arms[self._rng.choice(sorted(gate.arms))]
        self._world.note("outage", gate.name)
        gate.disk.full = True
        for at_ms in PUSHES_MS:
            self._world.after(at_ms, lambda: arm.push(Push(force=True)))
        self._world.after(FULL_MS, gate.disk.mend)

    def centre_behind(self) -> None:
        """Put the centre's clock back for a while, after one list and before the next."""
        self._world.note("centre behind")
        self._change()
        self._world.after(BEHIND_MS, lambda: self._put_back(-BACK_MS))
        self._world.after(2 * BEHIND_MS, self._change)
        self._world.after(4 * BEHIND_MS, lambda: self._put_back(0))

    def _change(self) -> None:
        """Suspend or restore a ticket that nobody has: gates need a new list."""
        centre = self._centre
        suspended = centre.edition_now(centre.nobodys).suspended
        status = TicketStatus.VALID if suspended else TicketStatus.SUSPENDED
        centre.set_status([centre.nobodys], status)

    def _put_back(self, error_ms: int) -> None:
        self._centre.clock_error_ms = error_ms
