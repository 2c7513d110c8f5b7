"""How many codes are too many."""

from gate_agent.drivers.scanners.flow import Flow


def test_people_are_never_too_many() -> None:
    flow = Flow()
    assert all(flow.admits(at / 4) for at in range(1000))
    assert not flow.noisy


def test_a_burst_is_admitted_and_noise_is_not() -> None:
    flow = Flow(burst=5, per_s=1)
    assert [flow.admits(10.0) for _ in range(8)] == [True] * 5 + [False] * 3
    assert flow.noisy


def noisy_at(flow: Flow, now_s: float) -> bool:
    flow.refill(now_s)
    return flow.noisy


def test_noise_that_goes_on_stays_shut_and_silence_ends_it() -> None:
    flow = Flow(burst=5, per_s=1)
    for at in range(100):
        flow.admits(10 + at / 10)
    assert not flow.admits(21.0)
    assert [noisy_at(flow, second) for second in (25.9, 26.1)] == [True, False]
    assert flow.admits(26.1)


def test_a_clock_that_goes_back_gives_nothing() -> None:
    flow = Flow(burst=1, per_s=1)
    assert flow.admits(10.0)
    assert not flow.admits(5.0)
