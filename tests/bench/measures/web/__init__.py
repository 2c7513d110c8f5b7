"""What the console costs: its pages, its files."""

from tests.bench.measures.web import reports

__all__ = ["reports"]
