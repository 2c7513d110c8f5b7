"""A board's clock that can be set wrong: this machine's time, and by how much, from a file."""

from pathlib import Path

from gate_agent.clock import TimeSource, read_system


class BoardClock:
    """`file` holds the seconds by which the clock is wrong; without it, or at 0, it is right, and a
    time service has set it."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def source(self) -> TimeSource:
        """Return the clock as the daemon wants it."""
        return TimeSource(self._read, lambda: self.error_s == 0)

    @property
    def error_s(self) -> int:
        """By how many seconds the clock is wrong, as the file says now; 0 for text that is no
        number."""
        try:
            return int(self.file.read_text("ascii"))
        except (OSError, ValueError):
            return 0

    def step(self, error_s: int) -> None:
        """Set the clock wrong, or right again, in one step: the gate may read at any time."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(str(error_s), "ascii")
        fresh.replace(self.file)

    def _read(self) -> tuple[int, int]:
        wall_ms, mono_ms = read_system()
        return wall_ms + self.error_s * 1000, mono_ms
