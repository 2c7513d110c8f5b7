"""Say a refusal of a service in the language of who asked."""

from fleet_manager.web.texts import LANGUAGES


def in_language(error: Exception, language: str) -> tuple[str, str]:
    """Return the message and the hint of an error, '' for none."""
    assert language in LANGUAGES
    return str(error), getattr(error, "hint", "")
