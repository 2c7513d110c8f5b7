"""A stolen gate that asks for everything and reads nothing fills no memory and starves nobody."""

import pytest

from hardware_sim.broker import find_mosquitto
from tests.process.siege import greedy

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(find_mosquitto() is None, reason="mosquitto is not installed"),
]
MOST_MIB = 64


def test_a_gate_that_asks_and_does_not_read_fills_no_memory_and_others_are_answered() -> None:
    seen = greedy.measured(seconds=10)
    assert seen.broker_mib <= MOST_MIB
    assert seen.centre_mib <= MOST_MIB
    assert len(seen.greedy_ms) >= 5  # each one that was asked was answered
