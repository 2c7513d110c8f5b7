"""PURE. The frames of turnstile boards: built to the byte, and found again in a stream of noise.

Source: the makers' protocol manuals. Digicon/Catrax (115200 Bd): 02, length as two bytes, low
first, of command and check byte; command; XOR of everything before. 7E/7F (RS-485): 7E 00 address
command d0 d1 d2 and the sum's complement; status 7F, 18 bytes. AC-ATRI-018 (9600 Bd): EB address
command 00 and the XOR of the first three.
"""

from functools import reduce
from operator import xor
from typing import NamedTuple

DIGICON_ACK, DIGICON_NACK = b"\x06", b"\x15"
DIGICON_FROM_RIGHT, DIGICON_FROM_LEFT = b"\x1a", b"\x1b"
COUNTER_SIZE = 1 << 24

_MOST_DIGICON = 16  # no frame of these boards is longer; a larger length is noise
_STATUS_BYTES = 18


def digicon(command: bytes) -> bytes:
    """Return a frame to or from a Digicon board."""
    body = b"\x02" + (len(command) + 1).to_bytes(2, "little") + command
    return body + bytes([reduce(xor, body)])


def seven_e(address: int, command: int, *data: int) -> bytes:
    """Return a command to a 7E/7F board; `data`: up to three bytes."""
    body = bytes([0x7E, 0, address, command, *data, *(0,) * (3 - len(data))])
    return body + bytes([~sum(body) & 0xFF])


def atri(address: int, command: int) -> bytes:
    """Return a command to an AC-ATRI-018. The manual's printed check bytes of 42 and 43 are wrong;
    this is its rule."""
    return bytes([0xEB, address, command, 0, 0xEB ^ address ^ command])


class SevenStatus(NamedTuple):
    """The content of a 7F frame. `left`, `right`: passages, 24 bits, resettable."""

    address: int
    fault: int
    gate: int
    alarm: int
    left: int
    right: int
    executed: int


class DigiconStream:
    """Extracts commands from bytes as they arrive; bytes that are no frame are skipped."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Return the commands that `data` completes."""
        self._data += data
        commands = []
        while (at := self._data.find(0x02)) >= 0:
            del self._data[:at]
            if len(self._data) < 3:
                break
            length = int.from_bytes(self._data[1:3], "little")
            if not 2 <= length <= _MOST_DIGICON:
                del self._data[0]
                continue
            end = 3 + length
            if len(self._data) < end:
                break
            frame = bytes(self._data[:end])
            if reduce(xor, frame):
                del self._data[0]
                continue
            commands.append(frame[3:-1])
            del self._data[:end]
        else:
            self._data.clear()
        return commands

    def silence(self) -> None:
        """Drop half a frame: after so long it will not be completed."""
        self._data.clear()


class SevenStream:
    """Extracts the status frames of one address. Echoes of own commands, other addresses and
    damaged frames are skipped."""

    def __init__(self, address: int) -> None:
        self._address = address
        self._data = bytearray()

    def feed(self, data: bytes) -> list[SevenStatus]:
        """Return the status frames that `data` completes."""
        self._data += data
        statuses = []
        while (at := self._data.find(0x7F)) >= 0:
            del self._data[:at]
            if len(self._data) < _STATUS_BYTES:
                break
            frame = bytes(self._data[:_STATUS_BYTES])
            if (sum(frame) + 1) & 0xFF or frame[2] != self._address:
                del self._data[0]
                continue
            left, right = int.from_bytes(frame[6:9], "big"), int.from_bytes(frame[9:12], "big")
            statuses.append(
                SevenStatus(
                    address=frame[2],
                    fault=frame[3],
                    gate=frame[4],
                    alarm=frame[5],
                    left=left,
                    right=right,
                    executed=frame[13],
                )
            )
            del self._data[:_STATUS_BYTES]
        else:
            self._data.clear()
        return statuses

    def silence(self) -> None:
        """Drop half a frame: after so long it will not be completed."""
        self._data.clear()


class Passages:
    """The differences of a board's own counter: it wraps at `size`, and somebody can reset it."""

    MOST = 64
    """No turnstile turns so often between two polls: such a step is a reset or another board."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._last: int | None = None

    def delta(self, count: int) -> int:
        """Return how many persons have passed since the last call; 0 for the first, and over a
        reset."""
        last, self._last = self._last, count
        step = 0 if last is None else (count - last) % self._size
        return step if step <= self.MOST else 0
