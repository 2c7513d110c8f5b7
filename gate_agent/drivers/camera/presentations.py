"""PURE. A camera sees a code many times a second; the lane must hear of it once."""

from collections.abc import Iterable

AWAY_MS = 1500.0
"""A code that was out of view for so long is shown anew."""

MOST = 8
"""More codes at once are a poster, not visitors: the rest is not looked at."""


class Presentations:
    """Remembers what is in view. Each code has its own absence: two phones side by side, read in
    turns, are two presentations and not a new one with every frame."""

    def __init__(self) -> None:
        self._seen_ms: dict[bytes, float] = {}
        self._here: set[bytes] = set()

    def moved(self) -> None:
        """Forget what is here, as the picture has changed: it must be read again to be there."""
        self._here.clear()

    def seen(self, codes: Iterable[bytes], now_ms: float) -> list[bytes]:
        """Take the codes of one frame and return those whose presentation begins with it."""
        self._seen_ms = {
            code: at_ms for code, at_ms in self._seen_ms.items() if now_ms - at_ms < AWAY_MS
        }
        begun: list[bytes] = []
        for code in codes:
            if code not in self._seen_ms:
                if len(self._seen_ms) >= MOST:
                    continue
                begun.append(code)
            self._seen_ms[code] = now_ms
            self._here.add(code)
        return begun

    def unchanged(self, now_ms: float) -> None:
        """Keep what was read in the picture, which is still the same."""
        self.seen(list(self._here), now_ms)
