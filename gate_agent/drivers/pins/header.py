"""The GPIO chip that a board's header is wired to."""

from collections.abc import Mapping

from gate_agent.errors import DriverFault

BOARD_LABELS = ("pinctrl-rp1", "pinctrl-bcm2712", "pinctrl-bcm2711", "pinctrl-bcm2835")
"""Labels of the GPIO chip that a Raspberry-class board's header is wired to, best first.

On a Pi 5 the header hangs on the RP1 and not on the processor's own chip; which number that chip
has depends on the kernel.
"""


def board_chip(labels: Mapping[int, str]) -> int:
    """Return the number of the chip that the header is wired to, from the labels of all chips.

    Raise DriverFault if none of them is known.
    """
    for wanted in BOARD_LABELS:
        for number, label in sorted(labels.items()):
            if label == wanted:
                return number
    chips = ", ".join(sorted(labels.values())) or "none"
    raise DriverFault(
        f"cannot find the header's gpio chip: found {chips}",
        "is this a supported board, and may this user open /dev/gpiochip*?",
        transient=False,
    )
