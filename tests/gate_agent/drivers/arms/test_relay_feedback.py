"""A relay that is stuck, or deaf."""

from gate_agent.drivers.arms.relay_feedback import RelayFeedback


def test_a_relay_that_follows_is_in_order() -> None:
    relay = RelayFeedback(closed=False)
    assert relay.fault(0) == (None, None)
    relay.commanded(True, 1000)
    assert relay.fault(1010) == (None, 1100)
    relay.seen(True, 1015)
    assert relay.fault(1200) == (None, None)
    relay.commanded(False, 1300)
    assert relay.fault(1310) == (None, 1400)
    relay.seen(False, 1320)
    assert relay.fault(9999) == (None, None)


def test_a_relay_that_stays_closed_is_stuck_until_it_opens() -> None:
    relay = RelayFeedback(closed=False)
    relay.commanded(True, 0)
    relay.seen(True, 10)
    relay.commanded(False, 300)
    assert relay.fault(399)[0] is None
    assert "stuck closed" in str(relay.fault(400)[0])
    relay.seen(False, 5000)
    assert relay.fault(5000) == (None, None)


def test_one_that_is_closed_from_the_start_is_stuck() -> None:
    assert "stuck closed" in str(RelayFeedback(closed=True).fault(0)[0])


def test_a_relay_that_never_closes_stays_under_suspicion_until_it_does() -> None:
    relay = RelayFeedback(closed=False)
    relay.commanded(True, 0)
    relay.commanded(False, 300)
    assert "does not close" in str(relay.fault(1000)[0])
    relay.commanded(True, 2000)
    assert "does not close" in str(relay.fault(2010)[0])
    relay.seen(True, 2020)
    assert relay.fault(2100) == (None, None)
