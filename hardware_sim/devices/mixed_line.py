"""A line on which codes and answers come mixed, with what should be heard on it."""

import random
from dataclasses import dataclass, field
from typing import NamedTuple

from gate_agent.drivers.scanners.demux import Demux, Item, Reply
from gate_agent.drivers.scanners.gm65 import reply

_ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_BYTES = bytes(byte for byte in range(256) if byte not in b"\r\n")


class Piece(NamedTuple):
    """Bytes that come at once. `owes`: how long the answer is that is owed from here on, 0 for
    none; `silence`: whether nothing comes for a while afterwards."""

    data: bytes
    owes: int = 0
    silence: bool = False


@dataclass
class MixedLine:
    """`pieces` in order; `wanted`: what a good ear hears; `torn`: how many answers are damaged."""

    pieces: list[Piece] = field(default_factory=list)
    wanted: list[Item] = field(default_factory=list)
    torn: int = 0
    demux_torn: int = 0

    def through(self, demux: Demux, rng: random.Random) -> list[Item]:
        """Return what `demux` receives when the bytes come in chunks of any size."""
        got: list[Item] = []
        waiting = bytearray()
        for piece in self.pieces:
            if piece.owes:
                got += _chunks(demux, waiting, rng)
                demux.owe(piece.owes)
            waiting += piece.data
            if piece.silence:
                got += _chunks(demux, waiting, rng)
                got += demux.pause() if demux.gap_s is not None else []
        got += _chunks(demux, waiting, rng)
        while demux.gap_s is not None:
            got += demux.pause()
        self.demux_torn = demux.torn
        return got


def _chunks(demux: Demux, waiting: bytearray, rng: random.Random) -> list[Item]:
    got: list[Item] = []
    while waiting:
        size = rng.choice((1, 2, 3, 7, 16, 64))
        got += demux.feed(bytes(waiting[:size]))
        del waiting[:size]
    return got


def mixed(rng: random.Random, count: int) -> MixedLine:
    """Make a line of `count` codes and answers: tickets, any bytes, and prints that mimic an
    answer; answers whole, with a wrong bit, or cut short by silence."""
    line = MixedLine()
    for _ in range(count):
        if rng.random() < 0.5:
            code = _code(rng)
            line.pieces.append(Piece(code + b"\r"))
            line.wanted.append(code)
        else:
            _answer(line, rng)
    return line


def _code(rng: random.Random) -> bytes:
    look = rng.random()
    if look < 0.5:
        return b"SG1:" + bytes(rng.choices(_ALPHABET, k=rng.randrange(1, 150)))
    if look < 0.7:
        return _other(rng)
    frame = reply(bytes(rng.choices(_BYTES, k=rng.randrange(1, 4))))
    if set(frame) & set(b"\r\n"):
        return _other(rng)
    if look < 0.85:
        return frame  # all of it: only the line end behind it tells
    return b"A" + frame + _other(rng)


def _other(rng: random.Random) -> bytes:
    code = bytes(rng.choices(_BYTES, k=rng.randrange(1, 60)))
    return code if code[0] != 2 else b"x" + code


def _answer(line: MixedLine, rng: random.Random) -> None:
    data = bytes(rng.randrange(256) for _ in range(rng.choice((1, 1, 1, 2, 5))))
    frame = reply(data)
    look = rng.random()
    if look < 0.8:
        line.pieces.append(Piece(frame, len(data)))
        line.wanted.append(Reply(data))
    elif look < 0.9 and not set(frame[4:-1]) & set(b"\r\n"):
        damaged = frame[:-1] + bytes((frame[-1] ^ 0x80,))
        if damaged[-1] in b"\r\n":
            return
        line.pieces.append(Piece(damaged, len(data)))
        line.torn += 1
    else:
        cut = frame[: rng.randrange(1, 5)]
        line.pieces.append(Piece(cut, len(data), silence=True))
        line.torn += 1
