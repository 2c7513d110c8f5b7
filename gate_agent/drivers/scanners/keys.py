"""PURE. Codes in the key strokes of a scanner that acts as a keyboard, with the US layout.

Source: the kernel's input-event-codes.h and `struct input_event`, which on 64-bit kernels is 24
bytes: two longs of time, type, code, value.
"""

import struct

from gate_agent.drivers.scanners.lines import FIRST_GAP_S, LATER_GAP_S, MAX_LINE_BYTES

_EVENT = struct.Struct("=qqHHi")
EVENT_BYTES = _EVENT.size
_SYN, _KEY = 0, 1
_SYN_DROPPED = 3
_UP, _DOWN = 0, 1
_ENDS = frozenset({28, 96, 15})  # Enter beside the letters and on the number pad, and Tab
_ALTS = frozenset({56, 100})
_SHIFTS = frozenset({42, 54})
_CAPS_LOCK = 58

_ROWS = (
    (2, b"1234567890-=", b"!@#$%^&*()_+"),
    (16, b"qwertyuiop[]", b"QWERTYUIOP{}"),
    (30, b"asdfghjkl;'`", b'ASDFGHJKL:"~'),
    (43, b"\\zxcvbnm,./", b"|ZXCVBNM<>?"),
    (57, b" ", b" "),
    (55, b"*", b"*"),
    (71, b"789-456+1230.", b"789-456+1230."),
    (98, b"/", b"/"),
)
_PAD_DIGITS = {71: 7, 72: 8, 73: 9, 75: 4, 76: 5, 77: 6, 79: 1, 80: 2, 81: 3, 82: 0}
_PLAIN = {first + at: byte for first, row, _ in _ROWS for at, byte in enumerate(row)}
_SHIFTED = {first + at: byte for first, _, row in _ROWS for at, byte in enumerate(row)}


class Keys:
    """Turns input events into codes. Enter, Tab or silence ends a code. Digits of the number pad
    while Alt is held are the number of a character, which some scanners type to be free of the
    layout. Any bytes may be fed: keys that print nothing are ignored.

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
        self._alts: set[int] = set()
        self._alt_digits = ""
        self._has_ends = False

    @property
    def gap_s(self) -> float | None:
        """Return after how many seconds of silence to call `pause`; None while no code has
        begun."""
        if not self._line and not self._spoilt:
            return None
        return LATER_GAP_S if self._has_ends else FIRST_GAP_S

    def pause(self) -> list[bytes]:
        """Return the code that silence ends: at most one."""
        return self._end()

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
                self._alts.clear()
        return done

    def forget(self) -> None:
        """Drop an unfinished code and release all keys: the device is gone."""
        self._line.clear()
        self._part, self._spoilt, self._caps = b"", False, False
        self._shifts.clear()
        self._alts.clear()
        self._alt_digits = ""

    def _key(self, code: int, value: int) -> list[bytes]:
        if code in _SHIFTS:
            if value == _UP:
                self._shifts.discard(code)
            else:
                self._shifts.add(code)
        elif code in _ALTS:
            self._alt(code, held=value != _UP)
        elif value != _DOWN:  # released, or held down for long: a scanner does not hold keys
            return []
        elif code == _CAPS_LOCK:
            self._caps = not self._caps
        elif code in _ENDS:
            self._has_ends = True
            return self._end()
        elif self._alts and code in _PAD_DIGITS:
            self._alt_digits += str(_PAD_DIGITS[code])
        else:
            self._type(code)
        return []

    def _alt(self, code: int, *, held: bool) -> None:
        """Press or release Alt; its release types the character that the digits name."""
        if held:
            self._alts.add(code)
            return
        self._alts.discard(code)
        digits, self._alt_digits = self._alt_digits[-4:], ""
        if digits and not self._alts:
            self._add(int(digits) & 0xFF)

    def _type(self, code: int) -> None:
        plain = _PLAIN.get(code)
        if plain is None:
            return
        letter = chr(plain).isalpha()
        shifted = bool(self._shifts) != (letter and self._caps)
        self._add(_SHIFTED[code] if shifted else plain)

    def _add(self, byte: int) -> None:
        self._line.append(byte)
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
