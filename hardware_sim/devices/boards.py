"""Turnstile boards with a protocol, over the true mechanics, on a pseudo-terminal or a TCP port.

Written apart from the driver: its own check sums, its own way to find a frame. `faults` are what
the line does to the next answers, one after the other: "silence", "half", "check", "address",
"garbage", "echo", "deaf" (the board does not even hear), "refuse".
"""

import struct
from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from time import monotonic

from hardware_sim.devices.board_wire import LINE_FAULTS, BoardWire
from hardware_sim.devices.turnstile import due_ms, step
from hardware_sim.devices.turnstile_state import (
    Cause,
    Mechanics,
    Push,
    RelayState,
    Tick,
    Turnstile,
    What,
)

_JOIN_S = 5.0


def _table() -> list[int]:
    rows = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
        rows.append(value)
    return rows


_TABLE = _table()


def modbus_check(data: bytes) -> bytes:
    """Return CRC-16/MODBUS from a table, low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return struct.pack("<H", crc)


class SimBoard:
    """`kind`: digicon, rs485-7e, atri or lot; `tcp`: LOT over TCP. `path`: what the gate opens.

    `opened`: how often the board has let one person in. `count`: the counter of the left way."""

    def __init__(self, kind: str, *, address: int = 1, tcp: bool = False, count: int = 0) -> None:
        self.kind, self.address, self.tcp = kind, address, tcp
        self.faults: deque[str] = deque()
        self.opened = 0
        self.count = count
        self.heard: list[bytes] = []
        self._state = Turnstile(Mechanics(turn_ms=200, release_ms=3000))
        self._start_s = monotonic()
        self._changed = Condition()
        self._later: list[tuple[float, Cause]] = []
        self._data = b""
        self._stopping = False
        self._answer: Callable[[], list[bytes]] = {
            "digicon": self._digicon, "rs485-7e": self._seven, "atri": self._atri,
            "lot": self._lot,
        }[kind]  # fmt: skip
        self._wire = BoardWire(tcp=tcp)
        self.path = self._wire.path
        self._thread = Thread(target=self._run, name=f"board {kind}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Unplug the board."""
        self._stopping = True
        self._thread.join(_JOIN_S)
        self._wire.close()

    def push(self) -> None:
        """Let a visitor go through, if the arm allows it."""
        with self._changed:
            self._later.append((self._now(), Push()))

    def wait(self, ready: Callable[["SimBoard"], bool], timeout_s: float) -> bool:
        """Wait until `ready(board)`; False if that does not happen in time."""
        with self._changed:
            return self._changed.wait_for(lambda: ready(self), timeout_s)

    @property
    def unlocked(self) -> bool:
        """Whether a push goes through."""
        return self._state.unlocked

    def _now(self) -> float:
        return (monotonic() - self._start_s) * 1000

    def _run(self) -> None:
        while not self._stopping:
            self._data += self._wire.receive()
            with self._changed:
                for answer in self._answer():
                    self._say(answer)
                self._mechanics()
                self._changed.notify_all()

    def _mechanics(self) -> None:
        now = self._now()
        causes = [cause for at_ms, cause in self._later if at_ms <= now]
        self._later = [event for event in self._later if event[0] > now]
        due = due_ms(self._state)
        for cause in causes or ([Tick()] if due is not None and due <= now else []):
            self._state, happened = step(self._state, cause, now)
            for event in happened:
                if event.what in (What.TURNED, What.FORCED):
                    self.count += 1
                    if self.kind == "digicon":
                        self._say(_digicon_frame(b"\x1b"))

    def _open(self) -> None:
        self.opened += 1
        now = self._now()
        self._later += [(now, RelayState(closed=True)), (now + 120, RelayState(closed=False))]

    # --- what each kind answers ----------------------------------------------------------------

    def _digicon(self) -> list[bytes]:
        answers = []
        while (at := self._data.find(b"\x02")) >= 0 and len(self._data) >= at + 3:
            (length,) = struct.unpack_from("<H", self._data, at + 1)
            frame, rest = self._data[at : at + 3 + length], self._data[at + 3 + length :]
            if len(frame) < 3 + length:
                break
            self._data = rest
            check = 0
            for byte in frame[:-1]:
                check ^= byte
            self.heard.append(frame)
            if check != frame[-1] or self._deaf():
                continue
            command = frame[3:-1]
            if command not in (b"A", b"H", b"D") or self._refuses():
                answers.append(_digicon_frame(b"\x15"))
            else:
                self._open()
                answers.append(_digicon_frame(b"\x06"))
        return answers

    def _seven(self) -> list[bytes]:
        answers = []
        while len(self._data) >= 8:
            frame, self._data = self._data[:8], self._data[8:]
            self.heard.append(frame)
            if sum(frame) % 256 != 255 or frame[2] != self.address or self._deaf():
                continue
            if frame[3] in (0x80, 0x82):
                for _ in range(frame[4]):
                    self._open()
            elif frame[3] == 0x20:
                self.count = 0
            body = bytes([0x7F, 1, self.address, 0, self.unlocked or self.opened > self.count, 0])
            body += struct.pack(">I", self.count & 0xFFFFFF)[1:] + b"\0\0\0" + b"\0\0\x18\0\0"
            answers.append(body + bytes([255 - sum(body) % 256]))
        return answers

    def _atri(self) -> list[bytes]:
        while len(self._data) >= 5:
            frame, self._data = self._data[:5], self._data[5:]
            self.heard.append(frame)
            good = frame[0] == 0xEB and frame[4] == frame[0] ^ frame[1] ^ frame[2]
            if good and frame[1] == self.address and frame[2] in (0x40, 0x41) and not self._deaf():
                self._open()
        return []

    def _lot(self) -> list[bytes]:
        if len(self._data) < (12 if self.tcp else 8):
            return []
        if self.tcp:
            (length,) = struct.unpack_from(">H", self._data, 4)
            frame, self._data = self._data[: 6 + length], self._data[6 + length :]
            number, request = frame[:2], frame[6:]
        else:
            size = 8 if self._data[1] == 3 else 9 + self._data[6]
            if len(self._data) < size:
                return []
            frame, self._data = self._data[:size], self._data[size:]
            if modbus_check(frame[:-2]) != frame[-2:]:
                return []
            number, request = b"", frame[:-2]
        self.heard.append(frame)
        if request[0] != self.address or self._deaf():
            return []
        answer = request[:1] + self._registers(request[1:])
        if self.tcp:
            return [number + struct.pack(">HH", 0, len(answer)) + answer]
        return [answer + modbus_check(answer)]

    def _registers(self, request: bytes) -> bytes:
        address, count = struct.unpack_from(">HH", request, 1)
        if request[0] == 3:
            waits = max(0, self.opened - self.count) or int(self.unlocked)
            registers = {0x40: waits, 0x44: self.count & 0xFFFF, 0x45: self.count >> 16, 0x48: 0}
            words = [registers.get(address + at, 0) for at in range(count)]
            return struct.pack(f">BB{count}H", 3, 2 * count, *words)
        if self._refuses():
            return b"\x90\x04"
        if address == 0x40 and not self.unlocked:
            self._open()
        return request[:5]

    def _deaf(self) -> bool:
        return self._next("deaf")

    def _refuses(self) -> bool:
        return self._next("refuse")

    def _next(self, name: str) -> bool:
        if self.faults and self.faults[0] == name:
            self.faults.popleft()
            return True
        return False

    def _say(self, answer: bytes) -> None:
        fault = self.faults.popleft() if self.faults and self.faults[0] in LINE_FAULTS else ""
        self._wire.send(LINE_FAULTS[fault](answer, self.heard[-1]) if fault else answer)


def _digicon_frame(command: bytes) -> bytes:
    frame = b"\x02" + struct.pack("<H", len(command) + 1) + command
    check = 0
    for byte in frame:
        check ^= byte
    return frame + bytes([check])
