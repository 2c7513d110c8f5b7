"""What has surely passed: never wrong while its evidence is right; forged evidence is bounded."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from gate_agent.time_bound import LEAP_MS, SLACK_MS, WITNESSES, TimeBound
from tests.gate_agent.validator.builders import prove

HOUR, DAY = 3_600_000, 86_400_000
TODAY = 1_795_000_000_000
YEAR_2031 = 1_925_000_000_000


def ids() -> "count[int]":
    return count(1)


def sold(bound: TimeBound, *times: int, mono_ms: int = 0) -> TimeBound:
    """Different tickets, one for each issue time."""
    for number, time_ms in enumerate(times):
        bound = bound.issued(time_ms, number.to_bytes(8, "big"), mono_ms)
    return bound


KNOWN = TimeBound(signed_ms=TODAY)


def test_it_goes_on_with_the_boot_time() -> None:
    assert KNOWN.at(DAY).bound_ms == TODAY + DAY
    assert TimeBound(0, TODAY, 50).at(51).bound_ms == TODAY + 1
    assert TimeBound().at(DAY).bound_ms == 0
    assert TimeBound(TODAY, 0, 50).at(10) == TimeBound(TODAY, 0, 50)


def test_a_list_of_long_ago_says_nothing_of_now() -> None:
    heard = TimeBound(TODAY, TODAY + DAY)
    assert heard.signed(TODAY + 1, 0).bound_ms == TODAY + DAY


def test_a_forged_future_ticket_moves_nothing() -> None:
    forged = sold(KNOWN, *[YEAR_2031] * (WITNESSES - 1))
    assert forged.bound_ms == TODAY
    again = forged.issued(YEAR_2031 + 1, (0).to_bytes(8, "big"), 0)
    assert again.bound_ms == TODAY, "the same ticket again, or printed again, is one witness"


def test_tickets_sold_since_move_the_bound_to_the_earliest_of_three() -> None:
    assert sold(KNOWN, TODAY + 3 * HOUR, TODAY + HOUR, TODAY + 2 * HOUR).bound_ms == TODAY + HOUR
    four = sold(KNOWN, TODAY + 3 * HOUR, TODAY + HOUR, TODAY + 2 * HOUR, TODAY + 4 * HOUR)
    assert four.bound_ms == TODAY + 2 * HOUR


def test_one_forged_ticket_among_honest_ones_moves_the_bound_no_further() -> None:
    honest = (TODAY + HOUR, TODAY + 2 * HOUR, TODAY + 3 * HOUR)
    assert sold(KNOWN, YEAR_2031, *honest).bound_ms <= max(honest)


def test_fast_forward() -> None:
    """Whoever has a ticket key pushes a gate that is cut off by a month at most, and the next
    beacon takes it back."""
    pushed = sold(KNOWN, *[YEAR_2031] * 50)
    assert pushed.bound_ms == TODAY + LEAP_MS
    again = sold(pushed.at(DAY), *[YEAR_2031 + DAY] * 50, mono_ms=DAY)
    assert again.bound_ms == TODAY + LEAP_MS + DAY
    back = again.beacon(TODAY + 2 * DAY, 2 * DAY)
    assert (back.bound_ms, back.issues) == (TODAY + 2 * DAY, ())


def test_a_host_clock_that_was_ahead_is_taken_back_by_a_beacon() -> None:
    wrong = KNOWN.host(YEAR_2031)
    assert wrong.bound_ms == YEAR_2031
    assert wrong.beacon(TODAY + HOUR, HOUR).bound_ms == TODAY + HOUR


def test_a_beacon_that_comes_late_contradicts_nobody() -> None:
    right = KNOWN.beacon(TODAY + DAY, DAY).at(DAY).host(TODAY + DAY)
    late = right.beacon(TODAY + DAY - SLACK_MS - 1, DAY)
    assert late.bound_ms == TODAY + DAY


def test_a_beacon_that_was_held_back_takes_nothing_from_newer_hearsay() -> None:
    known = TimeBound(signed_ms=TODAY).host(TODAY + HOUR)
    late = known.beacon(TODAY - SLACK_MS - 1, 0)
    assert late == known
    assert known.beacon(TODAY - SLACK_MS, 0).hearsay_ms == 0


def test_clocks_that_differ_a_little_agree() -> None:
    heard = KNOWN.host(TODAY + SLACK_MS)
    assert heard.beacon(TODAY + 1, 0).bound_ms == TODAY + SLACK_MS


def test_without_any_list_a_ticket_proves_nothing() -> None:
    assert sold(TimeBound(), *[YEAR_2031] * 9) == TimeBound()


def test_a_ticket_of_the_past_costs_nothing() -> None:
    assert KNOWN.issued(TODAY, bytes(8), 0) is KNOWN


EVIDENCE = st.lists(
    st.tuples(
        st.sampled_from(("list", "beacon", "host", "ticket")),
        st.integers(0, DAY),
        st.integers(0, DAY),
    ),
    max_size=30,
)


@prove
@given(EVIDENCE)
def test_honest_evidence_never_makes_it_wrong(steps: list[tuple[str, int, int]]) -> None:
    """Lists and tickets of the past, beacons on their way, a clock that is right."""
    bound, true_ms, mono_ms, number = TimeBound(), TODAY, 0, ids()
    for kind, later, age in steps:
        true_ms, mono_ms = true_ms + later, mono_ms + later
        match kind:
            case "list":
                bound = bound.signed(true_ms - age, mono_ms)
            case "beacon":
                bound = bound.beacon(true_ms - age, mono_ms)
            case "host":
                bound = bound.at(mono_ms).host(true_ms)
            case _:
                bound = bound.issued(true_ms - age, next(number).to_bytes(8, "big"), mono_ms)
        assert bound.at(mono_ms).bound_ms <= true_ms


@prove
@given(EVIDENCE)
def test_what_is_signed_never_falls(steps: list[tuple[str, int, int]]) -> None:
    """Whatever else is said, in whatever order, at any time."""
    bound, mono_ms, number = KNOWN, 0, ids()
    for kind, later, jump in steps:
        mono_ms += later
        before = bound.at(mono_ms).signed_ms
        at_ms = YEAR_2031 if jump % 2 else jump
        match kind:
            case "list":
                bound = bound.signed(at_ms % TODAY, mono_ms)
            case "beacon":
                bound = bound.beacon(at_ms % TODAY, mono_ms)
            case "host":
                bound = bound.at(mono_ms).host(at_ms)
            case _:
                bound = bound.issued(at_ms, next(number).to_bytes(8, "big"), mono_ms)
        assert bound.at(mono_ms).signed_ms >= before
