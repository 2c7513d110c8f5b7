"""PURE. Codes in the key strokes of a scanner that acts as a keyboard, with the US layout.

Source: the kernel's input-event-codes.h and `struct input_event`, which on 64-bit kernels is 24
bytes: two longs of time, type, code, value.
"""

import struct

from gate_agent.drivers.scanners.lines import MAX_LINE_BYTES

_EVENT = struct.Struct("=qqHHi")
EVENT_BYTES = _EVENT.size
_SYN, _KEY = 0, 1
_SYN_DROPPED = 3
_UP, _DOWN = 0, 1
_ENTERS = frozenset({28, 96})  # the one beside the letters, and the number pad's
_SHIFTS = frozenset({42, 54})
_CAPS_LOCK = 58

_ROWS = (
    (2, b"1234567890-=", b"!@#$%^&*()_+"),
    (16, b"qwertyuiop[]", b"QWERTYUIOP{}"),
    (30, b"asdfghjkl;'`", b'ASDFGHJKL:"~'),
    (43, b"\\zxcvbnm,./", b"|ZXCVBNM<>?"),
    (57, b" ", b" "),
    (15, b"\t", b"\t"),
    (55, b"*", b"*"),
    (71, b"789-456+1230.", b"789-456+1230."),
    (98, b"/", b"/"),
)
_PLAIN = {first + at: byte for first, row, _ in _ROWS for at, byte in enumerate(row)}
_SHIFTED = {first + at: byte for first, _, row in _ROWS for at, byte in enumerate(row)}


class Keys:
    """Turns input events into codes. Enter ends a code. Any bytes may be fed: keys that print
    nothing are ignored.

    `dropped`: how many codes were longer than MAX_LINE_BYTES, or had a hole because the kernel's
    own queue ran over. Such a code is dropped as a whole.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._part = b""
        self._line = bytearray()
        self._spoilt = False
        self._shifts: set[int] = set()
        self._caps = False

    def feed(self, data: bytes) -> list[bytes]:
        """Return the codes that these bytes of events complete."""
        data = self._part + data
        whole = len(data) - len(data) % EVENT_BYTES
        self._part = data[whole:]
        done: list[bytes] = []
        for _, _, kind, code, value in _EVENT.iter_unpack(data[:whole]):
            if kind == _KEY:
                done += self._key(code, value)
            elif kind == _SYN and code == _SYN_DROPPED:
                self._spoilt = True
                self._shifts.clear()
        return done

    def forget(self) -> None:
        """Drop an unfinished code and release all keys: the device is gone."""
        self._line.clear()
        self._part, self._spoilt, self._caps = b"", False, False
        self._shifts.clear()

    def _key(self, code: int, value: int) -> list[bytes]:
        if code in _SHIFTS:
            if value == _UP:
                self._shifts.discard(code)
            else:
                self._shifts.add(code)
        elif value != _DOWN:  # released, or held down for long: a scanner does not hold keys
            return []
        elif code == _CAPS_LOCK:
            self._caps = not self._caps
        elif code in _ENTERS:
            return self._end()
        else:
            self._type(code)
        return []

    def _type(self, code: int) -> None:
        plain = _PLAIN.get(code)
        if plain is None:
            return
        letter = chr(plain).isalpha()
        shifted = bool(self._shifts) != (letter and self._caps)
        self._line.append(_SHIFTED[code] if shifted else plain)
        if len(self._line) > MAX_LINE_BYTES:
            self._spoilt = True
            self._line.clear()

    def _end(self) -> list[bytes]:
        line, self._line = bytes(self._line), bytearray()
        if self._spoilt:
            self._spoilt = False
            self.dropped += 1
            return []
        return [line] if line else []
