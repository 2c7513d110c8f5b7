"""PURE. How a module of the GM65 family is set up: what to say to it, and what its answers mean.

A generator asks for commands to be sent and is given each answer, None for silence.
"""

from collections.abc import Generator
from typing import NamedTuple

from gate_agent.drivers.scanners.gm65 import (
    BAUD,
    BAUDS,
    FACTORY_BAUD,
    MODE,
    READ_TIME,
    SAME_CODE_DELAY,
    SETTING_CODES,
    TAIL,
    TRIGGER,
    Command,
    read_zones,
    save_zones,
    write_zones,
)
from gate_agent.errors import DriverFault

Talk = Generator[Command, bytes | None, None]

MODES = {"gm65": 2, "gm65-command": 1, "gm65-induction": 3}
"""The module's reading mode for each kind of scanner in gate.toml."""

_ON_COMMAND = 1


class Zone(NamedTuple):
    """Bits of a zone that have to be so. `what`: for the technician, if they cannot be set."""

    address: int
    mask: int
    value: int
    what: str


def zones(kind: str) -> tuple[Zone, ...]:
    """What a module must be set to, in the order in which it is set: a visitor can print setting
    codes, so those are switched off first of all."""
    mode = MODES[kind]
    wanted = (
        Zone(SETTING_CODES, 0x03, 0x02, "switch setting codes off"),
        Zone(MODE, 0x03, mode, "set the reading mode"),
        # The gate itself ignores the same code for longer: this only keeps the line quiet.
        Zone(SAME_CODE_DELAY, 0xFF, 0x85, "set the delay of the same code"),
        Zone(TAIL, 0xFF, 0x01, "set the line end after a code"),
    )
    if mode == _ON_COMMAND:
        return (*wanted, Zone(READ_TIME, 0xFF, 50, "set the time of one read"))
    return wanted


def set_up(kind: str, *, must_save: bool) -> Talk:
    """Sets what is not as wanted, reads it back, and writes flash only if something was set, or if
    `must_save` because the speed was. Raises DriverFault when the module does not obey."""
    changed = must_save
    for zone in zones(kind):
        found = yield from _value(zone)
        if found & zone.mask == zone.value:
            continue
        changed = True
        value = found & ~zone.mask | zone.value
        yield write_zones(zone.address, bytes((value,)))  # reading it back says more than the reply
        if (yield from _value(zone)) != value:
            raise DriverFault(
                f"cannot {zone.what}: the scanner keeps its own",
                "is it a module of the GM65 family? set kind to lines if it is not",
            )
    if changed and (yield save_zones()) is None:
        raise DriverFault("cannot save the scanner's settings: it does not answer")


def _value(zone: Zone) -> Generator[Command, bytes | None, int]:
    data = yield read_zones(zone.address)
    if data is None:
        raise DriverFault(f"cannot {zone.what}: the scanner does not answer")
    return data[0]


def beat(kind: str) -> Talk:
    """Proves that the module is alive, and lets one that reads on command go on reading. Raises
    DriverFault if it is silent, or is no longer set up: it lost its power and came back, or was
    exchanged for another one."""
    found = yield from _value(Zone(SETTING_CODES, 0, 0, "reach the scanner"))
    if found & 0x03 != 0x02:
        raise DriverFault("the scanner has lost its settings", "they are written again")
    if MODES[kind] == _ON_COMMAND:
        yield from trigger()


def trigger() -> Talk:
    """Starts a read on command unless one is going on."""
    going = yield read_zones(TRIGGER)
    if going is not None and not going[0] & 1:
        yield write_zones(TRIGGER, b"\x01")


def speeds(wanted: int) -> tuple[int, ...]:
    """Where to look for a module that should be at `wanted`: there, as it left the factory, and
    then from fast to slow, because a silent try costs less there."""
    return tuple(dict.fromkeys((wanted, FACTORY_BAUD, *sorted(BAUDS, reverse=True))))


def set_speed(wanted: int) -> Command:
    """Its answer comes at the old speed, the new one or not at all."""
    return write_zones(BAUD, BAUDS[wanted].to_bytes(2, "little"))
