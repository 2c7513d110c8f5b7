"""What boards cost: a park that the playbook makes, an update."""

from tests.bench.measures.boards import park, update

__all__ = ["park", "update"]
