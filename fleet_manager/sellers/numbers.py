"""PURE. Numbers of things in a sentence."""


def counted(number: int, noun: str) -> str:
    """Return `1 code`, `2 codes`; the noun is one that takes an s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
