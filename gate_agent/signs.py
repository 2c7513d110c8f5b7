"""The look of each sign: its shape, and its words in Chinese and English.

Shape as well as colour: one man in twelve cannot tell red from green, and nobody can in the sun.
"""

from enum import StrEnum
from typing import NamedTuple

from gate_agent.effects import Show, Sign
from gate_agent.validator.reasons import TEXTS, Reason


class Shape(StrEnum):
    """The symbol: `ARROW` green, `CROSS` red, `CARD` amber, `SCAN` in the colour of the text."""

    ARROW = "arrow"
    CROSS = "cross"
    CARD = "card"
    SCAN = "scan"


class Words(NamedTuple):
    """The same in two languages, for the visitor."""

    zh: str
    en: str


SHAPES: dict[Sign, Shape] = {
    Sign.READY: Shape.SCAN,
    Sign.GO: Shape.ARROW,
    Sign.PLEASE_PASS: Shape.ARROW,
    Sign.SHOW_ID: Shape.CARD,
    Sign.REFUSED: Shape.CROSS,
    Sign.CLOSED: Shape.CROSS,
    Sign.FREE: Shape.ARROW,
    Sign.EVACUATE: Shape.ARROW,
    Sign.ALARM: Shape.CROSS,
    Sign.OUT_OF_ORDER: Shape.CROSS,
}
WORDS: dict[Sign, Words] = {
    Sign.READY: Words("请扫码", "Please scan your ticket"),
    Sign.GO: Words("请通行", "Please go through"),
    Sign.PLEASE_PASS: Words("请通行", "Please go through"),
    Sign.SHOW_ID: Words("请出示证件", "Please show your ID"),
    Sign.REFUSED: Words("不能通行", "No entry"),
    Sign.CLOSED: Words("通道关闭", "This lane is closed"),
    Sign.FREE: Words("自由通行", "Free passage"),
    Sign.EVACUATE: Words("请尽快离开", "Please leave now"),
    Sign.ALARM: Words("请先扫码", "Please scan first"),
    Sign.OUT_OF_ORDER: Words("请走其他通道", "Out of order, use another lane"),
}


def words(sign: Sign, reason: Reason | None = None) -> Words:
    """Return what the visitor reads and hears. A refusal says why."""
    if sign is Sign.REFUSED and reason is not None:
        text = TEXTS[reason]
        return Words(text.zh, text.en)
    return WORDS[sign]


def prompt_name(show: Show) -> str:
    """Return a name for what is spoken: `go`, `refused-used`. Recordings are files of that name."""
    if show.sign is Sign.REFUSED and show.reason is not None:
        return f"refused-{show.reason.key}"
    return show.sign.value


SPOKEN = frozenset(Sign) - {Sign.READY, Sign.CLOSED, Sign.OUT_OF_ORDER}
"""Signs that are spoken. The others stand for hours, and nobody listens to a lane that never
stops."""


def every_prompt() -> dict[str, Words]:
    """Return every name that `prompt_name` gives for a spoken sign, with its words."""
    shows = [Show(sign) for sign in Sign if sign in SPOKEN]
    shows += [Show(Sign.REFUSED, reason=reason) for reason in Reason]
    return {prompt_name(show): words(show.sign, show.reason) for show in shows}
