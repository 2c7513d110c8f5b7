"""PURE. Movements of money as values."""

import json
from dataclasses import astuple, dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of an entry. `account`: its name. `fen`: above 0 a debit, below 0 a credit.
    `ticket`: the serial that it is about."""

    account: str
    fen: int
    ticket: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyEntry:
    """A movement of money. `id`: of the caller, for ever the same. `business_day`: park day."""

    id: str
    kind: str
    at_ms: int
    business_day: int
    ref: str
    legs: tuple[Leg, ...]
    who: str = ""
    station: str = ""
    shift: str = ""
    reverses: str = ""

    def digest(self) -> bytes:
        """Return the SHA-256 of what it moves."""
        moved = [self.kind, self.ref, self.reverses, [astuple(leg) for leg in self.legs]]
        return sha256(json.dumps(moved).encode()).digest()
