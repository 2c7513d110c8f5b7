"""Log what may happen any number of times a second: one line a minute and kind, with a count."""

import logging
import time
from collections.abc import Callable

EVERY_S = 60.0


class LimitedLog:
    """Used by one thread. `clock`: monotonic seconds.

    What a sender chose may stand in a message and never in a `kind`, so that the number of kinds
    is ours.
    """

    def __init__(self, log: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._written_s: dict[str, float] = {}
        self._left_out: dict[str, int] = {}

    def warn(self, kind: str, message: str, *, error: BaseException | None = None) -> bool:
        """Log a message, with the traceback of `error`, unless one of its kind was logged within
        the last minute: then count it. Return whether it was logged."""
        now_s = self._clock()
        if now_s - self._written_s.get(kind, now_s - EVERY_S) < EVERY_S:
            self._left_out[kind] = self._left_out.get(kind, 0) + 1
            return False
        self._written_s[kind] = now_s
        left_out = self._left_out.pop(kind, 0)
        more = f" ({left_out} more like it since the last line)" if left_out else ""
        self._log.warning("%s%s", message, more, exc_info=error)
        return True
