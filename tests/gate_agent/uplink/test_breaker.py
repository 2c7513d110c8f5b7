"""Which claims have no answer yet, and whether visitors wait."""

from gate_agent.uplink import breaker
from gate_agent.uplink.breaker import MOST_OPEN, Breaker


def test_the_breaker_remembers_a_bounded_number() -> None:
    state = Breaker()
    for number in range(MOST_OPEN + 5):
        state = breaker.asked(state, number, 0)
    assert len(state.sent) == MOST_OPEN
    assert breaker.answered(state, 2, 1, 60) is None
    after = breaker.answered(state, 30, 1, 60)
    assert after is not None
    assert 30 not in dict(after.sent)
