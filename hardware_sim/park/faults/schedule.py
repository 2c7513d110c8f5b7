"""What goes wrong, when, where: drawn from the seed, all before it begins, so that a run can be
told by its schedule."""

from collections.abc import Callable

from gate_agent.events import Mode, ModeAsked, ModeSource
from hardware_sim.park.board.gate import SimGate
from hardware_sim.park.centre.centre import SimCentre
from hardware_sim.park.faults.clock_faults import ClockFaults, set_right
from hardware_sim.park.faults.list_storm import storm
from hardware_sim.park.faults.trust_faults import change_key, change_rules
from hardware_sim.park.rates import Rates
from hardware_sim.park.world import World


class Faults:
    """Draws a schedule for `[start_ms, end_ms)` and puts it on the world's calendar."""

    def __init__(
        self,
        world: World,
        gates: list[SimGate],
        centre: SimCentre,
        rates: Rates,
        start_ms: float,
        end_ms: float,
    ) -> None:
        self._world = world
        self._rng = world.stream("faults")
        self._window = (start_ms, end_ms)
        self.count = 0
        clocks = ClockFaults(world, self._rng, self._later)
        for gate in gates:
            for rate, act in (
                (rates.cuts, self._cut),
                (rates.long_cuts, self._long_cut),
                (rates.replays, self._replay),
                (rates.kills, self._kill),
                (rates.power_cuts, self._power_cut),
                (rates.reboots, self._reboot),
                (rates.disk_full, self._disk_full),
                (rates.disk_errors, self._disk_errors),
                (rates.cards, self._new_card),
                (rates.torn_files, self._tear),
                (rates.clock_jumps, clocks.jump),
                (rates.fires, self._fire),
                (rates.key_switches, self._key_switch),
                (rates.arm_faults, self._arm_fault),
                (rates.dips, self._dip),
                (rates.slow_writes, self._slow_writes),
                (rates.drifts, clocks.drift),
                (rates.lost_clocks, clocks.lose),
            ):
                self._plan(rate, lambda gate=gate, act=act: act(gate))  # type: ignore[misc]
        self._plan(rates.centre_kills, lambda: self._kill_centre(centre))
        self._plan(rates.broker_deaths, lambda: self._kill_broker(gates))
        self._plan(rates.swizzles, lambda: self._swizzle(gates))
        self._plan(rates.list_storms, lambda: storm(world, self._rng, centre))
        for gate in gates:
            self._plan(rates.lying_clocks, lambda gate=gate: clocks.lie(gate))  # type: ignore[misc]
            self._plan(rates.renewals, lambda gate=gate: centre.renew(gate.name))  # type: ignore[misc]
        self._plan(rates.key_changes, lambda: change_key(self._rng, centre))
        self._plan(rates.rule_changes, lambda: change_rules(self._rng, centre))

    def _plan(self, per_hour: float, act: Callable[[], None]) -> None:
        start, end = self._window
        at = start
        while per_hour > 0:
            at += self._rng.expovariate(per_hour / 3_600_000.0)
            if at >= end:
                return
            self.count += 1
            self._world.at(at, act)

    def _later(self, low_ms: float, high_ms: float, act: Callable[[], None]) -> None:
        _, end = self._window
        at = min(self._world.now_ms + self._rng.uniform(low_ms, high_ms), end)
        self._world.at(at, act)

    def _cut(self, gate: SimGate) -> None:
        self._world.note("cut", gate.name)
        gate.wire.cut()
        self._later(500.0, 900_000.0, gate.wire.heal)

    def _long_cut(self, gate: SimGate) -> None:
        """Cut a gate off until the end of the day: it comes back many versions behind."""
        self._world.note("long cut", gate.name)
        gate.wire.cut()
        _, end = self._window
        self._world.at(end - 1.0, gate.wire.heal)

    def _replay(self, gate: SimGate) -> None:
        gate.wire.replay()

    def _kill(self, gate: SimGate) -> None:
        if gate.alive:
            gate.die()
        self._later(500.0, 20_000.0, gate.start)

    def _power_cut(self, gate: SimGate) -> None:
        gate.disk.cut_in = self._rng.randrange(1, 12)

    def _reboot(self, gate: SimGate) -> None:
        gate.die()
        # A board without a clock of its own wakes up in the past, or at its last saved hour.
        gate.clock.synchronised = False
        gate.clock.error_ms = self._rng.choice((-self._world.utc_ms, -3_600_000, -60_000, 0))
        self._later(10_000.0, 120_000.0, gate.power_on)
        self._later(60_000.0, 1_800_000.0, lambda: set_right(gate))

    def _disk_full(self, gate: SimGate) -> None:
        gate.disk.full = True
        self._later(1000.0, 120_000.0, lambda: self._mend_disk(gate))

    def _disk_errors(self, gate: SimGate) -> None:
        gate.disk.broken = True
        self._later(200.0, 20_000.0, lambda: self._mend_disk(gate))

    def _mend_disk(self, gate: SimGate) -> None:
        gate.disk.mend()

    def _new_card(self, gate: SimGate) -> None:
        gate.die()
        set_right(gate)
        gate.change_card()
        self._later(30_000.0, 300_000.0, gate.power_on)

    def _tear(self, gate: SimGate) -> None:
        """Damage a file of a list; the board notices when it starts next."""
        name = gate.disk.lists.tear()
        gate.torn = gate.torn or name is not None
        gate.die()
        self._later(10_000.0, 120_000.0, gate.power_on)

    def _fire(self, gate: SimGate) -> None:
        gate.deliver(ModeAsked(ModeSource.FIRE, Mode.EMERGENCY))
        self._later(5000.0, 120_000.0, lambda: _give_back(gate, ModeSource.FIRE))

    def _key_switch(self, gate: SimGate) -> None:
        mode = self._rng.choice((Mode.FREE, Mode.CLOSED))
        gate.deliver(ModeAsked(ModeSource.KEY_SWITCH, mode))
        self._later(5000.0, 120_000.0, lambda: _give_back(gate, ModeSource.KEY_SWITCH))

    def _dip(self, gate: SimGate) -> None:
        """Switch off the turnstiles' own power, which is not the board's: their contacts open as on
        a passage."""
        for arm in gate.arms.values():
            arm.power(on=False)
        lasts_ms = self._rng.choice((10.0, 30.0, 200.0, 2000.0))
        self._later(lasts_ms, 2 * lasts_ms, lambda: _light(gate))

    def _arm_fault(self, gate: SimGate) -> None:
        for arm in gate.arms.values():
            arm.broken = True
        self._later(2000.0, 60_000.0, lambda: self._mend_arms(gate))

    def _mend_arms(self, gate: SimGate) -> None:
        for arm in gate.arms.values():
            arm.broken = False

    def _slow_writes(self, gate: SimGate) -> None:
        """Slow a worn card down: each write takes its time, and whatever happens meanwhile
        waits."""
        gate.queue.slow_ms = self._rng.choice((50.0, 200.0, 400.0))
        self._later(2000.0, 120_000.0, lambda: self._write_fast(gate))

    def _write_fast(self, gate: SimGate) -> None:
        gate.queue.slow_ms = 0.0

    def _kill_broker(self, gates: list[SimGate]) -> None:
        """Kill the broker: it forgets what it had acknowledged, and everybody comes back at
        once."""
        self._world.note("broker dies")
        for gate in gates:
            gate.wire.cut()
        back_ms = self._rng.uniform(200.0, 20_000.0)
        for gate in gates:
            self._later(back_ms, back_ms + 1.0, gate.wire.heal)

    def _swizzle(self, gates: list[SimGate]) -> None:
        """Cut some gates off one after the other, and let them back one by one in another order."""
        some = self._rng.sample(gates, self._rng.randint(1, len(gates)))
        for gate in some:
            self._later(0.0, 60_000.0, gate.wire.cut)
        for gate in self._rng.sample(some, len(some)):
            self._later(60_000.0, 240_000.0, gate.wire.heal)

    def _kill_centre(self, centre: SimCentre) -> None:
        if centre.up:
            centre.kill()
            self._later(500.0, 300_000.0, centre.start)


def _light(gate: SimGate) -> None:
    for arm in gate.arms.values():
        arm.power(on=True)


def _give_back(gate: SimGate, source: ModeSource) -> None:
    gate.deliver(ModeAsked(source, None))


def heal(gates: list[SimGate], centre: SimCentre) -> None:
    """End every fault and start whatever is dead."""
    for gate in gates:
        gate.disk.mend()
        gate.disk.cut_in = None
        gate.queue.slow_ms = 0.0
        set_right(gate)
        for arm in gate.arms.values():
            arm.broken = False
        _light(gate)
        gate.wire.heal()
        if not gate.alive:
            gate.power_on()
        for source in ModeSource:
            gate.deliver(ModeAsked(source, None))
    if not centre.up:
        centre.start()
