"""Which pulse runs when, over any requests: never two of one turnstile, never beyond the cap."""

from hypothesis import given
from hypothesis import strategies as st

from gate_agent.drivers.arms.guard.pulses import CAP_MS, GAP_MS, STALE_MS, Pulses


def test_a_pulse_begins_at_once_and_ends_on_time() -> None:
    pulses = Pulses(["a"])
    assert pulses.ask(0, 300, 1, 1000.0) == "on"
    assert pulses.begin(1000.0) == (0, 1, True)
    assert pulses.due_ms() == 1300.0
    assert pulses.ended(1299.9) == []
    assert pulses.ended(1300.0) == [(0, 1)]
    assert pulses.due_ms() is None


def test_a_second_one_waits_for_the_gap_and_a_third_is_refused() -> None:
    pulses = Pulses(["a"])
    pulses.ask(0, 300, 1, 0.0)
    pulses.begin(0.0)
    assert pulses.ask(0, 300, 2, 10.0) == "queued"
    assert pulses.ask(0, 300, 3, 20.0) == "two pulses are still to come"
    pulses.ended(300.0)
    assert pulses.begin(300.0 + GAP_MS - 1) is None
    assert pulses.due_ms() == 300.0 + GAP_MS
    assert pulses.begin(300.0 + GAP_MS) == (0, 2, True)


def test_two_directions_of_one_turnstile_take_turns_and_another_turnstile_does_not_wait() -> None:
    pulses = Pulses(["a", "a", "b"])
    assert pulses.ask(0, 300, 1, 0.0) == "on"
    pulses.begin(0.0)
    assert pulses.ask(1, 300, 2, 0.0) == "queued"
    assert pulses.ask(2, 300, 3, 0.0) == "on"
    assert pulses.begin(0.0) == (2, 3, True)
    assert pulses.begin(0.0) is None


def test_a_pulse_that_comes_too_late_is_not_given() -> None:
    pulses = Pulses(["a"])
    pulses.ask(0, 300, 1, 0.0)
    assert pulses.begin(STALE_MS + 1) == (0, 1, False)
    assert pulses.until_ms == {}


def test_nonsense_is_refused() -> None:
    pulses = Pulses(["a"])
    for relay, ms in ((1, 300), (-1, 300), (0, 0), (0, CAP_MS + 1)):
        assert pulses.ask(relay, ms, 1, 0.0) == "no such pulse"


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, CAP_MS), st.integers(0, 700)), max_size=40)
)
def test_no_two_of_a_turnstile_and_none_beyond_the_cap(asks: list[tuple[int, int, int]]) -> None:
    groups = ["a", "a", "b"]
    pulses, now = Pulses(groups), 0.0
    on: dict[int, float] = {}
    free_at = {"a": 0.0, "b": 0.0}

    def run(until: float) -> None:
        nonlocal now
        while (due := pulses.due_ms()) is not None and due <= until:
            now = max(now, due)
            turn()
        now = until

    def turn() -> None:
        for relay, _ in pulses.ended(now):
            assert now - on.pop(relay) <= CAP_MS
            free_at[groups[relay]] = now + GAP_MS
        while (begun := pulses.begin(now)) is not None:
            relay = begun[0]
            assert begun[2]
            assert all(groups[other] != groups[relay] for other in on)
            assert now >= free_at[groups[relay]]
            on[relay] = now

    for number, (relay, ms, wait) in enumerate(asks):
        run(now + wait)
        pulses.ask(relay, ms, number, now)
        turn()
    run(now + 10_000)
    assert not on
    assert not pulses.queue
