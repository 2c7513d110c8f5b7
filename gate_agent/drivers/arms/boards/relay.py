"""A turnstile's board with a protocol, where an arm otherwise has a relay.

One thread owns the line: it tells the board, asks how it is, and opens the line again when it was
gone. What the board counts is a passage only if no passage contact is wired: a contact of our own
is believed before a counter that somebody can reset.
"""

from collections.abc import Callable
from threading import Condition, Thread

from gate_agent.drivers.arms.boards.line import BoardLine
from gate_agent.drivers.arms.boards.models import Board, CommandOutcome
from gate_agent.drivers.arms.guard.guard import Watcher
from gate_agent.errors import DriverFault

_LOOK_S = 0.1
_AGAIN_S = 1.0
_SILENT = 5  # looks without an answer
_JOIN_S = 5.0


class BoardRelay:
    """Implements `Relay` over a board's line. `make`: a fresh board for each opened line."""

    def __init__(self, path: str, baud: int, make: Callable[[], Board]) -> None:
        self._path, self._baud, self._make = path, baud, make
        self._wake = Condition()
        self._wanted = 0
        self._good = False
        self._told: str | None = None
        self._stopping = False
        self._thread: Thread | None = None
        self._watcher: Watcher | None = None

    def start(self, watcher: Watcher) -> None:
        """Begin to look for the board."""
        self._watcher, self._stopping = watcher, False
        self._thread = Thread(target=self._run, name=f"board at {self._path}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Give the line back. Safe to call twice."""
        with self._wake:
            self._stopping, self._good, self._wanted = True, False, 0
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(_JOIN_S)
            self._thread = None

    def pulse(self, ms: int) -> None:
        """One person; the board times its own arm. Raises DriverFault while it does not answer, or
        if two persons are still to come."""
        with self._wake:
            if not self._good:
                raise DriverFault(f"cannot release: {self._path}: {self._told or 'not open yet'}")
            if self._wanted >= 2:
                raise DriverFault("cannot release: two persons are still to come")
            self._wanted += 1
            self._wake.notify()

    def _run(self) -> None:
        while not self._stopping:
            try:
                line = BoardLine(self._path, self._baud)
            except (OSError, ValueError) as fault:
                self._tell(f"cannot open {self._path}: {fault}")
            else:
                try:
                    self._serve(line, self._make())
                except OSError as fault:
                    self._tell(f"cannot use {self._path}: {fault}")
                finally:
                    line.close()
            with self._wake:
                self._good = False
                self._wake.wait_for(lambda: self._stopping, _AGAIN_S)

    def _serve(self, line: BoardLine, board: Board) -> None:
        silent = 0
        while not self._stopping:
            with self._wake:
                wanted = self._wanted > 0
            if wanted:
                text = self._release(line, board)
                with self._wake:
                    self._wanted = max(0, self._wanted - 1)
                if text:
                    self._tell(text)
                    continue
            status = board.look(line)
            if status is None:
                silent += 1
                if silent >= _SILENT:
                    self._tell("the board does not answer")
            else:
                silent = 0
                self._passed(status.passages)
                self._tell(status.fault or None)
            with self._wake:
                self._wake.wait_for(lambda: self._stopping or self._wanted > 0, _LOOK_S)

    def _release(self, line: BoardLine, board: Board) -> str:
        """What went wrong; empty if nothing did."""
        outcome = board.release(line)
        if outcome is CommandOutcome.DOUBT:
            status = board.look(line)
            if status is not None:
                self._passed(status.passages)
            if status is not None and (status.open or status.passages):
                outcome = CommandOutcome.DONE
            elif status is not None and status.open is False:
                # It says that it has not opened: only so may it be told again.
                outcome = board.release(line)
        if outcome is CommandOutcome.DONE:
            return ""
        if outcome is CommandOutcome.REFUSED:
            return "the board refused to release the arm"
        return "nobody knows whether the board has released the arm; it was not told again"

    def _passed(self, persons: int) -> None:
        assert self._watcher is not None
        for _ in range(persons):
            self._watcher.turned()

    def _tell(self, text: str | None) -> None:
        """A fault, once; None when all is well again."""
        assert self._watcher is not None
        with self._wake:
            told, self._told = self._told, text
            # A board that complains still obeys; one that cannot be reached does not.
            self._good = text is None
            if text is not None:
                self._wanted = 0
        if text is None and told is not None:
            self._watcher.back()
        elif text is not None and text != told and not self._stopping:
            self._watcher.lost(text)
