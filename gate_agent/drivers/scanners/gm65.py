"""PURE. The protocol of the GM65 family of scanner modules (GM65, GM805, Waveshare's) on a serial
line.

Source: the maker's manuals of GM65-S and GM805. A command is `7E 00`, type, length of the data,
16-bit address of a zone, data, check; a reply is `02 00 00`, length, data, check. The check is
CRC-16/XMODEM over everything between head and check, high byte first. A module does not answer a
command that it rejects. Type 5 erases the firmware: it is not implemented here. Neither are the
bytes `AB CD`, which skip the check.
"""

from binascii import crc_hqx
from dataclasses import dataclass

COMMAND_HEAD, REPLY_HEAD = b"\x7e\x00", b"\x02\x00\x00"
_READ, _WRITE, _SAVE = 0x07, 0x08, 0x09

MODE = 0x0000  # bits 1-0: 0 manual, 1 on command, 2 continuous, 3 induction
TRIGGER = 0x0002  # bit 0: reads until a code is found or the time is up; the module clears it
SETTING_CODES = 0x0003  # bit 1: off; bit 0: their content is sent as a code
READ_TIME = 0x0006  # of one read on command, in tenths of a second
SAME_CODE_DELAY = 0x0013  # bit 7: on; bits 6-0: tenths of a second
BAUD = 0x002A  # two bytes, low one first: 3,000,000 divided by the speed
TAIL = 0x0060  # bit 0: a tail is sent; bits 6-5: 0 CR, 1 CR LF, 2 tab; others: prefix, code id, …

BAUDS = {
    1200: 0x09C4, 4800: 0x0271, 9600: 0x0139, 14400: 0x00D0, 19200: 0x009C,
    38400: 0x004E, 57600: 0x0034, 115200: 0x001A,
}  # fmt: skip
FACTORY_BAUD = 9600


@dataclass(frozen=True, slots=True)
class Command:
    """`frame`: the bytes to send. `answer_bytes`: number of bytes of data in its reply."""

    frame: bytes
    answer_bytes: int


def check_of(body: bytes) -> bytes:
    """Return the CRC-16/XMODEM of `body`, two bytes."""
    return crc_hqx(body, 0).to_bytes(2, "big")


def _command(kind: int, address: int, data: bytes, answer_bytes: int) -> Command:
    body = bytes((kind, len(data))) + address.to_bytes(2, "big") + data
    return Command(COMMAND_HEAD + body + check_of(body), answer_bytes)


def read_zones(address: int, count: int = 1) -> Command:
    """Return the command that asks for `count` bytes, 1 to 255, from `address` on."""
    return _command(_READ, address, bytes((count,)), count)


def write_zones(address: int, data: bytes) -> Command:
    """Return the command that sets zones in the module's memory; a power cut undoes it unless they
    are saved."""
    return _command(_WRITE, address, data, 1)


def save_zones() -> Command:
    """Return the command that copies all zones into the module's flash, which wears."""
    return _command(_SAVE, 0, b"\x00", 1)


def reply(data: bytes) -> bytes:
    """Return the frame by which a module answers with `data`, 1 to 255 bytes."""
    body = bytes((0, len(data))) + data
    return REPLY_HEAD[:2] + body + check_of(body)


def is_sound(frame: bytes) -> bool:
    """Return whether a whole frame that begins with REPLY_HEAD has the right check."""
    return check_of(frame[2:-2]) == frame[-2:]
