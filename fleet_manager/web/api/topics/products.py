"""`/products`: what tickets are sold as."""

from fleet_manager.access.rights import View
from fleet_manager.tickets import products
from fleet_manager.web.api.operations import Call, Given, Sent, operation


class ProductLine(Sent, frozen=True):
    """A product. `price`: of one ticket in fen or cents, null if nobody said. `retired`: it is
    sold no more; what was sold stays valid."""

    code: str
    name_zh: str
    name_en: str
    kind: str
    admits: int
    zones: list[int]
    entry: str
    days: int
    price: int | None
    retired: bool


class ProductList(Sent, frozen=True):
    """Products, by their number."""

    products: list[ProductLine]


class ProductQuery(Given, frozen=True):
    """`retired`: those that are sold no more as well."""

    retired: bool = False


@operation("GET", "/products", view=View.TICKETS)
def list_products(call: Call, query: ProductQuery) -> ProductList:
    """List what tickets are sold as."""
    with call.centre.store.read() as connection:
        every = products.every(connection)
    return ProductList(
        [
            ProductLine(
                code=product.code,
                name_zh=product.name_zh,
                name_en=product.name_en,
                kind=product.kind.value,
                admits=product.admits,
                zones=products.zone_numbers(product.zones),
                entry=products.policy_text(product.policy),
                days=product.days,
                price=product.price_cents,
                retired=product.retired_ms is not None,
            )
            for product in every
            if query.retired or product.retired_ms is None
        ]
    )
