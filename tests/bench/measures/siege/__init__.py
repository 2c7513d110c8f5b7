"""What attackers cost: each module measures one room under attack."""

from tests.bench.measures.siege import centre, gate, ledger, mutants

__all__ = ["centre", "gate", "ledger", "mutants"]
