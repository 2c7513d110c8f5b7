"""PURE. As much of Modbus as a turnstile needs: read and write holding registers, RTU and TCP.

Source: MODBUS Application Protocol V1.1b3 (functions 3 and 16), MODBUS over Serial Line V1.02
(RTU), MODBUS Messaging on TCP/IP Implementation Guide V1.0b.
"""

from functools import reduce

READ, WRITE = 3, 16
_ERROR = 0x80
_POLYNOMIAL = 0xA001


def crc16(data: bytes) -> int:
    """Return the CRC-16/MODBUS: polynomial 0x8005, reflected, all ones at first."""

    def byte(crc: int, value: int) -> int:
        crc ^= value
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
        return crc

    return reduce(byte, data, 0xFFFF)


def read(address: int, count: int) -> bytes:
    """Return the request for `count` registers from `address` on, without its envelope."""
    return bytes([READ]) + address.to_bytes(2, "big") + count.to_bytes(2, "big")


def write(address: int, value: int) -> bytes:
    """Return the request that sets one register, without its envelope."""
    head = bytes([WRITE]) + address.to_bytes(2, "big") + b"\0\1\2"
    return head + value.to_bytes(2, "big")


def values(request: bytes, answer: bytes) -> list[int] | None:
    """Return the registers in an answer to a READ; None if it is no answer to that request."""
    count = int.from_bytes(request[3:5], "big")
    if len(answer) != 2 + 2 * count or answer[0] != READ or answer[1] != 2 * count:
        return None
    return [int.from_bytes(answer[at : at + 2], "big") for at in range(2, len(answer), 2)]


def written(request: bytes, answer: bytes) -> bool:
    """Return whether an answer confirms that WRITE."""
    return answer == request[:5]


class Rtu:
    """The serial envelope. It has no length: the request says how long its answer may be."""

    def wrap(self, unit: int, request: bytes) -> bytes:
        """Return the bytes to send to `unit`."""
        frame = bytes([unit]) + request
        return frame + crc16(frame).to_bytes(2, "little")

    def unwrap(self, unit: int, request: bytes, data: bytes) -> bytes | None:
        """Return the first valid answer to that request anywhere in `data`; None if there is none
        (yet). An echo of the request, other units and damaged frames are skipped."""
        count = int.from_bytes(request[3:5], "big")
        sizes = (2, 2 + 2 * count if request[0] == READ else 5)
        for at in range(len(data)):
            for size in sizes:
                frame = data[at : at + size + 3]
                if (
                    len(frame) == size + 3
                    and frame[0] == unit
                    and frame[1] & ~_ERROR == request[0]
                    and (size == 2) is bool(frame[1] & _ERROR)
                    and crc16(frame) == 0
                ):
                    return frame[1:-2]
        return None


class Tcp:
    """The TCP envelope: each request has a number, and an answer with another number is skipped."""

    def __init__(self) -> None:
        self._number = 0

    def wrap(self, unit: int, request: bytes) -> bytes:
        """Return the bytes to send to `unit`."""
        self._number = (self._number + 1) & 0xFFFF
        head = self._number.to_bytes(2, "big") + b"\0\0" + (len(request) + 1).to_bytes(2, "big")
        return head + bytes([unit]) + request

    def unwrap(self, unit: int, request: bytes, data: bytes) -> bytes | None:
        """Return the answer to the last request; None if it is not there (yet)."""
        at = 0
        while len(data) - at >= 8:
            length = int.from_bytes(data[at + 4 : at + 6], "big")
            frame = data[at : at + 6 + length]
            at += len(frame)
            if len(frame) < 6 + length or not 2 <= length <= 254:
                return None
            if int.from_bytes(frame[:2], "big") == self._number and frame[6] == unit:
                return frame[7:]
        return None
