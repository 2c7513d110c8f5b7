"""Planted calls and signatures with too many places, and layouts by hand."""

import pytest

from tests.house import calls
from tests.house.planted import said

PATH = "gate_agent/clock.py"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("f(1, 2, 3, 4, 5, 6)", 0),
        ("f(1, 2, 3, 4, 5, 6, 7)", 1),
        ("a.b.State(1, 2, 3, 4, 5, 6, *rest)", 1),
        ("f(1, 2, 3, 4, 5, 6, g=7, h=8)", 0),
        ("Table(1, 2, 3, 4, 5, 6, 7)", 0),
        ("def f(*words): ...\nf(1, 2, 3, 4, 5, 6, 7)", 0),
    ],
)
def test_a_call_with_seven_nameless_arguments_is_found(text: str, count: int) -> None:
    assert len(said(calls.positional_calls, {PATH: text})) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("def f(a, b, c, d, e, g): ...", 0),
        ("def f(a, b, c, d, e, g, h): ...", 1),
        ("def f(a, b, c, /, d, e, g, h): ...", 1),
        ("def f(a, b, c, d, e, g, *, h, i): ...", 0),
        ("class K:\n    def f(self, a, b, c, d, e, g): ...", 0),
        ("class K:\n    def f(self, a, b, c, d, e, g, h): ...", 1),
        ("class K:\n    @staticmethod\n    def f(a, b, c, d, e, g, h): ...", 1),
        ("@click.command()\ndef f(a, b, c, d, e, g, h): ...", 0),
    ],
)
def test_a_signature_with_seven_places_is_found(text: str, count: int) -> None:
    assert len(said(calls.positional_parameters, {PATH: text})) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("f(1,\n  2)  # fmt: skip", 1),
        ("x = [f(1,\n  2)]  # fmt: skip", 0),
        ("def f(a,\n      b):  # fmt: skip\n    ...", 1),
        ("x = {1: 2,\n     3: 4}  # fmt: skip", 0),
        ("assert x == [1,\n     3]  # fmt: skip", 0),
        ("f([1,\n   3])  # fmt: skip", 1),
        ("x = Table(1,\n   3)  # fmt: skip", 0),
        ("f(1,\n  2)", 0),
    ],
)
def test_a_call_laid_out_by_hand_is_found_and_a_table_of_data_is_not(text: str, count: int) -> None:
    assert len(said(calls.fmt_skip, {PATH: text})) == count


@pytest.mark.parametrize(
    ("path", "text", "count"),
    [
        (PATH, "Thread(target=f).start()", 1),
        (PATH, "threading.Thread(target=f)", 1),
        (PATH, "Worker('page', f)", 0),
        (calls.WORKER, "Thread(target=f)", 0),
        ("hardware_sim/world.py", "Thread(target=f)", 0),
    ],
)
def test_a_thread_whose_end_nobody_sees_is_found(path: str, text: str, count: int) -> None:
    assert len(said(calls.threads, {path: text})) == count
