"""PURE. Numbers of things in a sentence."""


def counted(number: int, noun: str, several: str = "") -> str:
    """Return `1 code` or `2 codes`; `several` where it is not the noun with an s."""
    return f"{number} {noun if number == 1 else several or noun + 's'}"
