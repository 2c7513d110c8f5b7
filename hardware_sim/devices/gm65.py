"""A scanner module of the GM65 family on a pseudo-terminal, byte for byte.

It has zones in memory and in flash, a speed that must be met, a tail after each code, setting codes
that anybody can print, and silence for whatever it does not understand.
"""

import os
import random
import select
import termios
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from threading import Event, RLock, Thread

from gate_agent.drivers.scanners import gm65
from hardware_sim.devices.scanner import SimScanner

ZONES = 256
MANUAL, ON_COMMAND, CONTINUOUS, INDUCTION = range(4)
_TAILS = {0: b"\r", 1: b"\r\n", 2: b"\t"}
_SPEEDS = {getattr(termios, f"B{baud}"): baud for baud in gm65.BAUDS if baud != 14400}
_ERASE = 0x05

SETTING_CODES = {
    b"_SET_BAUD_1200": (gm65.BAUD, gm65.BAUDS[1200].to_bytes(2, "little")),
    b"_SET_MANUAL_MODE": (gm65.MODE, b"\xd4"),
}
"""What a visitor could print: text of a code, and what it writes into which zone."""


def factory() -> bytearray:
    """Return the zones of a new module: reading on command, 9600 baud, no tail, setting codes
    on."""
    zones = bytearray(ZONES)
    zones[gm65.MODE] = 0xD4 | ON_COMMAND
    zones[gm65.READ_TIME] = 50
    zones[gm65.BAUD : gm65.BAUD + 2] = gm65.BAUDS[9600].to_bytes(2, "little")
    return zones


class Damage(StrEnum):
    """What a bad line does to an answer."""

    NONE = "none"
    CUT_SHORT = "cut short"
    BIT = "one bit turned over"


class Module(SimScanner):
    """A module whose port is `path`. `flash`: its zones, as they were left.

    `mute`: it takes everything and says nothing. `stubborn`: zones that take no new value.
    `damages`: what happens to the next answers on the line, one after the other; see `Damage`.
    """

    def __init__(self, path: Path, flash: bytearray | None = None) -> None:
        self.flash = flash or factory()
        self.zones = bytearray(self.flash)
        self.saves = 0
        self.commands: list[bytes] = []
        self.refused = 0
        self.erased = False
        self.mute = False
        self.stubborn: set[int] = set()
        self.damages: Iterator[Damage] = iter(())
        self.rng = random.Random(0)
        self._heard = bytearray()
        self._said = RLock()
        self._ends = Event()
        self._thread: Thread | None = None
        super().__init__(path)

    @property
    def baud(self) -> int:
        """The speed it speaks at."""
        value = int.from_bytes(self.zones[gm65.BAUD : gm65.BAUD + 2], "little")
        return next((baud for baud, code in gm65.BAUDS.items() if code == value), 0)

    def plug(self) -> None:
        """Switch the power on: memory is what flash says."""
        if self._thread is not None:
            return
        with self._said:
            self.zones = bytearray(self.flash)
            self._heard.clear()
            self._ends = Event()
        super().plug()
        assert self._master is not None
        self._thread = Thread(
            target=self._listen, args=(self._master, self._ends), name="gm65", daemon=True
        )
        self._thread.start()

    def unplug(self) -> None:
        """Pull the cable."""
        self._ends.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        super().unplug()

    def brown_out(self) -> None:
        """Fail the power for a moment: memory is lost, and the line stays open."""
        with self._said:
            self.zones = bytearray(self.flash)
            self._heard.clear()

    def present(self, code: bytes) -> None:
        """Show `code` as a visitor does. Nothing comes if the module is not reading."""
        with self._said:
            zones = self.zones
            if zones[gm65.MODE] & 3 in (MANUAL, ON_COMMAND) and not zones[gm65.TRIGGER] & 1:
                return
            zones[gm65.TRIGGER] &= ~1
            closed = zones[gm65.SETTING_CODES] & 2
            if code in SETTING_CODES and not closed:
                self._write(*SETTING_CODES[code])
                if not zones[gm65.SETTING_CODES] & 1:
                    return
            self._say(code + self._tail())

    def _tail(self) -> bytes:
        tail = self.zones[gm65.TAIL]
        return _TAILS.get(tail >> 5 & 3, b"") if tail & 1 else b""

    def _listen(self, master: int, ends: Event) -> None:
        while not ends.is_set():
            ready, _, _ = select.select([master], [], [], 0.05)
            if not ready:
                continue
            try:
                data = os.read(master, 4096)
            except OSError:
                continue
            with self._said:
                if self._met(master):
                    self._heard += data
                    self._obey()

    def _met(self, master: int) -> bool:
        """Return whether the other end speaks at this module's speed. A pseudo-terminal has no
        speed itself, but stores what was asked for."""
        return _SPEEDS.get(termios.tcgetattr(master)[5]) == self.baud

    def _obey(self) -> None:
        for frame in self._frames():
            self.commands.append(frame)
            answer = self._answer(frame)
            if answer is not None and not self.mute and not self.erased:
                self._say(self._spoilt(gm65.reply(answer)))

    def _frames(self) -> Iterator[bytes]:
        heard = self._heard
        while True:
            start = heard.find(gm65.COMMAND_HEAD)
            del heard[: start if start >= 0 else max(0, len(heard) - 1)]
            if start < 0 or len(heard) < 4:
                return
            size = 6 + heard[3] + 2
            if len(heard) < size:
                return
            yield bytes(heard[:size])
            del heard[:size]

    def _answer(self, frame: bytes) -> bytes | None:
        body, check = frame[2:-2], frame[-2:]
        if check not in (gm65.check_of(body), b"\xab\xcd"):
            self.refused += 1
            return None
        kind, address, data = body[0], int.from_bytes(body[2:4], "big"), body[4:]
        if kind == 0x07 and address + (data[0] or 256) <= ZONES:
            return bytes(self.zones[address : address + (data[0] or 256)])
        if kind == 0x08 and address + len(data) <= ZONES:
            self._write(address, data)
            return b"\x00"
        if kind == 0x09 and (address, data) == (0, b"\x00"):
            self.saves += 1
            self.flash[:] = self.zones
            return b"\x00"
        self.erased |= kind == _ERASE
        self.refused += 1
        return None

    def _write(self, address: int, data: bytes) -> None:
        for at, byte in enumerate(data, address):
            if at not in self.stubborn:
                self.zones[at] = byte

    def _spoilt(self, answer: bytes) -> bytes:
        match next(self.damages, Damage.NONE):
            case Damage.CUT_SHORT:
                return answer[: len(answer) // 2]
            case Damage.BIT:
                return answer[:-1] + bytes((answer[-1] ^ 0x80,))
        return answer

    def _say(self, data: bytes) -> None:
        """Send to the other end; at another speed it receives noise."""
        master = self._master
        if master is not None and not self._met(master):
            data = bytes(self.rng.randrange(256) for _ in data)
        self._baud = self.baud or gm65.FACTORY_BAUD
        self.send(data)
