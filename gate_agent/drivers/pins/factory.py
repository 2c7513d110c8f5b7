"""Where the pins come from: always said explicitly, never guessed.

gpiozero by itself falls from one library to the next and listens to an environment variable; a
gate whose arm is quietly imaginary would let nobody in. So every device is given its factory.
"""

import sys
from collections.abc import Mapping

from gate_agent.drivers.pins.gpio import Factory, GPIOZeroError
from gate_agent.errors import DriverFault
from gate_agent.import_stub import without

BOARD_LABELS = ("pinctrl-rp1", "pinctrl-bcm2712", "pinctrl-bcm2711", "pinctrl-bcm2835")
"""Labels of the GPIO chip that a Raspberry-class board's header is wired to, best first.

On a Pi 5 the header hangs on the RP1 and not on the processor's own chip; which number that chip
has depends on the kernel.
"""

_MOCK_REVISION = "a02082"  # a Pi 3B's header: the most common set of lines


def open_factory(name: str) -> Factory:
    """The pin factory `name`: "lgpio" for a board's own pins, "mock" for pins in memory.

    Raises DriverFault if the name is unknown or the board's pins cannot be opened.
    """
    if name == "mock":
        with without("importlib.metadata", "entry_points"):
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
    """The path of the chip that the header is wired to, /dev/gpiochipN. Raises DriverFault."""
    try:
        from gate_agent.drivers.pins.board import board_labels
    except ImportError as missing:
        raise _no_library(missing) from None
    return f"/dev/gpiochip{board_chip(board_labels())}"


def board_chip(labels: Mapping[int, str]) -> int:
    """The number of the chip that the header is wired to, from all chips' labels.

    Raises DriverFault if none of them is known.
    """
    for wanted in BOARD_LABELS:
        for number, label in sorted(labels.items()):
            if label == wanted:
                return number
    found = ", ".join(sorted(labels.values())) or "none"
    raise DriverFault(
        f"cannot find the header's gpio chip: found {found}",
        "is this a supported board, and may this user open /dev/gpiochip*?",
        transient=False,
    )


def _no_library(missing: ImportError) -> DriverFault:
    return DriverFault(
        f"cannot open the board's pins: {missing}",
        "install the distribution's python3-lgpio, or scenic-gate[board]",
        transient=False,
    )


def pin_errors() -> tuple[type[Exception], ...]:
    """Everything a pin raises when it does not work, for an except clause.

    lgpio's own error belongs to no family, and a board without lgpio cannot name it.
    """
    lgpio = sys.modules.get("lgpio")
    return (GPIOZeroError, OSError) if lgpio is None else (GPIOZeroError, OSError, lgpio.error)
