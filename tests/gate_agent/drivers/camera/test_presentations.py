"""Presentations: once for each time a code is shown."""

from hypothesis import given
from hypothesis import strategies as st

from gate_agent.drivers.camera.presentations import AWAY_MS, MOST, Presentations

A, B = b"A", b"B"


def test_a_code_in_view_is_told_once() -> None:
    seen = Presentations()
    assert seen.seen([A], 0) == [A]
    for now_ms in range(100, 20_000, 100):
        assert seen.seen([A], now_ms) == []


def test_a_code_that_was_away_is_told_again() -> None:
    seen = Presentations()
    seen.seen([A], 0)
    assert seen.seen([], AWAY_MS - 1) == []
    assert seen.seen([A], AWAY_MS - 1) == []
    assert seen.seen([], 2 * AWAY_MS) == []
    assert seen.seen([A], 2 * AWAY_MS) == [A]


def test_another_code_is_told_at_once() -> None:
    seen = Presentations()
    assert seen.seen([A], 0) == [A]
    assert seen.seen([B], 100) == [B]


def test_two_codes_read_in_turns_are_two_presentations() -> None:
    seen = Presentations()
    told = [code for at in range(0, 10_000, 100) for code in seen.seen([A, B][at // 100 % 2 :], at)]
    assert sorted(told) == [A, B]


def test_an_unchanged_picture_keeps_what_is_in_view() -> None:
    seen = Presentations()
    seen.seen([A], 0)
    for now_ms in range(0, 10_000, 500):
        seen.unchanged(now_ms)
    assert seen.seen([A], 10_000) == []


def test_a_poster_full_of_codes_is_not_a_crowd() -> None:
    seen = Presentations()
    assert len(seen.seen([b"%d" % i for i in range(100)], 0)) == MOST


@given(st.lists(st.tuples(st.integers(0, 1000), st.lists(st.sampled_from([A, B, b""])))))
def test_two_tellings_of_a_code_are_always_an_absence_apart(
    frames: list[tuple[int, list[bytes]]],
) -> None:
    seen = Presentations()
    now_ms = 0
    last_view: dict[bytes, int] = {}
    for wait_ms, codes in frames:
        now_ms += wait_ms
        for code in seen.seen(codes, now_ms):
            assert now_ms - last_view.get(code, -(10**9)) >= AWAY_MS
        last_view.update(dict.fromkeys(codes, now_ms))


def test_a_code_that_left_an_unchanged_picture_is_told_again() -> None:
    """The next visitor shows a copy: nothing moved in between, but the code was gone."""
    seen = Presentations()
    seen.moved()
    assert seen.seen([A], 0) == [A]
    seen.moved()
    assert seen.seen([], 300) == []
    for now_ms in range(400, 3000, 100):
        seen.unchanged(now_ms)
    seen.moved()
    assert seen.seen([A], 3000) == [A]
