"""Test that whoever sends most waits longest, and loses first."""

from collections import Counter

import pytest

from fleet_manager.daemon import fair_queue
from fleet_manager.daemon.budget import Budget
from fleet_manager.daemon.fair_queue import MAX_OF_ONE, SHARE, FairQueue
from fleet_manager.daemon.packets import Packet, sender_of


def packet(gate: str, number: int = 0, size: int = 0) -> Packet:
    return f"sg1/west-lake/{gate}/up/state", number.to_bytes(2, "big") + bytes(size)


def senders(packets: list[Packet]) -> Counter[str]:
    return Counter(sender_of(topic) for topic, _payload in packets)


def test_a_gate_that_sends_hundreds_waits_behind_the_first_of_each_other() -> None:
    waiting = FairQueue()
    for number in range(MAX_OF_ONE):
        waiting.put(packet("greedy", number))
    for gate in ("north-1", "north-2"):
        waiting.put(packet(gate))
    first = waiting.take(0)
    assert senders(first) == {"greedy": SHARE, "north-1": 1, "north-2": 1}
    assert [sender_of(topic) for topic, _ in first[:3]] == ["greedy", "north-1", "north-2"]


def test_messages_of_one_gate_keep_their_order_and_none_is_lost_below_the_bound() -> None:
    waiting = FairQueue()
    for number in range(MAX_OF_ONE):
        waiting.put(packet("north-1", number))
    taken: list[Packet] = []
    while packets := waiting.take(0):
        taken += packets
    assert taken == [packet("north-1", number) for number in range(MAX_OF_ONE)]
    assert waiting.take_lost() == {}


def test_a_full_line_loses_its_own_messages_and_nobody_elses() -> None:
    waiting = FairQueue()
    for number in range(MAX_OF_ONE + 7):
        waiting.put(packet("greedy", number))
    waiting.put(packet("north-1"))
    assert waiting.take_lost() == {"greedy": 7}
    assert waiting.take_lost() == {}


def test_a_line_is_full_by_bytes_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_queue, "MAX_BYTES_OF_ONE", 1000)
    waiting = FairQueue()
    for number in range(3):
        waiting.put(packet("greedy", number, 400))
    waiting.put(packet("north-1", size=400))
    assert waiting.take_lost() == {"greedy": 1}


def test_the_whole_queue_has_a_bound_whoever_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_queue, "MAX_MESSAGES", 10)
    waiting = FairQueue()
    for number in range(13):
        waiting.put(packet(f"gate-{number}"))
    assert waiting.take_lost() == {"": 3}
    assert len(waiting.take(0)) == 10
    waiting.put(packet("north-1"))
    assert waiting.take_lost() == {}


def test_what_no_gate_of_ours_could_have_sent_shares_one_line() -> None:
    waiting = FairQueue()
    for topic in ("", "a/b", "sg1/west-lake/UPPER/up/state", "sg1/x/\u202e/up/state"):
        waiting.put((topic, b"x"))
    assert senders(waiting.take(0)) == {"": 4}


def test_who_was_not_served_in_a_full_round_comes_first_in_the_next() -> None:
    waiting = FairQueue()
    for number in range(2):
        for gate in range(100):
            waiting.put(packet(f"gate-{gate}", number))
    first, second = waiting.take(0), waiting.take(0)
    assert len(senders(first)) == fair_queue.MAX_TOGETHER
    served = set(senders(first))
    assert [sender_of(topic) not in served for topic, _ in second[:36]] == [True] * 36


def test_a_budget_is_spent_and_comes_back_with_time() -> None:
    budget = Budget(burst=100, each_second=10)
    budget.spend("a", 130, 1000)
    assert not budget.has("a", 1000)
    assert not budget.has("a", 4000)
    assert budget.has("a", 4001)
    assert budget.has("b", 1000)
    assert budget.has("a", 9_000_000)
    budget.spend("a", 101, 9_000_000)  # not more than the burst has come back
    assert not budget.has("a", 9_000_000)
    assert not budget.has("a", 0)  # a clock that goes back gives nothing
