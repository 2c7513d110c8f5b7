"""Turnstile boards with a protocol: how each is commanded to let one person in, and what it
reports.

`release` returns DONE, REFUSED or DOUBT: no answer, or none that can be read. After a doubt the
status is polled, and the board is commanded again only if it reports that it has not opened: a
second command to a board that had received the first would let in a second person.
"""

from collections.abc import Callable
from enum import Enum
from time import monotonic
from typing import NamedTuple, Protocol

from gate_agent.drivers.arms.boards import frames, modbus
from gate_agent.drivers.arms.boards.line import BoardLine

ANSWER_S = 0.25


class CommandOutcome(Enum):
    """The outcome of a command."""

    DONE = "done"
    REFUSED = "refused"
    DOUBT = "doubt"


class BoardStatus(NamedTuple):
    """`open`: whether the board waits for a person; None if it does not say. `passages`: since the
    last poll. `fault`: that the board reports; empty for none."""

    open: bool | None
    passages: int
    fault: str = ""


class Board(Protocol):
    """One direction of one board, over an open line."""

    def release(self, line: BoardLine) -> CommandOutcome:
        """Let one person in. Raise OSError."""
        ...

    def poll(self, line: BoardLine) -> BoardStatus | None:
        """Return the status; None if no answer can be read. Raise OSError."""
        ...


class Digicon:
    """A board that reports each passage by itself and has no request for its state: a doubt remains
    one."""

    def __init__(self, left: bool) -> None:
        self._command = frames.digicon(b"A" if left else b"H")
        self._passage = frames.DIGICON_FROM_LEFT if left else frames.DIGICON_FROM_RIGHT
        self._stream = frames.DigiconStream()
        self._passages = 0

    def release(self, line: BoardLine) -> CommandOutcome:
        """Let one person in. Passages that are reported meanwhile are kept for `poll`."""
        line.send(self._command)
        end_s = monotonic() + ANSWER_S
        while monotonic() < end_s:
            for command in self._take(line):
                if command == frames.DIGICON_ACK:
                    return CommandOutcome.DONE
                if command == frames.DIGICON_NACK:
                    return CommandOutcome.REFUSED
        self._stream.silence()
        return CommandOutcome.DOUBT

    def poll(self, line: BoardLine) -> BoardStatus | None:
        """Return the passages. The board sends only what is new: silence is no fault."""
        self._take(line)
        passages, self._passages = self._passages, 0
        return BoardStatus(None, passages)

    def _take(self, line: BoardLine) -> list[bytes]:
        commands = self._stream.feed(line.receive())
        self._passages += commands.count(self._passage)
        return commands


class SevenE:
    """A board that answers every command with its status."""

    def __init__(self, address: int, left: bool) -> None:
        self._query = frames.seven_e(address, 0x10)
        self._open = frames.seven_e(address, 0x80 if left else 0x82, 1)
        self._left = left
        self._stream = frames.SevenStream(address)
        self._counter = frames.Passages(frames.COUNTER_SIZE)
        self._passages = 0

    def release(self, line: BoardLine) -> CommandOutcome:
        """Let one person in; a status frame is the answer."""
        return CommandOutcome.DOUBT if self._ask(line, self._open) is None else CommandOutcome.DONE

    def poll(self, line: BoardLine) -> BoardStatus | None:
        """Return its state and the passages by its counter."""
        status = self._ask(line, self._query)
        if status is None:
            return None
        passages, self._passages = self._passages, 0
        fault = f"the board reports fault {status.fault}" if status.fault else ""
        # What a gate byte of 0 means is not written anywhere: only another value says "open".
        return BoardStatus(True if status.gate else None, passages, fault)

    def _ask(self, line: BoardLine, command: bytes) -> frames.SevenStatus | None:
        line.send(command)
        end_s = monotonic() + ANSWER_S
        while monotonic() < end_s:
            for status in self._stream.feed(line.receive()):
                count = status.left if self._left else status.right
                self._passages += self._counter.delta(count)
                return status
        self._stream.silence()
        return None


class Atri:
    """A board that answers nothing: its passages come from a contact."""

    def __init__(self, address: int, left: bool) -> None:
        self._open = frames.atri(address, 0x40 if left else 0x41)

    def release(self, line: BoardLine) -> CommandOutcome:
        """Send the command. DONE means sent: the board does not answer."""
        line.send(self._open)
        return CommandOutcome.DONE

    def poll(self, line: BoardLine) -> BoardStatus | None:
        """Drop the echo of an RS-485 line."""
        line.receive()
        return BoardStatus(None, 0)


_LOT = {True: (0x40, 0x44), False: (0x41, 0x46)}
_LOT_ERRORS, _LOT_MODE = 0x48, 0x3000


class Lot:
    """A Modbus board. Registers: passes left (0 closed, 1 to 0xFFFE, 0xFFFF free) and a counter for
    each direction; the number of passes left is *set*, so that to repeat the command is no second
    pass by itself."""

    def __init__(self, unit: int, left: bool, *, tcp: bool) -> None:
        self._unit = unit
        self._passes, self._count = _LOT[left]
        self._envelope: modbus.Rtu | modbus.Tcp = modbus.Tcp() if tcp else modbus.Rtu()
        self._counter = frames.Passages(1 << 32)
        self._passages = 0

    def release(self, line: BoardLine) -> CommandOutcome:
        """Set one pass."""
        request = modbus.write(self._passes, 1)
        answer = self._ask(line, request)
        if answer is None:
            return CommandOutcome.DOUBT
        return CommandOutcome.DONE if modbus.written(request, answer) else CommandOutcome.REFUSED

    def poll(self, line: BoardLine) -> BoardStatus | None:
        """Return state, passages by the counter, and errors."""
        passes = self._read(line, self._passes, 1)
        count = self._read(line, self._count, 2)
        errors = self._read(line, _LOT_ERRORS, 1)
        if passes is None or count is None or errors is None:
            return None
        step = self._counter.delta(count[1] << 16 | count[0])
        fault = f"the board reports error {errors[0]}" if errors[0] else ""
        return BoardStatus(passes[0] > 0, step, fault)

    def _read(self, line: BoardLine, address: int, count: int) -> list[int] | None:
        request = modbus.read(address, count)
        answer = self._ask(line, request)
        return None if answer is None else modbus.values(request, answer)

    def _ask(self, line: BoardLine, request: bytes) -> bytes | None:
        line.send(self._envelope.wrap(self._unit, request))
        data = b""
        end_s = monotonic() + ANSWER_S
        while monotonic() < end_s:
            data += line.receive()
            answer = self._envelope.unwrap(self._unit, request, data)
            if answer is not None:
                return answer
        line.drain()
        return None


MAKERS: dict[str, Callable[[int, bool, bool], Board]] = {
    "digicon": lambda _, left, __: Digicon(left),
    "rs485-7e": lambda address, left, _: SevenE(address, left),
    "atri": lambda address, left, _: Atri(address, left),
    "lot": lambda address, left, tcp: Lot(address, left, tcp=tcp),
}
"""Makes a board of each kind from its address, its direction (left) and whether the line is TCP."""
