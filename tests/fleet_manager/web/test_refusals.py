"""What the acts on people refuse is said in Chinese to who reads Chinese."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet_manager.access.actor import Actor, Role, Via
from fleet_manager.access.rights import Act, NotAllowed, View, require, require_view
from fleet_manager.web.refusals import sentence

SUN = Actor("sun", Role.AUDITOR, Via.PAGE, "10.0.0.7")
LI = Actor("li", Role.CASHIER, Via.PAGE, "10.0.0.8")
ROOT = Path(__file__).parents[3] / "fleet_manager"
ROOMS = [ROOT / "access", ROOT / "services" / "people"]
ERRORS = {"CentreError", "SignInRefused", "TooBusy", "CentreConfigError", "NotAllowed"}
ELSEWHERE = ("`fleet-manager user token list` shows all", "cannot 7: 7 is 7")
"""Seen on a shell alone; and what is tried below with the words that it is made of."""


def filled(node: ast.expr, names: dict[str, str]) -> str | None:
    """The text of an expression, with `7` for each value that it is made of; None if it is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values
        )
    return names.get(node.id) if isinstance(node, ast.Name) else None


def named_texts(tree: ast.Module) -> dict[str, str]:
    """The texts that have a name in a module."""
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }


def errors_of(tree: ast.Module) -> Iterator[ast.Call]:
    """The errors that a module makes."""
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Call) and isinstance(called, ast.Name) and called.id in ERRORS:
            yield node


def sentences() -> Iterator[str]:
    for file in sorted(file for room in ROOMS for file in room.glob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        names = named_texts(tree)
        for error in errors_of(tree):
            texts = (filled(argument, names) for argument in error.args[:2])
            yield from (text for text in texts if text)


SENTENCES = sorted(set(sentences()) - set(ELSEWHERE))


def test_there_are_sentences_to_look_at() -> None:
    assert len(SENTENCES) > 40
    assert "the name or the password is wrong" in SENTENCES


@pytest.mark.parametrize("text", SENTENCES)
def test_every_refusal_about_people_has_its_words_in_chinese(text: str) -> None:
    assert sentence(text, "zh") != text
    assert sentence(text, "en") == text


def test_a_missing_right_is_said_in_chinese() -> None:
    with pytest.raises(NotAllowed) as no_act:
        require(SUN, Act.TICKET_VOID)
    with pytest.raises(NotAllowed) as no_view:
        require_view(LI, View.AUDIT)
    for error in (no_act.value, no_view.value):
        assert "没有权限" in sentence(str(error), "zh")
        assert "有权限的角色" in sentence(error.hint, "zh")
