"""The pins of a real board, through lgpio. Imported only where lgpio is installed."""

from pathlib import Path

import lgpio
from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin

from gate_agent.drivers.pins.gpio import GPIOZeroError
from gate_agent.drivers.pins.header import board_chip
from gate_agent.errors import DriverFault

_DEVICES = Path("/dev")


class QuietPin(LGPIOPin):  # type: ignore[misc]  # gpiozero has no types
    """A pin that becomes an output at its level in one step.

    gpiozero's own first claims the line low and then sets it, which closes an active-low relay
    for an instant.
    """

    def output_with_state(self, state: bool) -> None:
        """Claim the line as an output that starts at `state`."""
        self.when_changed = None
        lgpio.gpio_claim_output(self.factory._handle, self._number, int(bool(state)))


def open_board() -> LGPIOFactory:
    """Return the pins on this board's header. Raise DriverFault."""
    chip = board_chip(board_labels())
    try:
        factory = LGPIOFactory(chip=chip)
    except (lgpio.error, GPIOZeroError, OSError) as fault:
        raise DriverFault(
            f"cannot open /dev/gpiochip{chip}: {fault}",
            "is this user in the group gpio?",
            transient=False,
        ) from fault
    factory.pin_class = QuietPin
    return factory


def board_labels() -> dict[int, str]:
    """Return number and label of every GPIO chip that this user may open."""
    labels: dict[int, str] = {}
    for path in _DEVICES.glob("gpiochip*"):
        number = int(path.name.removeprefix("gpiochip"))
        try:
            handle = lgpio.gpiochip_open(number)
        except lgpio.error:
            continue  # another chip may be the one; `board_chip` complains if none is
        try:
            labels[number] = lgpio.gpio_get_chip_info(handle)[3]
        finally:
            lgpio.gpiochip_close(handle)
    return labels
