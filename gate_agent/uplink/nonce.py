"""Random numbers for questions to the centre. PURE but for `draw`, which is given."""

from collections.abc import Callable

Draw = Callable[[int], bytes]
"""Returns so many random bytes: `os.urandom` on a board."""


def draw_nonce(draw: Draw) -> int:
    """Return a random number, 1 to 2^63 - 1. A number that counts, or that tells the time since the
    boot, would come again after a restart, and an old answer would fit."""
    return int.from_bytes(draw(8), "big") >> 1 or 1


def draw_short_nonce(draw: Draw) -> int:
    """Return 32 random bits, for a question that is short and has other parts that change."""
    return int.from_bytes(draw(4), "big")
