"""Two boards with one identity: the signs of it at one of them."""

from gate_agent.uplink.rivals import MOST_SHORT, SHORT_MS, SILENT_MS, RivalWatch


def flap(watch: RivalWatch, times: int, at_ms: int = 0) -> int:
    for _ in range(times):
        watch.link_up(at_ms)
        watch.acknowledged(ours=True)
        at_ms += 1000
        watch.link_down(at_ms)
        at_ms += 1000
    return at_ms


def test_connections_that_end_within_seconds_are_a_rival() -> None:
    watch = RivalWatch()
    now_ms = flap(watch, MOST_SHORT - 1)
    assert watch.fault(now_ms) == ""
    now_ms = flap(watch, 1, now_ms)
    assert watch.fault(now_ms).startswith("another board has this gate's identity")


def test_a_connection_that_lasts_ends_the_suspicion() -> None:
    watch = RivalWatch()
    now_ms = flap(watch, MOST_SHORT)
    assert watch.deadline_ms() is None
    watch.link_up(now_ms)
    assert watch.fault(now_ms + SHORT_MS - 1)
    assert watch.deadline_ms() == now_ms + SHORT_MS
    assert watch.fault(now_ms + SHORT_MS) == ""
    assert watch.deadline_ms() is None
    watch.link_down(now_ms + SHORT_MS)
    assert watch.fault(now_ms + SHORT_MS) == ""


def test_cables_that_are_pulled_now_and_then_are_no_rival() -> None:
    watch, now_ms = RivalWatch(), 0
    for _ in range(10):
        now_ms = flap(watch, MOST_SHORT - 1, now_ms)
        watch.link_up(now_ms)
        watch.acknowledged(ours=True)
        now_ms += SHORT_MS
        watch.link_down(now_ms)
        assert watch.fault(now_ms) == ""
    watch.link_down(now_ms)
    assert watch.fault(now_ms) == ""


def test_a_gate_whose_journal_is_not_acknowledged_says_so() -> None:
    watch = RivalWatch()
    watch.link_up(0)
    assert watch.fault(SILENT_MS - 1) == ""
    assert "the centre acknowledges nothing of this gate" in watch.fault(SILENT_MS)
    watch.acknowledged(ours=False)
    assert "acknowledges another journal" in watch.fault(SILENT_MS)
    watch.acknowledged(ours=True)
    assert watch.fault(10 * SILENT_MS) == ""
    watch.sent(10 * SILENT_MS)
    watch.sent(11 * SILENT_MS - 1)
    assert watch.fault(11 * SILENT_MS)
    watch.link_down(11 * SILENT_MS)
    assert watch.fault(12 * SILENT_MS) == "", "who is not linked expects no answer"
