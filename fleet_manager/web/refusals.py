"""Say a refusal of a service in the language of who asked, and with which status."""

import re

from fleet_manager.access.rights import NotAllowed
from fleet_manager.errors import CentreError
from fleet_manager.services.people.attempts import SignInRefused
from fleet_manager.web.ask import Ask, ShowPage
from fleet_manager.web.texts import LANGUAGES
from fleet_manager.web.texts.refusals import CHINESE

_CHINESE = [(re.compile(pattern), words) for pattern, words in CHINESE]


def in_language(error: Exception, language: str) -> tuple[str, str]:
    """Return the message and the hint of an error, '' for none."""
    assert language in LANGUAGES
    return sentence(str(error), language), sentence(getattr(error, "hint", ""), language)


def refused(ask: Ask, error: CentreError, template: str, **values: object) -> ShowPage:
    """Return the page of a form again, with what refused it: `error` and `hint` in the template."""
    message, hint = in_language(error, ask.language)
    status, headers = 422, {}
    if isinstance(error, NotAllowed):
        status = 403
    elif isinstance(error, SignInRefused):
        status = 403
        if error.wait_s:
            status, headers = 429, {"retry-after": str(error.wait_s)}
    return ShowPage(template, {**values, "error": message, "hint": hint}, status, headers=headers)


def sentence(text: str, language: str) -> str:
    """Return a sentence of a service in a language; one that nobody has translated as it is."""
    for pattern, words in _CHINESE if language == "zh" else ():
        match = pattern.fullmatch(text)
        if match:
            return match.expand(words)
    return text
