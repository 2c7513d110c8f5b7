"""PURE. What the records of one card tell, read one after the other: modes, who is in a lane, what
became of each ticket. Written down here once more, without the gate's own fold."""

from collections import defaultdict

from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind
from hardware_sim.park.calendar_day import CalendarDay
from hardware_sim.park.oracle.answers import Past


class CardStory:
    """`past`: of each ticket, by its id."""

    def __init__(self, day: CalendarDay) -> None:
        self.past: defaultdict[bytes, Past] = defaultdict(Past)
        self._day = day
        self._modes: dict[int, str] = {}
        self._open: dict[int, tuple[int, int]] = {}

    def mode(self, lane: int) -> str:
        """Return the mode of a lane."""
        return self._modes.get(lane, "controlled")

    def is_open(self, lane: int) -> bool:
        """Return whether somebody has a grant at this lane who has not passed."""
        return any(at == lane for at, left in self._open.values() if left > 0)

    def add(self, row: Passage, true_ms: float) -> None:
        """Read the next record, which was made at `true_ms`."""
        match row.kind:
            case PassageKind.BOOT:
                self._modes.clear()
            case PassageKind.MODE:
                self._modes[row.lane] = row.detail.split()[0]
            case PassageKind.GRANTED:
                self._open[row.seq] = row.lane, row.persons
            case _ if row.grant in self._open:
                lane, left = self._open[row.grant]
                self._open[row.grant] = lane, left - row.persons
        if row.ticket is not None and row.kind is not PassageKind.DENIED:
            past = self.past[row.ticket]
            past.untrusted |= row.clock is not ClockState.TRUSTED
            self._of_ticket(past, row, true_ms)

    def _of_ticket(self, past: Past, row: Passage, true_ms: float) -> None:
        leaves = row.direction is Direction.OUT
        match row.kind:
            case PassageKind.GRANTED:
                past.open += 0 if leaves else row.persons
                past.last_grant_ms = true_ms
            case PassageKind.NOT_TAKEN if not leaves:
                past.open -= row.persons
            case PassageKind.TAKEN if leaves:
                past.inside -= row.persons
                past.left_since = True
            case PassageKind.TAKEN | PassageKind.UNRESOLVED if not leaves:
                day, _ = self._day.day_hour(row.wall_ms)
                past.today = (past.today if past.day == day else 0) + row.persons
                past.day = day
                past.open -= row.persons
                past.entered += row.persons
                past.inside += row.persons
                past.last_in_ms = row.wall_ms
                past.left_since = False
