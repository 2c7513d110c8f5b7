"""Planted names that say nothing or stand twice, sentences without a verb, functions of nobody."""

import pytest

from tests.house import names
from tests.house.planted import said

PATH = "gate_agent/clock.py"


def test_a_module_with_a_vague_name_is_found() -> None:
    assert len(said(names.vague_names, {"tests/page_utils.py": ""})) == 1
    assert said(names.vague_names, {"gate_agent/validator/tickets/base45.py": ""}) == []


def test_a_module_that_does_not_say_what_it_is_is_found() -> None:
    assert len(said(names.module_says, {PATH: "x = 1"})) == 1
    assert said(names.module_says, {PATH: '"""The time."""\nx = 1'}) == []


def test_a_public_class_name_that_stands_twice_is_found() -> None:
    files = {
        "gate_agent/lane/state.py": "class Mode: ...\nclass _Part: ...",
        "fleet_manager/keys/vault.py": "\nclass Mode: ...\nclass _Part: ...",
        "hardware_sim/devices/arm.py": "class Mode: ...",
    }
    assert said(names.class_twice, files) == [
        "fleet_manager/keys/vault.py:2: class Mode stands in gate_agent/lane/state.py as well"
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "What is due.",
        "Whether it is due.",
        "How long.",
        "The time.",
        "A time.",
        "An hour.",
        "It is due.",
        "One of them.",
        "Returns the time.",
        "`ms`: later.",
        "List of times.",
    ],
)
def test_a_docstring_that_does_not_begin_with_a_verb_is_found(sentence: str) -> None:
    text = f'def f():\n    """{sentence}"""\n'
    assert len(said(names.docstring_verb, {PATH: text})) == 1
    assert said(names.docstring_verb, {PATH: text.replace("f()", "_f()")}) == []
    assert said(names.docstring_verb, {PATH: f"@property\n{text}"}) == []


@pytest.mark.parametrize("sentence", ["Return the time.", "List times.", "Raise: never."])
def test_a_docstring_that_begins_with_a_verb_is_not(sentence: str) -> None:
    assert said(names.docstring_verb, {PATH: f'def f():\n    """{sentence}"""\n'}) == []


def test_a_public_function_that_only_tests_use_is_found() -> None:
    files = {
        PATH: "def used(): ...\ndef dead(): ...\n@command()\ndef told(): ...\ndef _own(): ...\n",
        "hardware_sim/park/world.py": "from gate_agent.clock import used\ndef tried(): ...\n",
        "tests/test_clock.py": "from gate_agent.clock import dead\ntried()\n",
    }
    assert said(names.dead, files) == [f"{PATH}:2: dead is used by nobody"]


def test_a_variable_of_the_simulator_that_is_a_pronoun_is_found() -> None:
    files = {
        "hardware_sim/network.py": "found = []\nfound = [one for one in x]\n",
        "gate_agent/clock.py": "found = []\n",
    }
    assert said(names.pronouns, files) == [
        "hardware_sim/network.py:1: a variable is called found",
        "hardware_sim/network.py:2: a variable is called one",
    ]
