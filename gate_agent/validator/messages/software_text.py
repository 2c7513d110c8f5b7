"""PURE. The text `software` of a state message: the release that a gate runs and the digest of its
board's configuration, `0.2.0-1a2b3c4d5e6f config 5f0e9d8c7b6a`."""

import re

_TEXT = re.compile(r"(.*?)(?: config ([0-9a-f]{12}))?", re.DOTALL)


def write_software(release: str, config: str) -> str:
    """Return the text. `config`: twelve hexadecimal digits, '' where nobody has looked."""
    return f"{release} config {config}" if config else release


def read_software(text: str) -> tuple[str, str]:
    """Return release and digest, '' for the digest that a text does not name."""
    found = _TEXT.fullmatch(text)
    return (found[1], found[2] or "") if found else (text, "")
