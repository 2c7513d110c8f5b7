"""Figures of boards: what bringing software to them costs."""

from tests.bench.measures.boards import update

__all__ = ["update"]
