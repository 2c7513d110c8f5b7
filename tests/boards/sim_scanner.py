"""A scanner on a board without hardware: a pseudo terminal with a name, and a pipe for what is held
before it. Standard library alone; runs on the board itself.

    /run/sim/scanner    what gate.toml names
    /run/sim/show       each line written here is shown to the scanner
"""

import os
import pty
import tty
from pathlib import Path

HERE = Path("/run/sim")


def main() -> None:
    """Serve for ever."""
    HERE.mkdir(exist_ok=True)
    master, slave = pty.openpty()
    tty.setraw(slave)
    device = os.ttyname(slave)
    Path(device).chmod(0o666)
    link, pipe = HERE / "scanner", HERE / "show"
    link.unlink(missing_ok=True)
    link.symlink_to(device)
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    while True:
        with pipe.open("rb") as shown:
            for line in shown:
                os.write(master, line.rstrip(b"\n") + b"\r")


if __name__ == "__main__":
    main()
