"""Time on a board without a clock chip: cold, ahead, stepped, lied to."""

import time

from hypothesis import given
from hypothesis import strategies as st

from gate_agent.clock import LONGEST_ABSENCE_MS, SystemClock, TimeSource, boot_number, read_system
from gate_agent.time_bound import SLACK_MS, TimeBound
from gate_agent.validator.moment import ClockState

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
TODAY_MS = 1_795_000_000_000
YEAR_2031_MS = 1_925_000_000_000
UNKNOWN, BOUNDED, TRUSTED = ClockState


class Board:
    """A board's two clocks, and whether the network has set the first."""

    def __init__(self, wall_ms: int = 0, synchronised: bool = False) -> None:
        self.wall_ms, self.mono_ms, self.set, self.asked = wall_ms, 100, synchronised, 0

    def move(self, ms: int) -> None:
        self.wall_ms += ms
        self.mono_ms += ms

    def read(self) -> tuple[int, int]:
        return self.wall_ms, self.mono_ms

    def synchronised(self) -> bool:
        self.asked += 1
        return self.set


def clock(board: Board, signed_ms: int = 0, *, trust_host: bool = False) -> SystemClock:
    return SystemClock(
        3,
        trust_host=trust_host,
        bound=TimeBound(signed_ms),
        source=TimeSource(board.read, board.synchronised),
    )


def test_nothing_is_known_at_first() -> None:
    now = clock(Board(5)).now()
    assert (now.state, now.bound_ms, now.wall_ms, now.boot) == (UNKNOWN, 0, 5, 3)


def test_a_cold_boot_in_1970() -> None:
    """The bound of the last boot is where this one begins, and it goes on with the boot time."""
    board = Board(wall_ms=0)
    ours = clock(board, TODAY_MS)
    board.move(DAY_MS)
    now = ours.now()
    assert (now.state, now.bound_ms, now.wall_ms) == (
        BOUNDED, TODAY_MS + DAY_MS, TODAY_MS + DAY_MS,
    )  # fmt: skip


def test_a_clock_in_2031() -> None:
    """It is no guess even while nobody contradicts it, and never a bound."""
    now = clock(Board(YEAR_2031_MS), TODAY_MS).now()
    assert (now.state, now.bound_ms, now.wall_ms) == (BOUNDED, TODAY_MS, TODAY_MS)


def test_a_clock_in_2031_that_says_it_is_synchronised() -> None:
    ours = clock(Board(YEAR_2031_MS, synchronised=True), TODAY_MS)
    now = ours.now()
    assert (now.state, now.bound_ms, now.wall_ms) == (BOUNDED, TODAY_MS, TODAY_MS)
    assert "more than a year ahead" in ours.doubt


def test_a_clock_in_1970_that_says_it_is_synchronised() -> None:
    ours = clock(Board(1, synchronised=True), TODAY_MS)
    assert (ours.now().state, ours.now().wall_ms) == (BOUNDED, TODAY_MS)
    assert ours.doubt.startswith("it says 1970-01-01T00:00:00Z; 2026-")


def test_a_step_back_during_the_day() -> None:
    """What the clock said while it was right is a bound: an hour less is a contradiction, and the
    guess goes on as if nothing had happened."""
    board = Board(TODAY_MS, synchronised=True)
    ours = clock(board, TODAY_MS)
    assert ours.now().state is TRUSTED
    board.wall_ms -= HOUR_MS
    board.move(10)
    now = ours.now()
    assert (now.state, now.wall_ms, now.bound_ms) == (BOUNDED, TODAY_MS + 10, TODAY_MS + 10)
    board.wall_ms += HOUR_MS
    board.move(1000)
    assert (ours.now().state, ours.doubt) == (TRUSTED, "")


def test_a_step_of_a_clock_that_nobody_trusts_moves_no_day() -> None:
    board = Board(TODAY_MS + HOUR_MS)
    ours = clock(board, TODAY_MS)
    for step in (-HOUR_MS, 3 * DAY_MS, -30 * DAY_MS):
        board.wall_ms += step
        board.move(1000)
    assert ours.now().wall_ms == TODAY_MS + HOUR_MS + 3000


def test_a_clock_the_network_has_set_is_trusted() -> None:
    board = Board(wall_ms=TODAY_MS)
    ours = clock(board, TODAY_MS - DAY_MS)
    assert ours.now().state is BOUNDED
    board.set = True
    board.move(999)
    assert ours.now().state is BOUNDED
    board.move(1)
    now = ours.now()
    assert (now.state, now.bound_ms, now.wall_ms) == (TRUSTED, board.wall_ms, board.wall_ms)
    assert board.asked == 2


def test_a_network_that_is_lost_leaves_the_time_that_was_right() -> None:
    board = Board(TODAY_MS, synchronised=True)
    ours = clock(board)
    ours.now()
    board.set, board.wall_ms = False, 0
    board.move(DAY_MS)
    assert (ours.now().state, ours.now().wall_ms) == (BOUNDED, TODAY_MS + DAY_MS)


