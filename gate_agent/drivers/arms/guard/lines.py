"""The lines of relays, as the guard takes them: an output that is at rest from its first instant.

The kernel's own interface (uapi/linux/gpio.h, version 2), without a library: the guard must stay
small, and a line must be claimed and set in one step.
"""

import _socket
import fcntl
import os
import struct
import time

MESSAGE = 256
"""No message of the guard or of a simulated line is longer."""

# linux/gpio.h, the second interface: a request of lines, and its values.
_REQUEST = struct.Struct("=64I32s Q I 20x IIQQ 216x II 20x i")
_VALUES = struct.Struct("=QQ")
_GET_LINE = 3 << 30 | _REQUEST.size << 16 | 0xB407
_SET_VALUES = 3 << 30 | _VALUES.size << 16 | 0xB40F
_ACTIVE_LOW, _OUTPUT, _OUTPUT_VALUES = 1 << 1, 1 << 3, 2


class ChipLine:
    """A line of a GPIO chip, as an output that is at rest from its first instant."""

    def __init__(self, chip: str, pin: int, active_high: bool) -> None:
        flags = _OUTPUT | (0 if active_high else _ACTIVE_LOW)
        offsets = (pin, *(0,) * 63)
        # One attribute: the value 0, "at rest", of the request's first line.
        request = bytearray(
            _REQUEST.pack(
                *offsets, b"scenic-gate relay", flags, 1, _OUTPUT_VALUES, 0, 0, 1, 1, 0, -1
            )
        )
        fd = os.open(chip, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.ioctl(fd, _GET_LINE, request)
        finally:
            os.close(fd)
        self.fd: int = _REQUEST.unpack(request)[-1]

    def drive(self, active: bool) -> None:
        """Set the line. Raise OSError if it does not obey."""
        fcntl.ioctl(self.fd, _SET_VALUES, bytearray(_VALUES.pack(active, 1)))


class WorldLine:
    """The same on a simulated board: a connection that owns one line for as long as it is open.

    Each level is sent with its time: as at a real line, nobody who is slow to look changes it."""

    def __init__(self, path: str, pin: int, active_high: bool) -> None:
        self._pin, self._active_high = pin, active_high
        world = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
        world.connect(path)
        self.fd = world.detach()
        os.write(self.fd, b"claim %d %d" % (pin, not active_high))
        if os.read(self.fd, MESSAGE) != b"ok":
            os.close(self.fd)
            raise OSError(16, f"line {pin} is in use")

    def drive(self, active: bool) -> None:
        """Set the line. Raise OSError if nobody is there."""
        level = active is self._active_high
        os.write(self.fd, b"pin %d %d %d" % (self._pin, level, time.monotonic_ns()))


Line = ChipLine | WorldLine


def claim(source: str, pin: int, active_high: bool) -> Line:
    """Return the line `pin` of `source`, at rest. Raise OSError, also if another process has it."""
    kind = ChipLine if source.startswith("/dev/gpiochip") else WorldLine
    return kind(source, pin, active_high)
