"""Store the rules of products, and make the signed rule book for gates."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, insert, select

from fleet_manager.database import store, tables, tables_trust
from fleet_manager.errors import CentreError
from fleet_manager.keys.vault import Signer
from fleet_manager.tickets import products
from gate_agent.validator.errors import WireError
from gate_agent.validator.trust.rule_book import (
    DEFAULT,
    MAX_NAME_BYTES,
    MAX_RULE_MS,
    Passback,
    ProductNames,
    RuleBook,
    Rules,
    TooOld,
    seal,
)

EVERY = "default"
"""Name, on the command line, of the rules of every product without rules of its own."""
COUNTER = "rules"
"""Row of `meta` that counts changes of rules and of products' names: the version of the next
book."""
_SPANS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_SPAN_RULE = "a time like 300ms, 30s, 5m, 12h or 2d"
_KEPT_BOOKS = 5


@dataclass(frozen=True, slots=True)
class PublishedRules:
    """A stored rule book, sealed. `as_of_ms`: when its rules were true."""

    version: int
    as_of_ms: int
    sealed: bytes


def read_settings(rules: Rules, words: Mapping[str, str]) -> Rules:
    """Return `rules` with the settings in `words`, name to value, instead.

    Raises CentreError that names the wrong setting and what is allowed.
    """
    values: dict[str, object] = {}
    for name, word in words.items():
        match name:
            case "fresh" | "stale" | "passback-time":
                field = {"fresh": "fresh_ms", "stale": "stale_ms"}.get(name, "passback_ms")
                values[field] = _span(name, word)
            case "too-old":
                values["too_old"] = TooOld[_choice(name, word, TooOld.__members__)]
            case "passback":
                values["passback"] = Passback[_choice(name, word, Passback.__members__)]
            case "claim" | "identity":
                values[name] = _choice(name, word, ("YES", "NO")) == "YES"
            case "partition-share":
                if not (word.isascii() and word.isdecimal() and int(word[:6]) < 1 << 16):
                    raise _wrong(name, word, "a number from 0 (no limit) to 65535")
                values["partition_share"] = int(word)
            case _:
                raise CentreError(f"cannot set {name!r}: no such rule", f"rules are {NAMES}")
    changed = replace(rules, **values)  # type: ignore[arg-type]
    if changed.stale_ms < changed.fresh_ms:
        raise CentreError(
            f"cannot set stale to {span_text(changed.stale_ms)}: it is below fresh, which is "
            f"{span_text(changed.fresh_ms)}",
            "a list is fresh, then stale, then too old",
        )
    return changed


NAMES = "fresh, stale, too-old, passback, passback-time, claim, partition-share, identity"


def settings_of(rules: Rules) -> dict[str, str]:
    """Return the rules as settings, name to value, that `read_settings` accepts."""
    return {
        "fresh": span_text(rules.fresh_ms),
        "stale": span_text(rules.stale_ms),
        "too-old": rules.too_old.name.lower(),
        "passback": rules.passback.name.lower(),
        "passback-time": span_text(rules.passback_ms),
        "claim": "yes" if rules.claim else "no",
        "partition-share": str(rules.partition_share),
        "identity": "yes" if rules.identity else "no",
    }


def _wrong(name: str, word: str, allowed: str) -> CentreError:
    return CentreError(f"cannot set {name} to {word!r}: must be {allowed}")


def _choice(name: str, word: str, allowed: "Mapping[str, object] | tuple[str, ...]") -> str:
    if word.lower() != word or word.upper() not in allowed:
        raise _wrong(name, word, " or ".join(name.lower() for name in allowed))
    return word.upper()


def _span(name: str, word: str) -> int:
    digits = word.rstrip("msdh")
    size = _SPANS.get(word[len(digits) :])
    if size is None or not (digits.isascii() and digits.isdecimal() and len(digits) <= 12):
        raise _wrong(name, word, _SPAN_RULE)
    span_ms = int(digits) * size
    if span_ms >= MAX_RULE_MS:
        raise _wrong(name, word, f"{_SPAN_RULE}, below {MAX_RULE_MS // _SPANS['d']} days")
    return span_ms


def span_text(span_ms: int) -> str:
    """Return a time in the largest unit without a fraction: `5m` for 300000 ms."""
    for unit in ("d", "h", "m", "s"):
        if span_ms and span_ms % _SPANS[unit] == 0:
            return f"{span_ms // _SPANS[unit]}{unit}"
    return f"{span_ms}ms"


# Built once: building a statement costs more than running it.
_BOOK = tables_trust.rule_book.c
_RULES = select(tables_trust.rule.c.product, tables_trust.rule.c.settings)
_NEWEST = (
    select(_BOOK.version, _BOOK.as_of_ms, _BOOK.sealed).order_by(_BOOK.version.desc()).limit(1)
)


def current(connection: Connection) -> tuple[Rules, dict[int, Rules]]:
    """Return the rules of every product without own rules, and the own rules by product number."""
    by_product: dict[int, Rules] = {}
    for product, settings in store.run(connection, _RULES, {}):
        words = dict(part.split("=", 1) for part in settings.split())
        by_product[product] = read_settings(DEFAULT, words)
    return by_product.pop(tables.NO_PRODUCT, DEFAULT), dict(sorted(by_product.items()))


def of(connection: Connection, code: str) -> Rules:
    """Return the rules of the product `code`, or those of EVERY.

    Raises CentreError if there is no such product.
    """
    default, own = current(connection)
    return default if code == EVERY else own.get(products.find(connection, code).id, default)


def change(connection: Connection, code: str, words: Mapping[str, str]) -> Rules:
    """Set rules of the product `code`, or of EVERY, and return them.

    A product starts from the rules of EVERY. Raises CentreError before anything changed.
    """
    number = tables.NO_PRODUCT if code == EVERY else products.find(connection, code).id
    default, own = current(connection)
    changed = read_settings(own.get(number, default), words)
    text = " ".join(f"{name}={word}" for name, word in settings_of(changed).items())
    store.put_row(connection, tables_trust.rule, {"product": number, "settings": text})
    store.count_up(connection, COUNTER)
    return changed


def forget(connection: Connection, code: str) -> None:
    """Delete the own rules of the product `code`. Raises CentreError if it has none."""
    number = products.find(connection, code).id
    deleted = connection.execute(
        tables_trust.rule.delete().where(tables_trust.rule.c.product == number)
    )
    if not deleted.rowcount:
        raise CentreError(f"cannot reset {code}: it has no rules of its own")
    store.count_up(connection, COUNTER)


def count_names(connection: Connection) -> None:
    """Note that a product's name is new or another, so that gates get the next book."""
    store.count_up(connection, COUNTER)


