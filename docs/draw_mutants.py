"""Writes docs/mutants.md from what `./run mutants` has stored."""

from tests.mutants.catalogue import CATALOGUE
from tests.mutants.results import load, page


def draw() -> str:
    """Return docs/mutants.md."""
    return page(CATALOGUE, load())
