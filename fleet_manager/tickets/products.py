"""What is sold: a product gives a ticket its default admissions, zones, policy and days."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, func, insert, select, update

from fleet_manager.database import tables
from fleet_manager.errors import CentreError
from gate_agent.validator.tickets.entry_policy import ONCE, POLICIES, EntryPolicy, EntryRule
from gate_agent.validator.tickets.ticket import MAIN_ENTRANCE

MAX_ADMITS = (1 << 16) - 1
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,19}")


class ProductKind(StrEnum):
    """How reports sort visitors: who paid, who came free of charge, who holds a season pass."""

    PAID = "paid"
    FREE = "free"
    PASS = "pass"


@dataclass(frozen=True, slots=True)
class Product:
    """`id`: 0 to 65535, on the ticket. `code`: what people type. `zones`: bit mask. `days`: how
    long a ticket is good for. `price_cents`: of one ticket, None if nobody said. `retired_ms`:
    since when it is sold no more, None while it is."""

    id: int
    code: str
    name_zh: str
    name_en: str
    kind: ProductKind = ProductKind.PAID
    admits: int = 1
    zones: int = MAIN_ENTRANCE
    policy: EntryPolicy = ONCE
    days: int = 1
    price_cents: int | None = None
    retired_ms: int | None = None


def read_policy(entry: str, *, exit_required: bool) -> EntryPolicy:
    """Return the policy in `entry`: `once`, `daily` or a number from 2 to 15.

    Raises CentreError for any other text, and if an exit is required of a ticket that enters once.
    """
    policy = {"once": EntryPolicy(), "daily": EntryPolicy(EntryRule.DAILY)}.get(entry)
    if policy is None and entry.isascii() and entry.isdecimal() and 2 <= int(entry[:3]) <= 15:
        policy = EntryPolicy(EntryRule.COUNTED, int(entry))
    if policy is None:
        raise CentreError("cannot use that entry policy: must be once, daily or 2 to 15")
    policy = EntryPolicy(policy.rule, policy.entries, exit_required)
    if policy.to_byte() not in POLICIES:
        raise CentreError(
            "cannot require an exit of a ticket that enters once", "take --entry daily, or 2 to 15"
        )
    return policy


def policy_text(policy: EntryPolicy) -> str:
    """Return a policy in words: `once`, `daily`, `3`, `daily, out before in again`."""
    text = policy.rule.name.lower()
    if policy.rule is EntryRule.COUNTED:
        text = str(policy.entries)
    return f"{text}, out before in again" if policy.exit_required else text


def zone_mask(zones: Sequence[int]) -> int:
    """Return the bit mask of zone numbers 0 to 15. Raises CentreError for another, and for none."""
    if not zones or any(not 0 <= zone < 16 for zone in zones):
        raise CentreError("cannot use that zone: must be 0 to 15")
    return sum(1 << zone for zone in set(zones))


def zone_numbers(mask: int) -> list[int]:
    """Return the zone numbers in a bit mask, lowest first."""
    return [zone for zone in range(16) if mask >> zone & 1]


def add(connection: Connection, product: Product) -> Product:
    """Store a new product, and return it.

    Raises CentreError for values out of range, and for an id or code that is taken.
    """
    if not _CODE.fullmatch(product.code):
        raise CentreError("cannot use that product code: must be 1 to 20 of a-z, 0-9 and -")
    if not (0 < product.admits <= MAX_ADMITS and 0 < product.days <= 3660):
        raise CentreError(
            f"cannot add product {product.code}: admits must be 1 to {MAX_ADMITS}, days 1 to 3660"
        )
    if not 0 <= product.id <= 0xFFFF:
        raise CentreError(f"cannot add product {product.code}: id must be 0 to 65535")
    values = {
        "id": product.id,
        "code": product.code,
        "name_zh": product.name_zh,
        "name_en": product.name_en,
        "kind": product.kind.value,
        "admits": product.admits,
        "zones": product.zones,
        "policy": product.policy.to_byte(),
        "days": product.days,
        "price_cents": product.price_cents,
    }
    _check_price(product.code, product.price_cents)
    _check_free(connection, product)
    connection.execute(insert(tables.product).values(values))
    return product


def _check_free(connection: Connection, product: Product) -> None:
    """Raise CentreError if a product has the code or the id already; the error says which."""
    for other in every(connection):
        what = "code" if other.code == product.code else f"id {product.id}"
        if product.code == other.code or product.id == other.id:
            retired = ", which is retired" if other.retired_ms is not None else ""
            raise CentreError(
                f"cannot add product {product.code}: its {what} is taken by product "
                f"{other.id}, {other.code} {other.name_zh}{retired}",
                f"for other names: `fleet-manager product set {other.code}`",
            )


def rename(connection: Connection, code: str, name_zh: str, name_en: str) -> None:
    """Give a product other names; tickets hold its number alone. Raises CentreError."""
    product = find(connection, code)
    _update(connection, product.id, name_zh=name_zh, name_en=name_en)


def retire(connection: Connection, code: str, now_ms: int | None) -> None:
    """Sell a product no more from `now_ms` on (UTC), or with None again; what was sold stays valid.

    Raises CentreError if there is no such product, or it is so already.
    """
    product = find(connection, code)
    if (product.retired_ms is None) == (now_ms is None):
        state = "is retired already" if now_ms is not None else "is not retired"
        raise CentreError(f"cannot change product {code}: it {state}")
    _update(connection, product.id, retired_ms=now_ms)


def set_price(connection: Connection, code: str, price_cents: int | None) -> None:
    """Store what a ticket costs, in fen or cents; None takes the price back. Raises CentreError."""
    product = find(connection, code)
    _check_price(code, price_cents)
    _update(connection, product.id, price_cents=price_cents)


def _update(connection: Connection, number: int, **values: object) -> None:
    connection.execute(update(tables.product).where(tables.product.c.id == number).values(**values))


def _check_price(code: str, price_cents: int | None) -> None:
    if price_cents is not None and not 0 <= price_cents < 1 << 31:
        raise CentreError(f"cannot price product {code}: must be 0 to {(1 << 31) - 1} cents")


def next_id(connection: Connection) -> int:
    """Return the lowest id above all that are in use."""
    return (connection.scalar(select(func.max(tables.product.c.id))) or 0) + 1


_EVERY = select(tables.product).order_by(tables.product.c.id)


def every(connection: Connection) -> list[Product]:
    """Return all products by id, retired ones included."""
    rows = connection.execute(_EVERY)
    return [
        Product(
            id=row.id,
            code=row.code,
            name_zh=row.name_zh,
            name_en=row.name_en,
            kind=ProductKind(row.kind),
            admits=row.admits,
            zones=row.zones,
            policy=POLICIES[row.policy],
            days=row.days,
            price_cents=row.price_cents,
            retired_ms=row.retired_ms,
        )
        for row in rows
    ]


def find_for_sale(connection: Connection, code: str) -> Product:
    """Return a product that is sold. Raises CentreError if there is none, or it is retired."""
    product = find(connection, code)
    if product.retired_ms is not None:
        raise CentreError(
            f"cannot sell product {code}: it is retired",
            f"sell another, or bring it back with `fleet-manager product retire {code} --undo`",
        )
    return product


def find(connection: Connection, code: str) -> Product:
    """Return the product with a code, also a retired one. Raises CentreError if there is none."""
    for product in every(connection):
        if product.code == code:
            return product
    raise CentreError(f"cannot find product {code!r}", "see `fleet-manager product list`")
