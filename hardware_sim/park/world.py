"""Virtual time, randomness from one seed, and the hash of everything that happened."""

import heapq
import random
from collections.abc import Callable
from hashlib import sha256

EPOCH_MS = 1_790_812_800_000
"""True UTC at virtual time 0, unless the world says another: 1 October 2026, 08:00 in Shanghai."""

MOST_AT_ONCE = 5000

HASHED_NAMES = (
    ("<PassageKind.", "<Kind."),
    ("<Unconfirmed.", "<Alone."),
    ("<KeyUse.", "<Use."),
    ("what other gates reported", "what other gates told"),
)
"""Names of classes, and words of errors, as they were when a seed's hash was first written down:
the same seed has the same hash before and after a renaming, so only names have changed."""


class World:
    """What is due, in order. Nothing in the park reads another clock or another random number.
    `epoch_ms`: true UTC at virtual time 0."""

    def __init__(self, seed: int, epoch_ms: int = EPOCH_MS) -> None:
        self.seed = seed
        self.epoch_ms = epoch_ms
        self.now_ms = 0.0
        self.violations: list[str] = []
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._hash = sha256(b"scenic-gate park")

    @property
    def utc_ms(self) -> int:
        """The true time, which only the world knows."""
        return self.epoch_ms + int(self.now_ms)

    def stream(self, name: str) -> random.Random:
        """Return random numbers of one's own: another fault must not change the visitors."""
        return random.Random(f"{self.seed}/{name}")

    def at(self, ms: float, act: Callable[[], None]) -> None:
        """Call `act` at virtual time `ms`, after everything already due then."""
        self._count += 1
        heapq.heappush(self._due, (max(ms, self.now_ms), self._count, act))

    def after(self, ms: float, act: Callable[[], None]) -> None:
        """Call `act` in `ms`."""
        self.at(self.now_ms + ms, act)

    def note(self, what: str, *parts: object) -> None:
        """Hash an event that must happen again with the same seed."""
        text = f"{self.now_ms:.3f} {what} {parts}\n"
        for name, hashed in HASHED_NAMES:
            text = text.replace(name, hashed)
        self._hash.update(text.encode())

    def violated(self, invariant: str, detail: str) -> None:
        """Record an event that must never happen."""
        self.violations.append(f"{self.now_ms / 1000:.3f} s: {invariant}: {detail}")

    def run(self, until_ms: float) -> None:
        """Let everything happen that is due by `until_ms`."""
        still, due = 0, self._due
        while due and due[0][0] <= until_ms:
            ms, _, act = heapq.heappop(due)
            if ms > self.now_ms:
                self.now_ms, still = ms, 0
            else:
                still += 1
                if still > MOST_AT_ONCE:
                    raise RuntimeError("time stands still: something asks for itself for ever")
            act()
        self.now_ms = max(self.now_ms, until_ms)

    def digest(self) -> str:
        """Return the hash of all notes so far."""
        return self._hash.hexdigest()[:16]
