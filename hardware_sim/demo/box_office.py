"""The end of the box office's day: what was sold, who has earned it, what the drawer holds."""

import time
from dataclasses import dataclass

from hardware_sim.demo.processes import DemoError
from hardware_sim.demo.site import TILL, DemoSite

FOLLOWED_S, LOOK_S = 60.0, 0.5
FLOAT_FEN = 200_00


@dataclass(frozen=True, slots=True)
class Takings:
    """Amounts in fen. `sold`: of all orders. `earned`: by the park and by merchants, as people
    turned the arm. `unused`: sold, and nobody turned yet. `drawer`: counted at the end."""

    sold: int
    earned: dict[str, int]
    unused: int
    drawer: int

    def quarrels(self) -> list[str]:
        """Return one sentence for each sum that does not agree."""
        quarrels = []
        if self.sold != sum(self.earned.values()) + self.unused:
            quarrels.append(
                f"box office: sold {self.sold} fen, earned {sum(self.earned.values())}, "
                f"not used yet {self.unused}"
            )
        if self.drawer != self.sold + FLOAT_FEN:
            quarrels.append(f"box office: the drawer has {self.drawer} fen, and {self.sold} sold")
        return quarrels


def close_box_office(site: DemoSite) -> Takings:
    """Count the drawer and end the shift, when every turn is in the ledger and the centre's own
    check of the books finds nothing. Raises DemoError."""
    end = time.monotonic() + FOLLOWED_S
    while not site.manage("money", "check").splitlines()[-1].startswith("0 "):
        if time.monotonic() > end:
            raise DemoError("the ledger does not have every turn; see console.log")
        time.sleep(LOOK_S)
    accounts = site.balances()
    drawer = accounts[f"drawer:{TILL}/1"]
    site.manage("shift", "close", TILL, f"{drawer // 100}.{drawer % 100:02}")
    return Takings(
        sold=drawer - FLOAT_FEN,
        earned={
            name: -fen
            for name, fen in accounts.items()
            if name.startswith(("revenue:", "payable:"))
        },
        unused=-accounts.get("liability", 0),
        drawer=drawer,
    )
