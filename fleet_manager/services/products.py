"""Acts on products: add, price, rename, retire."""

from dataclasses import dataclass

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.services.act import performed
from fleet_manager.tickets import products
from fleet_manager.tickets.products import Product, ProductKind
from fleet_manager.trust import rules


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """What a product shall be. `number`: None for the next free one. `zones`: 0 to 15. `entry`:
    once, daily, or 2 to 15. `days`: how many park days a ticket is good for."""

    code: str
    kind: ProductKind = ProductKind.PAID
    admits: int = 1
    zones: tuple[int, ...] = (0,)
    entry: str = "once"
    exit_required: bool = False
    days: int = 1
    name_zh: str | None = None
    name_en: str | None = None
    number: int | None = None


def add(centre: Centre, who: Actor, wanted: NewProduct) -> Product:
    """Add a product and return it. Raises CentreError for values out of range, and for a code or
    number that is taken."""
    with performed(centre, who, Act.PRODUCT_ADD, f"product {wanted.code}") as deed:
        number = products.next_id(deed.connection) if wanted.number is None else wanted.number
        product = Product(
            id=number,
            code=wanted.code,
            name_zh=wanted.name_zh or wanted.code,
            name_en=wanted.name_en or wanted.code,
            kind=wanted.kind,
            admits=wanted.admits,
            zones=products.zone_mask(wanted.zones or (0,)),
            policy=products.read_policy(wanted.entry, exit_required=wanted.exit_required),
            days=wanted.days,
        )
        products.add(deed.connection, product)
        rules.count_names(deed.connection)
        deed.after = {
            "id": product.id,
            "name_zh": product.name_zh,
            "name_en": product.name_en,
            "kind": product.kind.value,
            "admits": product.admits,
            "zones": products.zone_numbers(product.zones),
            "entry": products.policy_text(product.policy),
            "days": product.days,
        }
    return product


def set_price(centre: Centre, who: Actor, code: str, price_cents: int | None) -> Product:
    """Say what one ticket costs, in fen or cents, None for no price; return the product as it is
    now. Raises CentreError."""
    with performed(centre, who, Act.PRODUCT_PRICE, f"product {code}") as deed:
        before = products.find(deed.connection, code)
        products.set_price(deed.connection, code, price_cents)
        deed.before = {"price_cents": before.price_cents}
        deed.after = {"price_cents": price_cents}
        return products.find(deed.connection, code)


def rename(
    centre: Centre, who: Actor, code: str, name_zh: str | None, name_en: str | None
) -> Product:
    """Give a product other names, None for those it has; return it. Raises CentreError."""
    with performed(centre, who, Act.PRODUCT_SET, f"product {code}") as deed:
        before = products.find(deed.connection, code)
        products.rename(deed.connection, code, name_zh or before.name_zh, name_en or before.name_en)
        rules.count_names(deed.connection)
        after = products.find(deed.connection, code)
        deed.before = {"name_zh": before.name_zh, "name_en": before.name_en}
        deed.after = {"name_zh": after.name_zh, "name_en": after.name_en}
    return after


def retire(centre: Centre, who: Actor, code: str, *, undo: bool = False) -> None:
    """Sell a product no more, or with `undo` again; what was sold stays valid.

    Raises CentreError if there is none, or it is so already.
    """
    with performed(centre, who, Act.PRODUCT_RETIRE, f"product {code}") as deed:
        retired_ms = None if undo else centre.clock()
        products.retire(deed.connection, code, retired_ms)
        deed.after = {"retired_ms": retired_ms}
