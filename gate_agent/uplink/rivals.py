"""PURE. Signs that another board speaks with this gate's identity, or that the centre takes nothing
from this one. Times are monotonic milliseconds.

A broker ends the older of two connections with one client id (MQTT 3.1.1, section 3.1.4), so two
boards with one identity throw each other out, each as soon as it is back.
"""

SHORT_MS = 15_000
"""A connection that ends sooner was taken by somebody, unless the network is very bad."""
MOST_SHORT = 3
SILENT_MS = 120_000
"""So long the centre may owe an acknowledgement: it gives one to each birth and to each batch."""


class RivalWatch:
    """Hears of connections and acknowledgements; `fault` says what they amount to."""

    def __init__(self) -> None:
        self._up_ms: int | None = None
        self._short = 0
        self._foreign = False
        self._owed_ms: int | None = None

    def link_up(self, now_ms: int) -> None:
        """Note that this gate is connected; the centre owes an answer to its birth."""
        self._up_ms = self._owed_ms = now_ms

    def link_down(self, now_ms: int) -> None:
        """Note that the connection is gone."""
        if self._up_ms is not None:
            self._short = self._short + 1 if now_ms - self._up_ms < SHORT_MS else 0
        self._up_ms = self._owed_ms = None

    def sent(self, now_ms: int) -> None:
        """Note that records were sent, for which the centre owes an acknowledgement."""
        if self._owed_ms is None:
            self._owed_ms = now_ms

    def acknowledged(self, *, ours: bool) -> None:
        """Note an acknowledgement: of this journal, or of another one."""
        self._foreign = not ours
        if ours:
            self._owed_ms = None

    def deadline_ms(self) -> int | None:
        """Return when this connection has lasted long enough to end a suspicion; None for never."""
        return self._up_ms + SHORT_MS if self._up_ms is not None and self._short else None

    def fault(self, now_ms: int) -> str:
        """Return what is wrong; empty for nothing."""
        if self._up_ms is not None and now_ms - self._up_ms >= SHORT_MS:
            self._short = 0
        if self._short >= MOST_SHORT:
            return (
                "another board has this gate's identity: the broker ends each connection within "
                "seconds; switch the other board off, or fleet-manager gate replace"
            )
        if self._owed_ms is None or now_ms - self._owed_ms < SILENT_MS:
            return ""
        if self._foreign:
            return (
                "another board has this gate's identity: the centre acknowledges another journal; "
                "which of the two is right? fleet-manager gate list"
            )
        return (
            "the centre acknowledges nothing of this gate: does fleet-manager serve run? was this "
            "gate given another board (gate replace)?"
        )
