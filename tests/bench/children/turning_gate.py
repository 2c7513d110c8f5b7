"""A gate as `gate-agent run` runs it, whose arm is turned by nobody: `turning_gate.py GATE_TOML`.

While the file `turning` is in its folder, the passage contact opens and closes twice a second; each
turn adds a byte to the file `turns`. Nobody was let in, so each is a record: forced. Where this
thread was kept waiting until the contact was open for long, that was a power cut and no turn.
"""

import sys
from pathlib import Path
from threading import Event, Thread
from time import monotonic

from gate_agent.config.load import load
from gate_agent.daemon import Daemon
from gate_agent.drivers.pins.factory import open_factory

PASSAGE = 27
OPEN_S, CLOSED_S = 0.2, 0.3
DARK_S = 0.4


def turn(factory: object, folder: Path) -> None:
    """Turns the arm for ever, a whole turn at a time. Contacts are closed at rest."""
    pause = Event()
    passage = factory.pin(PASSAGE)  # type: ignore[attr-defined]  # gpiozero has no types
    passage.drive_low()
    while not pause.wait(CLOSED_S):
        if (folder / "turning").exists():
            opened_s = monotonic()
            passage.drive_high()
            pause.wait(OPEN_S)
            passage.drive_low()
            if monotonic() - opened_s > DARK_S:
                continue
            with (folder / "turns").open("ab") as turns:
                turns.write(b"t")


if __name__ == "__main__":
    config = Path(sys.argv[1])
    with open_factory("mock") as pins:
        Thread(target=turn, args=(pins, config.parent), daemon=True).start()
        Daemon(load(config), factory=pins).run()