def _names(connection: Connection) -> dict[int, ProductNames]:
    """Return the names of all products, as long as they may be on the wire."""
    return {
        product.id: ProductNames(_short(product.name_zh), _short(product.name_en))
        for product in products.every(connection)
    }


def _short(name: str) -> str:
    """Return as much of a name as fits, in whole characters."""
    return name.encode()[:MAX_NAME_BYTES].decode("utf-8", "ignore") or "?"


def newest(connection: Connection) -> PublishedRules | None:
    """Return the book that gates should have; None as long as there is neither rule nor product."""
    rows = store.run(connection, _NEWEST, {})
    return PublishedRules(*rows[0]) if rows else None


def is_due(connection: Connection) -> bool:
    """Return whether rules or names were set since the newest book was made."""
    book = newest(connection)
    counter = store.read_meta(connection, COUNTER) or 0
    return counter > (0 if book is None else book.version)


def make(connection: Connection, signer: Signer, now_ms: int) -> PublishedRules:
    """Store the next book and return it. Raises CentreError if it would be too large."""
    before = newest(connection)
    default, own = current(connection)
    version = store.read_meta(connection, COUNTER) or 1
    # A gate refuses a book with a lower version or an earlier time, whatever our clock did.
    as_of_ms = now_ms if before is None else max(now_ms, before.as_of_ms)
    book = RuleBook(version, as_of_ms, default, own, _names(connection))
    try:
        try:
            sealed = seal(book, signer.id, signer.sign)
        except WireError:  # too many names; rules matter more
            sealed = seal(replace(book, names={}), signer.id, signer.sign)
    except WireError as error:
        raise CentreError(f"cannot make the rule book: {error}") from None
    connection.execute(
        insert(tables_trust.rule_book).values(version=version, as_of_ms=as_of_ms, sealed=sealed)
    )
    table = tables_trust.rule_book
    connection.execute(table.delete().where(table.c.version <= version - _KEPT_BOOKS))
    return PublishedRules(version, as_of_ms, sealed)
