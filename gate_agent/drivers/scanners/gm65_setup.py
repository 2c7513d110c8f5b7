"""PURE. How a module of the GM65 family is set up: which commands to send, and what the answers
mean.

A generator yields commands to be sent and receives each answer, None for silence.
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
    """Bits of a zone that must have a value. `what`: for the technician, if they cannot be set."""

    address: int
    mask: int
    value: int
    what: str


def zones(kind: str) -> tuple[Zone, ...]:
    """Return the settings of a module for a kind of scanner, in the order in which they are made.
    Setting codes are switched off first: a visitor can print them."""
    mode = MODES[kind]
    settings = (
        Zone(SETTING_CODES, 0x03, 0x02, "switch setting codes off"),
        Zone(MODE, 0x03, mode, "set the reading mode"),
        # The gate itself ignores the same code for longer: this only keeps the line quiet.
        Zone(SAME_CODE_DELAY, 0xFF, 0x85, "set the delay of the same code"),
        Zone(TAIL, 0xFF, 0x01, "set the line end after a code"),
    )
    if mode == _ON_COMMAND:
        return (*settings, Zone(READ_TIME, 0xFF, 50, "set the time of one read"))
    return settings


def set_up(kind: str, *, must_save: bool) -> Talk:
    """Make the settings that are not as they should be, and read each back. Write the flash only if
    a setting was made, or if `must_save` because the speed was. Raise DriverFault if the module
    does not obey."""
    changed = must_save
    for zone in zones(kind):
        current = yield from _value(zone)
        if current & zone.mask == zone.value:
            continue
        changed = True
        value = current & ~zone.mask | zone.value
        yield write_zones(zone.address, bytes((value,)))  # reading it back says more than the reply
        if (yield from _value(zone)) != value:
            raise DriverFault(
                f"cannot {zone.what}: the scanner keeps its own",
                "is it a module of the GM65 family? set kind to lines if it is not",
            )
    if changed and (yield save_zones()) is None:
        raise DriverFault("cannot save the scanner's settings: it does not answer")


def _value(zone: Zone) -> Generator[Command, bytes | None, int]:
    """Return the byte of a zone. Raise DriverFault if the module does not answer."""
    data = yield read_zones(zone.address)
    if data is None:
        raise DriverFault(f"cannot {zone.what}: the scanner does not answer")
    return data[0]


def beat(kind: str) -> Talk:
    """Prove that the module is there, and let a module that reads on command go on reading. Raise
    DriverFault if it is silent, or is no longer set up: it was without power, or was exchanged."""
    setting_codes = yield from _value(Zone(SETTING_CODES, 0, 0, "reach the scanner"))
    if setting_codes & 0x03 != 0x02:
        raise DriverFault("the scanner has lost its settings", "they are written again")
    if MODES[kind] == _ON_COMMAND:
        yield from trigger()


def trigger() -> Talk:
    """Start a read on command unless one is going on."""
    going = yield read_zones(TRIGGER)
    if going is not None and not going[0] & 1:
        yield write_zones(TRIGGER, b"\x01")


def speeds(wanted: int) -> tuple[int, ...]:
    """Return the speeds at which to look for a module that should be at `wanted` baud: this one,
    the factory's, and then from fast to slow, because a try without an answer costs less there."""
    return tuple(dict.fromkeys((wanted, FACTORY_BAUD, *sorted(BAUDS, reverse=True))))


def set_speed(wanted: int) -> Command:
    """Return the command that sets the speed, in baud. Its answer comes at the old speed, the new
    one or not at all."""
    return write_zones(BAUD, BAUDS[wanted].to_bytes(2, "little"))
