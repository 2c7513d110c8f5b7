"""PURE. What is agreed about a ticket when it is sold, besides its price, and how it is kept."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from fleet_manager.errors import CentreError


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPolicy:
    """`until_days`: a ticket can be given back until this many days before its day, 0 for its day
    itself, None for never. `fee_percent`: of what was paid, which the park keeps."""

    until_days: int | None = 0
    fee_percent: int = 0

    def fee(self, fen: int) -> int:
        """Return what the park keeps of `fen` that were paid for a ticket, in whole fen."""
        return fen * self.fee_percent // 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """What one ticket opens at a place. `code`: the place. `merchant`: who earns there, '' for the
    park. `fen`: per person's first turn; None for the rest of the price, the park's only.
    `stations`: where a turn counts; none for everywhere."""

    code: str
    merchant: str = ""
    fen: int | None = None
    stations: tuple[str, ...] = ()


PARK_ALONE = (Component(code="park"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """What a line of an order costs, and what else is agreed: frozen into the line as it is.

    `not_before`, `expires_at`: the ticket's window, UTC seconds. `slot`: minutes since midnight of
    the beginning of its time slot, None for none. `eligibility`: who may have it, '' for anybody.
    """

    product: int
    code: str
    persons: int
    day: date
    slot: int | None
    unit_fen: int
    version: int
    not_before: int
    expires_at: int
    eligibility: str
    refund: RefundPolicy
    components: tuple[Component, ...]

    @property
    def total_fen(self) -> int:
        """Return what all persons pay."""
        return self.unit_fen * self.persons

    def to_json(self) -> str:
        """Return it as an order line keeps it."""
        return json.dumps({"v": 1, **asdict(self), "day": self.day.isoformat()})

    @classmethod
    def from_json(cls, text: str) -> "Priced":
        """Return what an order line keeps. Raises ValueError for another version."""
        values = json.loads(text)
        if values.pop("v") != 1:
            raise ValueError("a price of another version")
        values["day"] = date.fromisoformat(values["day"])
        values["refund"] = RefundPolicy(**values["refund"])
        values["components"] = read_components(values["components"])
        return cls(**values)


def read_components(rows: Sequence[dict[str, object]]) -> tuple[Component, ...]:
    """Return components as JSON has them."""
    return tuple(
        Component(**{**row, "stations": tuple(row["stations"])})  # type: ignore[arg-type]
        for row in rows
    )


def check_components(product: str, components: Sequence[Component], lowest_fen: int) -> None:
    """Raise CentreError for components whose shares cannot add up to a price. `product`: its code.
    `lowest_fen`: the lowest price of the version."""
    subject = f"cannot set the prices of {product}"
    codes = [part.code for part in components]
    if not components or len(set(codes)) != len(codes):
        raise CentreError(f"{subject}: each component needs a code of its own")
    rest = [part for part in components if part.fen is None]
    if len(rest) != 1 or rest[0].merchant:
        raise CentreError(
            f"{subject}: exactly one component must have the rest of the price, the park's",
            "leave out the amount of the park's own component",
        )
    fixed = sum(part.fen for part in components if part.fen is not None)
    if any(part.fen is not None and part.fen < 0 for part in components) or fixed > lowest_fen:
        raise CentreError(
            f"{subject}: merchants would get {fixed / 100:.2f} of {lowest_fen / 100:.2f}"
        )
