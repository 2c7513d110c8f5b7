"""PURE. One stream of bytes with two contents: the codes that a scanner reads, and its answers.

Both come over the same wire with nothing to tell them apart but this: an answer comes only when one
is owed, at the beginning of a line, with the head and length of the answer that is owed; and a line
end never follows it directly, because no code is empty. So a printed code that looks like an answer
stays a code, and a code that arrives just before or after an answer is not lost.

What cannot be told apart: while an answer is owed, a code that begins with the exact bytes of an
answer of that length and goes on. Its beginning is taken for the answer, its rest for the code.
Such a code can only be made on purpose, and its maker could have shown that rest at once.
"""

from collections import Counter
from dataclasses import dataclass

from gate_agent.drivers.scanners.gm65 import REPLY_HEAD, is_sound
from gate_agent.drivers.scanners.lines import Lines

QUIET_S = 0.1
"""So much silence inside an answer means that its rest is lost. A whole one takes 7 ms at 9600."""

_HEAD_BYTES = len(REPLY_HEAD) + 1
_LINE_ENDS = b"\r\n"


@dataclass(frozen=True, slots=True)
class Reply:
    """The data of an answer whose check was right."""

    data: bytes


Item = bytes | Reply
"""A code, or the answer to a command."""


class Demux:
    """Separates codes and answers. `torn`: how many answers came damaged, cut short, or unasked for
    after they were given up. `quiet_s`: the silence that ends an unfinished answer."""

    def __init__(self, quiet_s: float = QUIET_S) -> None:
        self.lines = Lines()
        self._quiet_s = quiet_s
        self.torn = 0
        self.tailed = False
        """Whether every code is known to end with a line end. As long as it is not, an answer may
        also begin in the middle of a line, and ends the code before it."""
        self._owed: Counter[int] = Counter()
        self._held = bytearray()

    @property
    def gap_s(self) -> float | None:
        """Return after how many seconds of silence to call `pause`; None while nothing is
        unfinished."""
        return self._quiet_s if self._held else self.lines.gap_s

    def owe(self, answer_bytes: int) -> None:
        """Add an answer with so many bytes of data to those that may come, however late."""
        self._owed[answer_bytes] += 1

    def settle(self) -> None:
        """Clear the answers that may come: what looks like an answer is a code from now on."""
        self._owed.clear()

    def feed(self, data: bytes) -> list[Item]:
        """Return the codes and answers that `data` completes, in order."""
        if not self._owed and not self._held:
            return list(self.lines.feed(data))
        self._held += data
        return self._sort(silent=False)

    def pause(self) -> list[Item]:
        """Return what silence ends: the bytes that are held are told apart now; if none are, the
        unfinished line ends."""
        return self._sort(silent=True) if self._held else list(self.lines.pause())

    def _sort(self, *, silent: bool) -> list[Item]:
        done: list[Item] = []
        while self._held:
            count = self._before_answer()
            if count:
                done += self._pass_on(count)
                continue
            size = self._answer_size()
            if size == 0:
                done += self._pass_on(1)
            elif size is not None and len(self._held) > size - (1 if silent else 0):
                done += self._answer(size)
            elif silent:
                done += self._no_answer(len(self._held))  # its end is lost
            else:
                break  # the next byte tells, or silence
        return done

    def _before_answer(self) -> int:
        """Return how many of the held bytes, from the first on, cannot belong to an answer."""
        if not self._owed:
            return len(self._held)
        may_begin = self.lines.gap_s is None or not self.tailed
        if may_begin and self._held[0] == REPLY_HEAD[0]:
            return 0
        stops = [self._held.find(end) + 1 for end in _LINE_ENDS]
        if not self.tailed:
            stops.append(self._held.find(REPLY_HEAD[0]))
        return min((at for at in stops if at > 0), default=len(self._held))

    def _answer_size(self) -> int | None:
        """Return the size of the owed answer that the held bytes begin with; 0 if they begin with
        none, None while its head is not complete."""
        head = bytes(self._held[:_HEAD_BYTES])
        if not REPLY_HEAD.startswith(head[: len(REPLY_HEAD)]):
            return 0
        if len(head) < _HEAD_BYTES:
            return None
        return _HEAD_BYTES + head[-1] + 2 if self._owed[head[-1]] > 0 else 0

    def _answer(self, size: int) -> list[Item]:
        """Return the items in the held bytes, which are as long as an answer of `size` bytes."""
        frame, after = bytes(self._held[:size]), bytes(self._held[size : size + 1])
        if after and after in _LINE_ENDS:
            return self._pass_on(size)
        if not is_sound(frame):
            return self._no_answer(size)
        ended: list[Item] = list(self.lines.pause())
        self._owed[frame[_HEAD_BYTES - 1]] -= 1
        self._owed += Counter()  # forgets lengths of which none is owed
        del self._held[:size]
        return [*ended, Reply(frame[_HEAD_BYTES:-2])]

    def _no_answer(self, count: int) -> list[Item]:
        """Drop a damaged answer; but with a code before it or a line end in it, it is none and is
        passed on."""
        if self.lines.gap_s is not None or set(_LINE_ENDS) & set(self._held[:count]):
            return self._pass_on(1)
        self.torn += 1
        del self._held[:count]
        return []

    def _pass_on(self, count: int) -> list[Item]:
        data = bytes(self._held[:count])
        del self._held[:count]
        return list(self.lines.feed(data))