def test_a_host_that_is_trusted_is_not_asked() -> None:
    board = Board(wall_ms=TODAY_MS)
    now = clock(board, TODAY_MS + DAY_MS, trust_host=True).now()
    assert (now.state, now.wall_ms) == (TRUSTED, TODAY_MS)
    assert board.asked == 0


def test_an_outage_with_reboots() -> None:
    """Three boots without a network, each from what the last one kept."""
    known, true_ms = TimeBound(TODAY_MS), TODAY_MS
    for _ in range(3):
        board = Board(wall_ms=0)
        ours = SystemClock(
            1, trust_host=False, bound=known, source=TimeSource(board.read, board.synchronised)
        )
        board.move(HOUR_MS)
        true_ms += HOUR_MS
        known = ours.bound
        assert ours.now().bound_ms == true_ms
        true_ms += DAY_MS  # without power, which no board can count
        known = TimeBound(known.signed_ms, known.hearsay_ms)
        true_ms = known.bound_ms


def test_a_beacon_sets_the_guess_of_a_board_without_a_clock() -> None:
    board = Board(wall_ms=0)
    ours = clock(board)
    ours.take_beacon_time(TODAY_MS)
    board.move(5)
    now = ours.now()
    assert (now.state, now.bound_ms, now.wall_ms) == (BOUNDED, TODAY_MS + 5, TODAY_MS + 5)


def test_a_beacon_corrects_a_clock_that_is_ahead() -> None:
    """Synchronised with a wrong server, an hour ahead: believed until the centre speaks."""
    board = Board(TODAY_MS + HOUR_MS, synchronised=True)
    ours = clock(board, TODAY_MS - DAY_MS)
    assert ours.now().state is TRUSTED
    ours.take_beacon_time(TODAY_MS)
    now = ours.now()
    assert (now.state, now.bound_ms, now.wall_ms) == (BOUNDED, TODAY_MS, TODAY_MS)
    assert ours.doubt == "it is ahead of the centre's clock"
    board.wall_ms = TODAY_MS + 60_000
    board.mono_ms += 60_000
    ours.take_beacon_time(TODAY_MS + 60_000)
    assert (ours.now().state, ours.doubt) == (TRUSTED, "")


def test_a_beacon_on_its_way_for_a_while_doubts_nobody() -> None:
    board = Board(TODAY_MS, synchronised=True)
    ours = clock(board, TODAY_MS - DAY_MS)
    ours.take_beacon_time(TODAY_MS - SLACK_MS)
    assert ours.now().state is TRUSTED


def test_a_clock_that_drifts_is_caught_when_it_matters() -> None:
    board = Board(TODAY_MS, synchronised=True)
    ours = clock(board, TODAY_MS)
    for minute in range(1, 10):
        board.wall_ms += 90_000
        board.mono_ms += 60_000
        ours.take_beacon_time(TODAY_MS + minute * 60_000)
    assert ours.now().state is BOUNDED
    assert abs(ours.now().wall_ms - TODAY_MS - 540_000) <= SLACK_MS


def test_a_forged_future_ticket() -> None:
    board = Board()
    ours = clock(board, TODAY_MS)
    for number in range(2):
        ours.take_issue_time(YEAR_2031_MS, bytes([number]) * 8)
    assert ours.now().bound_ms == TODAY_MS
    for number in range(9):
        ours.take_issue_time(YEAR_2031_MS, bytes([number]) * 8)
    assert ours.now().bound_ms <= TODAY_MS + 31 * DAY_MS
    ours.take_beacon_time(TODAY_MS + 1000)
    assert ours.now().bound_ms == TODAY_MS + 1000


def test_tickets_sold_during_an_outage_move_a_board_without_a_clock() -> None:
    ours = clock(Board(), TODAY_MS)
    for number in range(3):
        ours.take_issue_time(TODAY_MS + DAY_MS + number, bytes([number]) * 8)
    assert ours.now().bound_ms == TODAY_MS + DAY_MS


def test_a_board_that_was_off_for_less_than_a_year_is_believed() -> None:
    board = Board(TODAY_MS + LONGEST_ABSENCE_MS, synchronised=True)
    assert clock(board, TODAY_MS).now().state is TRUSTED


@given(
    st.integers(1, TODAY_MS),
    st.lists(st.tuples(st.integers(0, DAY_MS), st.integers(0, TODAY_MS)), max_size=20),
)
def test_what_was_signed_never_falls(signed_ms: int, lessons: list[tuple[int, int]]) -> None:
    board = Board()
    ours = clock(board, signed_ms)
    before = 0
    for ms, passed_ms in lessons:
        board.move(ms)
        ours.raise_lower_bound(passed_ms)
        bound = ours.now().bound_ms
        assert bound >= max(before, passed_ms, signed_ms)
        assert ours.now().wall_ms >= bound
        before = bound


def test_the_real_clocks() -> None:
    wall_ms, mono_ms = read_system()
    assert abs(wall_ms - time.time() * 1000) < 60_000
    assert 0 < mono_ms <= read_system()[1]
    assert 0 <= boot_number() < 1 << 32
    assert boot_number() == boot_number()
    now = SystemClock(boot_number(), trust_host=True, bound=TimeBound()).now()
    assert now.state is TRUSTED
