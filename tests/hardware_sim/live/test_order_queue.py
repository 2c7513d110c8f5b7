"""Orders that are typed and clicked come together, and one that fails ends nothing."""

import pytest

from hardware_sim.live.order_queue import Done, OrderQueue
from hardware_sim.live.script import ParkOrder, ScriptError
from hardware_sim.live.waiting import Failed


def perform(order: ParkOrder) -> str:
    if order.verb == "push":
        raise ScriptError("line 1: south-1 has no arm")
    if order.verb == "agree":
        raise Failed("the books do not agree")
    return f"did {order.verb}"


def test_orders_are_done_in_their_order_until_quit() -> None:
    queue = OrderQueue(perform)
    told: list[Done] = []
    for text in ("swipe north-1 new", "", "# nothing", "push south-1", "agree", "quit", "refund"):
        queue.ask(text)
    queue.run(told.append)
    assert told == [
        Done("swipe north-1 new", "did swipe", failed=False, number=1),
        Done("push south-1", "line 1: south-1 has no arm", failed=True, number=2),
        Done("agree", "the books do not agree", failed=True, number=3),
    ]
    assert list(queue.done) == told
    assert queue.at_work == ""


def test_what_was_done_is_a_scenario() -> None:
    queue = OrderQueue(perform)
    for text in ("  swipe north-1 new ", "push south-1", "cut north-1", "quit"):
        queue.ask(text)
    queue.run(lambda _done: None)
    assert queue.scenario == "swipe north-1 new\ncut north-1\n"


@pytest.mark.parametrize("text", ["dance", "swipe north-1", "swipe 'north-1", "show", "help"])
def test_what_is_no_order_is_refused_at_once(text: str) -> None:
    with pytest.raises(ScriptError):
        OrderQueue(perform).ask(text)
