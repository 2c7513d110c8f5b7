"""Orders as text: the shipped scenarios parse, and any text gives orders or one clear error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware_sim.live.console import SHIPPED, scenario
from hardware_sim.live.script import (
    ORDERS,
    ParkOrder,
    ScriptError,
    number,
    parse,
    parse_line,
    seconds,
)


def test_a_line() -> None:
    assert parse_line("swipe north-1 new  # a visitor", 3) == ParkOrder(
        3, "swipe", ("north-1", "new")
    )
    assert parse_line("   # nothing") is None
    assert parse_line("push north-1") == ParkOrder(1, "push", ("north-1",))


@pytest.mark.parametrize(
    "text",
    [
        "dance",
        "swipe north-1",
        "cut",
        "cut north-1 now",
        "agree all",
        "wait",
        'swipe "north',
        "push",
    ],
)
def test_what_is_no_order(text: str) -> None:
    with pytest.raises(ScriptError, match="line 2: "):
        parse("\n" + text)


@pytest.mark.parametrize("word", ["soon", "-1", "nan", "1e9"])
def test_what_is_no_time(word: str) -> None:
    with pytest.raises(ScriptError, match="seconds"):
        seconds(ParkOrder(1, "wait", (word,)), 0, 1.0)


def test_a_time_or_the_usual_one() -> None:
    assert seconds(ParkOrder(1, "wait", ("2.5",)), 0, 1.0) == 2.5
    assert seconds(ParkOrder(1, "expect", ("g", "taken")), 2, 15.0) == 15.0


@given(st.text())
def test_any_text_gives_orders_or_one_error(text: str) -> None:
    try:
        orders = parse(text)
    except ScriptError:
        return
    assert all(order.verb in ORDERS for order in orders)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.txt")), ids=lambda path: path.stem)
def test_shipped_scenarios_parse_and_end_with_the_books(path: object) -> None:
    assert parse(SHIPPED.joinpath(str(path)).read_text("utf-8"))[-1].verb == "agree"


def test_a_shipped_scenario_is_found_by_name_and_a_stranger_is_not() -> None:
    assert scenario("cut-off").is_file()
    with pytest.raises(ScriptError, match="first-hour"):
        scenario("no-such-thing")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("weather north-1", "line 1: write `weather GATE LOSS [DELAY_MS [TWICE]]`"),
        ("cable north-1", "line 1: write `cable GATE in|out`"),
        ("backup now", "line 1: write `backup`"),
    ],
)
def test_what_an_order_takes_is_said(line: str, message: str) -> None:
    with pytest.raises(ScriptError) as caught:
        parse(line)
    assert str(caught.value) == message


@pytest.mark.parametrize("word", ["101", "-1", "nan", "much"])
def test_a_share_is_a_number_within_its_range(word: str) -> None:
    [order] = parse(f"weather north-1 {word}")
    with pytest.raises(ScriptError) as caught:
        number(order, 1, 100.0)
    assert str(caught.value) == f"line 1: {word!r} is not 0 to 100"


def test_what_is_not_said_is_nothing() -> None:
    [order] = parse("weather north-1 20")
    assert (number(order, 1, 100.0), number(order, 2, 100.0)) == (20.0, 0.0)
