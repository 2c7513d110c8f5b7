"""Each law is seen to fail on a small tree with the violation planted, and to hold without it."""

import textwrap

from tests.house.law import Law
from tests.house.source import House


def said(law: Law, files: dict[str, str]) -> list[str]:
    """Return the violations of a law in a tree of these files: `path:line: text`."""
    house = House.planted({path: textwrap.dedent(text) for path, text in files.items()})
    return [f"{each.path}:{each.line}: {each.text}" for each in law.check(house)]
