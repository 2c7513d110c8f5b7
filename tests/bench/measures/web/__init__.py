"""What the console costs: its pages, its files."""

from tests.bench.measures.web import console, reports

__all__ = ["console", "reports"]
