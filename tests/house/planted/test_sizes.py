"""Planted giants, and functions that nobody follows at first reading."""

from tests.house import sizes
from tests.house.planted import said

PATH = "gate_agent/clock.py"


def test_a_module_is_warned_of_above_300_lines_and_refused_above_400() -> None:
    for lines, soft, hard in ((300, 0, 0), (301, 1, 0), (400, 1, 0), (401, 0, 1)):
        files = {PATH: "x = 1\n" * lines}
        assert len(said(sizes.module_long, files)) == soft
        assert len(said(sizes.module_size, files)) == hard
    assert sizes.module_long.soft
    assert not sizes.module_size.soft


def test_an_own_file_of_a_package_that_does_more_than_say_is_found() -> None:
    assert said(sizes.own_file_size, {"gate_agent/__init__.py": "x = 1\n" * 40}) == []
    assert len(said(sizes.own_file_size, {"gate_agent/__init__.py": "x = 1\n" * 41})) == 1


def test_a_function_of_61_lines_is_found_wherever_it_stands() -> None:
    method, line = "class K:\n    def f(self):\n", "        x = 1\n"
    assert said(sizes.function_size, {PATH: method + line * 59}) == []
    assert said(sizes.function_size, {PATH: method + line * 60}) == [f"{PATH}:2: K.f has 61 lines"]


def test_each_nested_branch_costs_more_than_the_one_around_it() -> None:
    """1 for an `if`, 2 for one in it, and so on: five nested ones are 15, a sixth is too much."""

    def nested(depth: int) -> str:
        lines = [f"{'    ' * (level + 1)}if a{level}:" for level in range(depth)]
        return "def f():\n" + "\n".join(lines) + f"\n{'    ' * (depth + 1)}g()\n"

    assert said(sizes.complexity, {PATH: nested(5)}) == []
    assert said(sizes.complexity, {PATH: nested(6)}) == [
        f"{PATH}:1: f has a cognitive complexity of 21"
    ]


def test_a_comment_does_not_switch_complexity_off() -> None:
    text = "def f(a):  # noqa: complexipy\n"
    text += "".join(f"    if a and a or {n}:\n        g()\n" for n in range(9))
    assert len(said(sizes.complexity, {PATH: text})) == 1


def test_a_folder_of_16_files_is_found() -> None:
    files = {f"gate_agent/lane/{name}.py": "" for name in "abcdefghijklmno"}
    assert said(sizes.folder_size, files) == []
    files["gate_agent/lane/__init__.py"] = ""
    assert said(sizes.folder_size, files) == ["gate_agent/lane:1: has 16 Python files"]


def test_a_folder_that_does_not_say_what_it_is_is_found() -> None:
    files = {
        "gate_agent/lane/__init__.py": "",
        "hardware_sim/park/world.py": "",
        "tests/contract/test_arm.py": "",
        "tests/gate_agent/lane/test_table.py": "",
        "docs/build.py": "",
    }
    assert said(sizes.folder_says, files) == [
        "hardware_sim/park:1: has no __init__.py",
        "tests/contract:1: has no __init__.py",
        "gate_agent/lane/__init__.py:1: says nothing: write what the folder is",
    ]
