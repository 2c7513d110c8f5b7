"""PURE. Codes in a stream of bytes: one for each line, whatever the line end."""

MAX_LINE_BYTES = 512
"""No ticket code is longer; the longest this product writes has fewer than 200 characters."""

FIRST_GAP_S = 0.25
"""So much silence ends a code of a scanner that sends no line ends."""

LATER_GAP_S = 1.0
"""The same for a scanner that has sent a line end before: it is only late, or was interrupted."""

_ENDS = b"\r\n"


class Lines:
    """Splits a stream into lines. CR, LF, CR LF or silence ends a line; empty lines are ignored; no
    other byte is special.

    `dropped`: how many lines were longer than MAX_LINE_BYTES. Such a line is dropped as a whole:
    its head alone would be another code than the visitor's.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._line = bytearray()
        self._too_long = False
        self._has_ends = False

    @property
    def gap_s(self) -> float | None:
        """Return after how many seconds of silence to call `pause`; None while no line has
        begun."""
        if not self._line and not self._too_long:
            return None
        return LATER_GAP_S if self._has_ends else FIRST_GAP_S

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that `data` completes."""
        done: list[bytes] = []
        at = 0
        for end, byte in enumerate(data):
            if byte in _ENDS:
                self._has_ends = True
                self._add(data[at:end])
                at = end + 1
                done += self.pause()
        self._add(data[at:])
        return done

    def pause(self) -> list[bytes]:
        """Return the line that silence ends: at most one."""
        line, self._line = bytes(self._line), bytearray()
        if self._too_long:
            self._too_long = False
            self.dropped += 1
            return []
        return [line] if line else []

    def _add(self, data: bytes) -> None:
        if len(self._line) + len(data) > MAX_LINE_BYTES:
            self._too_long = True
            self._line.clear()
        if not self._too_long:
            self._line += data
