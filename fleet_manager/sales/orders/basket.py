"""PURE. What somebody wants to buy, before it has a price."""

import json
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256

from fleet_manager.errors import CentreError

MAX_LINES = 40
MAX_PERSONS = 10_000
MAX_INTENT = 64


class Channel(StrEnum):
    """Where an order comes from; prices may differ by it."""

    WINDOW = "window"
    HANDHELD = "handheld"
    KIOSK = "kiosk"
    AGENCY = "agency"
    RESELLER = "reseller"


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLine:
    """`persons` of one product on `day` (park day), in the time slot `slot` or none.

    `together`: one ticket for all of them, as teams have it. `proof`: the kind of document by which
    the cashier saw that the price is theirs. `holders`: (document type, number) of each ticket's
    person, where the product asks for it.
    """

    product: str
    persons: int
    day: date
    slot: str = ""
    together: bool = False
    proof: str = ""
    holders: tuple[tuple[str, str], ...] = ()

    @property
    def tickets(self) -> int:
        """Return how many tickets it comes to."""
        return 1 if self.together else self.persons


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """What one customer wants. `intent`: an id that the till draws once for each sale. `till`: ''
    for orders that no till takes. `buyer`: an agency or reseller; '' for a visitor."""

    intent: str
    lines: tuple[WantedLine, ...]
    till: str = ""
    channel: Channel = Channel.WINDOW
    buyer: str = ""

    def digest(self) -> bytes:
        """Return the SHA-256 of all that is wanted."""
        return sha256(json.dumps(asdict(self), sort_keys=True, default=str).encode()).digest()


@dataclass(frozen=True, slots=True)
class TicketFen:
    """A ticket, and fen that were paid or are paid back for it."""

    serial: int
    fen: int


def check(basket: Basket) -> None:
    """Raise CentreError for a basket that cannot become an order."""
    if not (0 < len(basket.intent) <= MAX_INTENT and basket.intent.isprintable()):
        raise CentreError(
            f"cannot sell without an id of the sale: must be 1 to {MAX_INTENT} characters"
        )
    if not basket.lines:
        raise CentreError("cannot sell an empty order", "choose at least one ticket")
    if len(basket.lines) > MAX_LINES:
        raise CentreError(f"cannot sell {len(basket.lines)} lines at once: at most {MAX_LINES}")
    for line in basket.lines:
        if not 0 < line.persons <= MAX_PERSONS:
            raise CentreError(
                f"cannot sell {line.persons} of {line.product}: must be 1 to {MAX_PERSONS}"
            )
        if line.holders and len(line.holders) != line.tickets:
            raise CentreError(
                f"cannot sell {line.tickets} of {line.product} to {len(line.holders)} named "
                "persons: each ticket needs its own document"
            )


def spread(total_fen: int, parts: int) -> list[int]:
    """Return `parts` amounts that add up to `total_fen`, the larger ones first; none differs from
    another by more than 1 fen."""
    share, rest = divmod(total_fen, parts)
    return [share + 1] * rest + [share] * (parts - rest)
