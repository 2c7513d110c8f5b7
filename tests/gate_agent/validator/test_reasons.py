"""Every deny reason has a code of its own and words for visitor and technician."""

import pytest

from gate_agent.validator.reasons import TEXTS, Reason


def test_the_codes_are_1_to_24() -> None:
    assert [int(reason) for reason in Reason] == list(range(1, 25))
    assert set(TEXTS) == set(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_the_words(reason: Reason) -> None:
    text = TEXTS[reason]
    assert reason.key == reason.name.lower()
    assert 0 < len(text.zh) <= 12
    assert not text.zh.isascii()
    assert text.en[0].isupper()
    assert len(text.en) <= 32
    assert text.hint == text.hint.strip()
    assert text.hint[0].islower()
