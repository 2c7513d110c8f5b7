"""Signs: a shape and words in two languages for everything that a lane can show."""

import pytest

from gate_agent.effects import Show, Sign
from gate_agent.signs import SHAPES, SPOKEN, WORDS, Shape, every_prompt, prompt_name, words
from gate_agent.validator.reasons import TEXTS, Reason


def test_every_sign_has_a_shape_and_words() -> None:
    assert SHAPES.keys() == WORDS.keys() == set(Sign)


def test_go_and_stop_differ_in_shape_and_not_only_in_colour() -> None:
    assert SHAPES[Sign.GO] is SHAPES[Sign.EVACUATE] is Shape.ARROW
    stops = (Sign.REFUSED, Sign.CLOSED, Sign.ALARM, Sign.OUT_OF_ORDER)
    assert {SHAPES[sign] for sign in stops} == {Shape.CROSS}
    assert SHAPES[Sign.READY] not in (Shape.ARROW, Shape.CROSS)


@pytest.mark.parametrize("said", [*WORDS.values(), *every_prompt().values()])
def test_the_words_are_chinese_and_english(said: tuple[str, str]) -> None:
    chinese, english = said
    assert any("\u4e00" <= character <= "\u9fff" for character in chinese)
    assert english.isascii()
    assert english[0].isupper()


@pytest.mark.parametrize("reason", Reason)
def test_a_refusal_says_why(reason: Reason) -> None:
    assert words(Sign.REFUSED, reason) == (TEXTS[reason].zh, TEXTS[reason].en)
    assert prompt_name(Show(Sign.REFUSED, reason=reason)) == f"refused-{reason.key}"


def test_what_is_spoken_has_one_name_each() -> None:
    prompts = every_prompt()
    assert len(prompts) == len(SPOKEN) + len(Reason)
    assert prompts["refused-used"] == ("门票已使用", "Ticket already used")
    assert prompts["go"] == words(Sign.GO)
    assert "ready" not in prompts
    assert words(Sign.REFUSED) == WORDS[Sign.REFUSED]
