"""The battery as the kernel shows it, under /sys/class/power_supply."""

from pathlib import Path
from typing import NamedTuple

SUPPLIES = Path("/sys/class/power_supply")


class Battery(NamedTuple):
    """`percent`: 0 to 100. `charging`: it is not being discharged."""

    percent: int
    charging: bool


def battery(supplies: Path = SUPPLIES) -> Battery | None:
    """Return the state of this board's first battery; None if none is reported."""
    for supply in sorted(supplies.glob("*")):
        try:
            if _word(supply / "type") != "Battery" or _scope(supply) == "Device":
                continue  # the mains; or the battery of a mouse
            percent = int(_word(supply / "capacity"))
            return Battery(min(100, max(0, percent)), _word(supply / "status") != "Discharging")
        except (OSError, ValueError):
            continue  # it was taken out at this moment
    return None


def _word(file: Path) -> str:
    return file.read_text("ascii").strip()


def _scope(supply: Path) -> str:
    file = supply / "scope"
    return _word(file) if file.exists() else "System"
