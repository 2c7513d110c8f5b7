"""Products 票种: what can be sold, what it costs, and by which rules gates let it in."""

from decimal import Decimal, InvalidOperation

from fleet_manager.access.rights import Act, View
from fleet_manager.services import products as acts
from fleet_manager.services import rules as rule_acts
from fleet_manager.services.products import NewProduct
from fleet_manager.tickets import products
from fleet_manager.tickets.products import ProductKind
from fleet_manager.trust import rules
from fleet_manager.web.ask import Answer, Ask, BadField, Redirect, show
from fleet_manager.web.registry import act, page

RULES = {
    "fresh": None,
    "stale": None,
    "too-old": ("admit", "deny"),
    "passback": ("off", "soft", "hard"),
    "passback-time": None,
    "claim": ("yes", "no"),
    "partition-share": None,
    "identity": ("yes", "no"),
}
"""Rules, and the words that each takes; None where it is a time or a number."""


@page("/tickets/products", View.TICKETS)
def catalogue(ask: Ask) -> Answer:
    """Show all products, and the rules of one of them, or of all."""
    with ask.centre.store.read() as connection:
        every = products.every(connection)
        default, own = rules.current(connection)
    lines = [
        {
            "item": item,
            "entry": products.policy_text(item.policy),
            "zones": ", ".join(map(str, products.zone_numbers(item.zones))),
            "own_rules": item.id in own,
        }
        for item in every
    ]
    code = ask.query.choice("rules", [rules.EVERY, *(item.code for item in every)], rules.EVERY)
    number = next((item.id for item in every if item.code == code), None)
    in_force = default if number is None else own.get(number, default)
    return show(
        "products.html",
        lines=lines,
        kinds=[(kind.value, ask.t(f"products.kind.{kind.value}")) for kind in ProductKind],
        rules_of=code,
        every=rules.EVERY,
        settings=rules.settings_of(in_force),
        rule_words=RULES,
        has_own=number is not None and number in own,
    )


@act("/tickets/products/add", Act.PRODUCT_ADD)
def add(ask: Ask) -> Answer:
    """Add a product, with its price if one is given."""
    form = ask.form
    price_cents = read_price(form.get("price"))
    zones = form.get("zones", "0").replace("，", ",").split(",")
    if not all(zone.strip().isdecimal() and int(zone) <= 15 for zone in zones):
        raise BadField("cannot use these zones: must be numbers from 0 to 15, such as 0,1")
    wanted = NewProduct(
        code=form.get("code"),
        kind=ProductKind(form.choice("kind", list(ProductKind), ProductKind.PAID)),
        admits=form.number("admits", 1, low=1, high=65535),
        zones=tuple(int(zone) for zone in zones),
        entry=form.get("entry", "once"),
        exit_required=bool(form.get("exit_required")),
        days=form.number("days", 1, low=1, high=3660),
        name_zh=form.get("name_zh") or None,
        name_en=form.get("name_en") or None,
    )
    product = acts.add(ask.centre, ask.who, wanted)
    if price_cents is not None:
        acts.set_price(ask.centre, ask.who, product.code, price_cents)
    return Redirect("/tickets/products", notice=ask.t("products.added", code=product.code))


@act("/tickets/products/set", Act.PRODUCT_SET, Act.PRODUCT_PRICE)
def change(ask: Ask) -> Answer:
    """Rename a product, and say what it costs."""
    form, code = ask.form, ask.form.get("code")
    price_cents = read_price(form.get("price"))
    with ask.centre.store.read() as connection:
        before = products.find(connection, code)
    names = form.get("name_zh", before.name_zh), form.get("name_en", before.name_en)
    if names != (before.name_zh, before.name_en):
        acts.rename(ask.centre, ask.who, code, *names)
    if price_cents != before.price_cents:
        acts.set_price(ask.centre, ask.who, code, price_cents)
    return Redirect("/tickets/products", notice=ask.t("products.changed", code=code))


@act("/tickets/products/retire", Act.PRODUCT_RETIRE)
def retire(ask: Ask) -> Answer:
    """Sell a product no more, or again."""
    code, undo = ask.form.get("code"), bool(ask.form.get("undo"))
    acts.retire(ask.centre, ask.who, code, undo=undo)
    key = "products.sold_again" if undo else "products.retired_now"
    return Redirect("/tickets/products", notice=ask.t(key, code=code))


@act("/tickets/rules/set", Act.RULES_SET)
def set_rules(ask: Ask) -> Answer:
    """Set the rules of a product, or of all; gates that are linked have them within seconds."""
    code = ask.form.get("of", rules.EVERY)
    words = {name: ask.form.get(name) for name in RULES if ask.form.get(name)}
    rule_acts.change(ask.centre, ask.who, code, words)
    return Redirect(f"/tickets/products?rules={code}", notice=ask.t("products.rules_set"))


@act("/tickets/rules/reset", Act.RULES_RESET)
def reset_rules(ask: Ask) -> Answer:
    """Let a product go by the rules of all again."""
    code = ask.form.get("of")
    rule_acts.reset(ask.centre, ask.who, code)
    return Redirect(f"/tickets/products?rules={code}", notice=ask.t("products.rules_set"))


def read_price(given: str) -> int | None:
    """Return a price in fen or cents, None for none. Raises BadField."""
    if not given:
        return None
    try:
        cents = Decimal(given) * 100
        if cents.is_finite() and cents == cents.to_integral_value() and 0 <= cents < 10**10:
            return int(cents)
    except (InvalidOperation, ValueError):
        pass
    raise BadField(f"cannot use the price {given[:20]!r}: must be an amount such as 120 or 99.50")
