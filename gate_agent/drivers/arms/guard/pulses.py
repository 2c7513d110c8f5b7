"""PURE. Which pulse runs when: one at a time for each turnstile, each with its gap and its end."""

CAP_MS = 1000
"""Some boards read a longer contact as "open for ever"."""

GAP_MS = 100.0
"""At rest between two pulses of one turnstile: so its board sees two, and never both ways at once,
which on boards that read combinations of inputs can mean free passage."""

STALE_MS = 150.0
"""A pulse that comes so much later than it could is not given: the visitor may be gone."""


class Pulses:
    """The pulses of all relays, running and queued; times are ms and are passed in. One relay of a
    group is on at a time.

    `until_ms`: by relay, when its running pulse ends. `queue`: (relay, ms, number, asked for at).
    """

    def __init__(self, groups: list[str]) -> None:
        self.until_ms: dict[int, float] = {}
        self.queue: list[tuple[int, int, int, float]] = []
        self._number: dict[int, int] = {}
        self._groups = groups
        self._free_ms: dict[str, float] = {}

    def ask(self, relay: int, ms: int, number: int, now_ms: float) -> str:
        """Queue a pulse; return "on" if it begins now, "queued", or why it is refused."""
        if not (0 <= relay < len(self._groups) and 0 < ms <= CAP_MS):
            return "no such pulse"
        if any(queued[0] == relay for queued in self.queue):
            return "two pulses are still to come"
        self.queue.append((relay, ms, number, now_ms))
        return "on" if self._ready(self.queue[-1], now_ms) else "queued"

    def _ready(self, wanted: tuple[int, int, int, float], now_ms: float) -> bool:
        """Return whether its group is at rest, and no other pulse of it has been waiting for
        longer."""
        group = self._groups[wanted[0]]
        first = next(pulse for pulse in self.queue if self._groups[pulse[0]] == group)
        busy = any(self._groups[relay] == group for relay in self.until_ms)
        return first is wanted and not busy and now_ms >= self._free_ms.get(group, 0.0)

    def due_ms(self) -> float | None:
        """Return when to call `ended` and `begin` again; None: not before a message."""
        times = list(self.until_ms.values())
        for relay, _, _, _ in self.queue:
            group = self._groups[relay]
            if not any(self._groups[other] == group for other in self.until_ms):
                times.append(self._free_ms.get(group, 0.0))
        return min(times, default=None)

    def ended(self, now_ms: float) -> list[tuple[int, int]]:
        """Return (relay, number) of each pulse that is over."""
        over = [relay for relay, until_ms in self.until_ms.items() if now_ms >= until_ms]
        for relay in over:
            del self.until_ms[relay]
            self._free_ms[self._groups[relay]] = now_ms + GAP_MS
        return [(relay, self._number.pop(relay)) for relay in over]

    def begin(self, now_ms: float) -> tuple[int, int, bool] | None:
        """Return (relay, number, whether it is still in time) of the next pulse, which runs from
        now on; None for none."""
        for wanted in self.queue:
            if self._ready(wanted, now_ms):
                relay, ms, number, asked_ms = wanted
                due_ms = max(asked_ms, self._free_ms.get(self._groups[relay], 0.0))
                self.queue.remove(wanted)
                if now_ms > due_ms + STALE_MS:
                    return relay, number, False
                self.until_ms[relay] = now_ms + ms
                self._number[relay] = number
                return relay, number, True
        return None
