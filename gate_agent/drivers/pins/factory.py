"""The pin factory: always chosen explicitly, never guessed.

gpiozero by itself tries one library after the other and reads an environment variable; a gate whose
arm is imaginary without anybody noticing would let nobody in. So every device is given its factory.
"""

import sys

from gate_agent.drivers.pins.gpio import Factory, GPIOZeroError
from gate_agent.drivers.pins.header import board_chip
from gate_agent.errors import DriverFault
from gate_agent.import_stub import stub_import

_MOCK_REVISION = "a02082"  # a Pi 3B's header: the most common set of lines


def open_factory(name: str) -> Factory:
    """Return the pin factory `name`: "lgpio" for a board's own pins, "mock" for pins in memory.

    Raise DriverFault if the name is unknown or the board's pins cannot be opened.
    """
    if name == "mock":
        with stub_import("importlib.metadata", "entry_points"):
            from gpiozero.pins.mock import MockFactory, MockPin

        # Both arguments given: left out, gpiozero would read them from the environment.
        return MockFactory(revision=_MOCK_REVISION, pin_class=MockPin)
    if name != "lgpio":
        raise DriverFault(
            f"cannot open pins {name!r}: no such pin factory",
            'use "lgpio" on a board, "mock" without hardware',
            transient=False,
        )
    try:
        from gate_agent.drivers.pins.board import open_board
    except ImportError as missing:
        raise _no_library(missing) from None
    return open_board()


def board_path() -> str:
    """Return the path of the chip that the header is wired to, /dev/gpiochipN. Raise
    DriverFault."""
    try:
        from gate_agent.drivers.pins.board import board_labels
    except ImportError as missing:
        raise _no_library(missing) from None
    return f"/dev/gpiochip{board_chip(board_labels())}"


def _no_library(missing: ImportError) -> DriverFault:
    return DriverFault(
        f"cannot open the board's pins: {missing}",
        "install the distribution's python3-lgpio, or scenic-gate[board]",
        transient=False,
    )


def pin_errors() -> tuple[type[Exception], ...]:
    """Return all errors of a pin that does not work, for an except clause.

    lgpio's own error has no base class in common with the others, and a board without lgpio cannot
    name it.
    """
    lgpio = sys.modules.get("lgpio")
    return (GPIOZeroError, OSError) if lgpio is None else (GPIOZeroError, OSError, lgpio.error)
