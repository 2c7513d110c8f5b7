"""How often each fault happens in a simulated park."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rates:
    """How many of each fault, per gate or centre and hour of virtual time."""

    cuts: float = 8.0
    replays: float = 40.0
    kills: float = 4.0
    power_cuts: float = 8.0
    reboots: float = 2.0
    disk_full: float = 2.0
    disk_errors: float = 2.0
    cards: float = 0.3
    torn_files: float = 2.0
    clock_jumps: float = 2.0
    fires: float = 1.0
    key_switches: float = 1.0
    arm_faults: float = 1.0
    dips: float = 12.0
    slow_writes: float = 2.0
    drifts: float = 1.0
    centre_kills: float = 6.0
    broker_deaths: float = 3.0
    swizzles: float = 2.0
    long_cuts: float = 1.0
    list_storms: float = 4.0
    lying_clocks: float = 1.0
    key_changes: float = 4.0
    lost_clocks: float = 1.0
    renewals: float = 2.0
    rule_changes: float = 4.0
    floods: float = 0.5
    centre_floods: float = 0.5
    junk: float = 6.0
    lies: float = 24.0
    recordings: float = 20.0
