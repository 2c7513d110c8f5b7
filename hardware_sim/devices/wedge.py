"""A scanner that types: its key strokes, as the kernel hands them to a program."""

import struct

from gate_agent.drivers.scanners.keys import _PLAIN, _SHIFTED

_EVENT = struct.Struct("=qqHHi")
_SHIFT = 42


def key(code: int, value: int) -> bytes:
    """Return one input event: the key `code` goes down (1), up (0), or is held (2)."""
    return _EVENT.pack(0, 0, 1, code, value)


def press(code: int) -> bytes:
    """Return a key going down and up, each with the kernel's mark behind it."""
    mark = _EVENT.pack(0, 0, 0, 0, 0)
    return key(code, 1) + mark + key(code, 0) + mark


ENTER = press(28)


def typed(text: bytes) -> bytes:
    """Return `text` as typed on a US keyboard: printable ASCII and tab."""
    plain = {byte: code for code, byte in reversed(_PLAIN.items())}
    shifted = {byte: code for code, byte in reversed(_SHIFTED.items())}
    strokes = b""
    for byte in text:
        if byte in plain:
            strokes += press(plain[byte])
        else:
            strokes += key(_SHIFT, 1) + press(shifted[byte]) + key(_SHIFT, 0)
    return strokes
