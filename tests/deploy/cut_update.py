"""One round of the updater that is killed at its Nth change of the disk or of the daemon.

Run as a program of its own: `python -m tests.deploy.cut_update FOLDER PORT WALL_MS N`. It prints
how many changes there were if it comes to its end.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from gate_agent.release.store import ReleaseStore
from gate_agent.update.update import Updater
from tests.deploy.update_rig import PlayedBoard, make_site

_CHANGES = {
    "os.rename", "os.symlink", "os.link", "os.remove", "os.rmdir", "os.mkdir", "os.truncate",
    "os.chmod", "subprocess.Popen", "played.stop", "played.restart",
}  # fmt: skip


class Cut:
    """Kills this process at a change. `within`: words in the changes that count, if given."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.count = 0
        self.last = ""

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _mode, flags = arguments
            if not isinstance(flags, int) or not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                return
            if not isinstance(path, str) or "/board/" in path or "__pycache__" in path:
                return
        elif event not in _CHANGES or "/board/" in str(arguments):
            return
        self.count += 1
        self.last = f"{event} {arguments[0] if arguments else ''}"
        if self.count == self.at:
            print(self.last, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)


class WatchedBoard(PlayedBoard):
    """A board whose daemon's ends and starts are changes, too."""

    def stop(self) -> None:
        sys.audit("played.stop")
        super().stop()
        sys.audit("played.stop")

    def restart(self) -> None:
        sys.audit("played.restart")
        super().restart()
        sys.audit("played.restart")


def main(folder: str, port: str, wall_ms: str, at: str) -> None:
    """Update the board in `folder`, and end by SIGKILL at change `at`."""
    store = ReleaseStore(Path(folder, "root"))
    board = WatchedBoard(Path(folder, "board"), store, int(wall_ms))
    updater = Updater(make_site(Path(folder), int(port), board))
    cut = Cut(int(at))
    sys.addaudithook(cut)
    updater.run()
    print(cut.count)


if __name__ == "__main__":
    main(*sys.argv[1:])
