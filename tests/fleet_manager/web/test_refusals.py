"""What services refuse is said in the language of who asked."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet_manager.web.refusals import sentence

CENTRE = Path(__file__).parents[3] / "fleet_manager"
SAID = {"CentreError", "BadField", "NotAllowed", "SignInRefused"}
NEVER_ON_A_PAGE = {
    "commands",
    "daemon",
    "door",
    "files",
    "intake",
    "keys",
    "metrics",
    "pretix",
    "terminal",
    "services/keys.py",
    "services/new_folder.py",
    "services/park.py",
    "services/pretix",
    "services/recovery.py",
    "events/state",
    "gates/key_renewals.py",
    "station/notes.py",
    "web/api",
    "web/tls.py",
}
"""Rooms whose refusals are read at a shell, in a log or by a program, all of them in English."""
SAMPLES = ("x-1", "42", "'x'", "void", "2026-11-30")


def texts() -> Iterator[tuple[str, ast.expr]]:
    """Each sentence that an error is made with, and the module that says it."""
    for file in sorted(CENTRE.rglob("*.py")):
        name = file.relative_to(CENTRE).as_posix()
        if any(name == room or name.startswith(f"{room}/") for room in NEVER_ON_A_PAGE):
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in SAID:
                yield from ((name, argument) for argument in node.args[:2])


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else ""


def _filled(argument: ast.expr, sample: str) -> str:
    """Return a text with `sample` in each of its places, '' for what is no text."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    if isinstance(argument, ast.JoinedStr):
        return "".join(_part(value, sample) for value in argument.values)
    return ""


def _part(value: ast.expr, sample: str) -> str:
    if isinstance(value, ast.Constant):
        return str(value.value)
    quoted = isinstance(value, ast.FormattedValue) and value.conversion == ord("r")
    return f"'{sample.strip(chr(39))}'" if quoted else sample


def _is_chinese(argument: ast.expr) -> bool:
    filled = [_filled(argument, sample) for sample in SAMPLES]
    return any(not text or sentence(text, "zh") != text for text in filled)


def test_every_refusal_that_a_page_can_show_is_said_in_chinese_too() -> None:
    english = [
        f"{name}: {_filled(argument, 'X')}"
        for name, argument in texts()
        if not _is_chinese(argument)
    ]
    assert english == []


def test_the_check_sees_a_sentence_that_nobody_has_translated() -> None:
    call = ast.parse('f"cannot paint gate {gate}: it is green"', mode="eval").body
    assert not _is_chinese(call)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("cannot find ticket 7", "没有票号 7"),
        (
            "cannot sell for 50.00: 70.00 is missing of 120.00",
            "应收 120.00，收到 50.00，还差 70.00",
        ),
        (
            "cannot add product adult: its code is taken by product 1, adult 成人票",
            "票种 adult 的代码或编号已被 1 adult 成人票 使用",
        ),
        (
            "cannot use admits 'x': must be a number, 1 to 65535",
            "admits 须为 1 到 65535 的数字，不是 'x'",
        ),
        ("cannot add gate north-1: it exists", "闸机 north-1 已存在"),
        ("cannot sell station.add", "cannot sell station.add"),
    ],
)
def test_the_values_of_a_refusal_stay(english: str, chinese: str) -> None:
    assert sentence(english, "zh") == chinese
    assert sentence(english, "en") == english
