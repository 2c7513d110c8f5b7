"""What the console says, in both languages: one module for each room, `TEXTS` of (zh, en)."""

from importlib import import_module
from pkgutil import walk_packages

LANGUAGES = ("zh", "en")
TEXTS: dict[str, tuple[str, str]] = {}

for _module in walk_packages(__path__, f"{__name__}."):
    for _key, _texts in getattr(import_module(_module.name), "TEXTS", {}).items():
        assert _key not in TEXTS, f"two texts {_key}"
        TEXTS[_key] = _texts


def text(key: str, language: str, **values: object) -> str:
    """Return a text with its placeholders filled. Raises KeyError for a key that nobody wrote."""
    words = TEXTS[key][LANGUAGES.index(language)]
    return words.format(**values) if values else words
