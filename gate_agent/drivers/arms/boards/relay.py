"""A turnstile's board with a protocol, in place of a relay.

One thread owns the line: it commands the board, polls its status, and opens the line again when it
was gone. The board's own counter is a passage only if no passage contact is wired: a contact of our
own is believed before a counter that somebody can reset.
"""

from collections.abc import Callable

from gate_agent.drivers.arms.boards.line import BoardLine
from gate_agent.drivers.arms.boards.models import Board, CommandOutcome
from gate_agent.drivers.arms.guard.client import Watcher
from gate_agent.drivers.worker import Worker
from gate_agent.errors import DriverFault

_POLL_S = 0.1
_AGAIN_S = 1.0
_SILENT = 5  # polls without an answer


class BoardRelay:
    """Implements `Relay` over a board's line. `make`: returns a new board for each opened line."""

    def __init__(self, path: str, baud: int, make: Callable[[], Board]) -> None:
        self._path, self._baud, self._make = path, baud, make
        self._worker = Worker(
            f"board at {path}", self._session, retry_s=_AGAIN_S, report=self._report
        )
        self._wanted = 0
        self._good = False
        self._watcher: Watcher | None = None

    def start(self, watcher: Watcher) -> None:
        """Open the line and poll the board, in a thread of its own."""
        self._watcher = watcher
        self._worker.start()

    def stop(self) -> None:
        """Give the line back. Safe to call twice."""
        with self._worker.changed:
            self._good, self._wanted = False, 0
        self._worker.stop()

    def pulse(self, ms: int) -> None:
        """Let one person in; the board times its own arm. Raise DriverFault while it does not
        answer, or if two persons are still to come."""
        with self._worker.changed:
            if not self._good:
                why = self._worker.fault or "not open yet"
                raise DriverFault(f"cannot release: {self._path}: {why}")
            if self._wanted >= 2:
                raise DriverFault("cannot release: two persons are still to come")
            self._wanted += 1
            self._worker.changed.notify()

    def _session(self) -> None:
        try:
            line = BoardLine(self._path, self._baud)
        except (OSError, ValueError) as error:
            raise DriverFault(f"cannot open {self._path}: {error}") from error
        try:
            self._serve(line, self._make())
        except OSError as error:
            raise DriverFault(f"cannot use {self._path}: {error}") from error
        finally:
            line.close()
            with self._worker.changed:
                self._good, self._wanted = False, 0

    def _serve(self, line: BoardLine, board: Board) -> None:
        silent = 0
        while not self._worker.is_stopping():
            with self._worker.changed:
                wanted = self._wanted > 0
            if wanted:
                text = self._release(line, board)
                with self._worker.changed:
                    self._wanted = max(0, self._wanted - 1)
                if text:
                    self._set_fault(text)
                    continue
            status = board.poll(line)
            if status is None:
                silent += 1
                if silent >= _SILENT:
                    self._set_fault("the board does not answer")
            else:
                silent = 0
                self._passed(status.passages)
                self._set_fault(status.fault or None)
            self._worker.wait(_POLL_S, lambda: self._wanted > 0)

    def _release(self, line: BoardLine, board: Board) -> str:
        """Command the board; return what went wrong, empty for nothing."""
        outcome = board.release(line)
        if outcome is CommandOutcome.DOUBT:
            status = board.poll(line)
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

    def _set_fault(self, fault: str | None) -> None:
        """Refuse pulses while there is a fault, and forget those that are still to come."""
        with self._worker.changed:
            self._good = fault is None
            if fault is not None:
                self._wanted = 0
        self._worker.report(fault)

    def _report(self, fault: str | None) -> None:
        assert self._watcher is not None
        if fault is None:
            self._watcher.back()
        else:
            self._watcher.lost(fault)
