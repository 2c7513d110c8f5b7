"""Time on a board without a clock chip."""

import time

from hypothesis import given
from hypothesis import strategies as st

from gate_agent.clock import SystemClock, boot_number, read_system
from gate_agent.validator.moment import ClockState

DAY_MS = 86_400_000
TODAY_MS = 1_795_000_000_000


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


def clock(board: Board, bound_ms: int = 0, *, trust_host: bool = False) -> SystemClock:
    return SystemClock(
        3,
        trust_host=trust_host,
        bound_ms=bound_ms,
        read=board.read,
        synchronised=board.synchronised,
    )


def test_nothing_is_known_at_first() -> None:
    now = clock(Board(5)).now()
    assert (now.state, now.bound_ms, now.wall_ms, now.boot) == (ClockState.UNKNOWN, 0, 5, 3)


def test_what_has_passed_is_a_lower_bound_that_goes_on_with_the_boot_time() -> None:
    board = Board(wall_ms=0)
    ours = clock(board, bound_ms=TODAY_MS)
    board.move(DAY_MS)
    now = ours.now()
    assert (now.state, now.bound_ms, now.wall_ms) == (
        ClockState.BOUNDED, TODAY_MS + DAY_MS, TODAY_MS + DAY_MS,
    )  # fmt: skip


def test_a_wall_clock_ahead_of_the_bound_is_the_better_guess() -> None:
    now = clock(Board(wall_ms=TODAY_MS + 5), bound_ms=TODAY_MS).now()
    assert (now.wall_ms, now.bound_ms) == (TODAY_MS + 5, TODAY_MS)


def test_a_clock_the_network_has_set_is_trusted() -> None:
    board = Board(wall_ms=TODAY_MS)
    ours = clock(board, bound_ms=TODAY_MS - DAY_MS)
    assert ours.now().state is ClockState.BOUNDED
    board.set = True
    board.move(999)
    assert ours.now().state is ClockState.BOUNDED
    board.move(1)
    now = ours.now()
    assert (now.state, now.bound_ms, now.wall_ms) == (
        ClockState.TRUSTED, board.wall_ms, board.wall_ms,
    )  # fmt: skip
    assert board.asked == 2


def test_a_host_that_is_trusted_is_not_asked() -> None:
    board = Board(wall_ms=TODAY_MS)
    now = clock(board, bound_ms=TODAY_MS + DAY_MS, trust_host=True).now()
    assert (now.state, now.wall_ms) == (ClockState.TRUSTED, TODAY_MS)
    assert board.asked == 0


def test_learning_from_nothing() -> None:
    board = Board()
    ours = clock(board)
    board.move(7)
    ours.learn(TODAY_MS)
    board.move(5)
    assert ours.now().bound_ms == TODAY_MS + 5


@given(
    st.integers(0, TODAY_MS),
    st.lists(st.tuples(st.integers(0, DAY_MS), st.integers(0, 2 * TODAY_MS)), max_size=20),
)
def test_the_bound_never_falls(bound_ms: int, lessons: list[tuple[int, int]]) -> None:
    board = Board()
    ours = clock(board, bound_ms)
    before = 0
    for ms, passed_ms in lessons:
        board.move(ms)
        ours.learn(passed_ms)
        bound = ours.now().bound_ms
        assert bound >= max(before, passed_ms, bound_ms)
        assert ours.now().wall_ms >= bound
        before = bound


def test_the_real_clocks() -> None:
    wall_ms, mono_ms = read_system()
    assert abs(wall_ms - time.time() * 1000) < 60_000
    assert 0 < mono_ms <= read_system()[1]
    assert 0 <= boot_number() < 1 << 32
    assert boot_number() == boot_number()
    now = SystemClock(boot_number(), trust_host=True, bound_ms=0).now()
    assert now.state is ClockState.TRUSTED
