"""The rule book: the park's policy for its gates, product by product, signed and versioned.

A gate without a book uses `DEFAULT`. A book has default rules for every product that it does not
name, so that there is a rule for every ticket. It also tells gates the products' names, for the
screens of staff.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from enum import IntEnum
from itertools import pairwise
from typing import NamedTuple

from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from gate_agent.validator.moment import END_MS
from gate_agent.validator.trust.keys import KeyRing, KeyUse
from gate_agent.validator.trust.seal import in_range, open_seal
from gate_agent.validator.trust.seal import seal as seal_fields

MAX_BOOK_BYTES = 40 * 1024
MAX_NAME_BYTES = 60
MAX_RULE_MS = 1 << 40
_CONTEXT = b"scenic-gate rule book\0"


class TooOld(IntEnum):
    """What happens to a ticket when the list is too old for its product."""

    ADMIT = 0
    DENY = 1


class Passback(IntEnum):
    """Anti-passback: how a ticket is treated that enters again too soon, or without an exit. OFF:
    not checked. SOFT: let in, and the record is marked. HARD: refused."""

    OFF = 0
    SOFT = 1
    HARD = 2


class Freshness(IntEnum):
    """How long ago the centre last confirmed the ticket list in force."""

    FRESH = 0
    STALE = 1
    TOO_OLD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The policy of one product; the order of the fields is the order on the wire.

    `fresh_ms`: up to this age a list is fresh. `stale_ms`: up to this age it is stale, then too
    old; not below `fresh_ms`. `too_old`: what follows from that. `passback`, `passback_ms`:
    anti-passback, and for how long after an entry. `claim`: ask the centre before the arm is
    released, while it can be reached. `partition_share`: how many admissions of one team ticket
    this gate may grant while it is cut off, 0 for no limit. `identity`: a holder-bound ticket needs
    its holder's document.
    """

    fresh_ms: int = 300_000
    stale_ms: int = 86_400_000
    too_old: TooOld = TooOld.ADMIT
    passback: Passback = Passback.HARD
    passback_ms: int = 300_000
    claim: bool = True
    partition_share: int = 0
    identity: bool = True

    def freshness(self, age_ms: int) -> Freshness:
        """Return the tier of a list that was confirmed `age_ms` ago."""
        if age_ms <= self.fresh_ms:
            return Freshness.FRESH
        return Freshness.STALE if age_ms <= self.stale_ms else Freshness.TOO_OLD


DEFAULT = Rules()
RULE_FIELDS = tuple(rule.name for rule in fields(Rules))


class ProductNames(NamedTuple):
    """What a product is called, Chinese and English: 1 to MAX_NAME_BYTES bytes of UTF-8 each."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class RuleBook:
    """`as_of_ms`: when it was made, ms since 1970. `default`: for every product that `products`
    (product number to rules) does not name. `names`: of products, by number. `version`: 0 for
    `NO_BOOK`, which every gate has at first."""

    version: int = 0
    as_of_ms: int = 0
    default: Rules = DEFAULT
    products: dict[int, Rules] = field(default_factory=dict)
    names: dict[int, ProductNames] = field(default_factory=dict)

    def of(self, product: int) -> Rules:
        """Return the rules of a product."""
        return self.products.get(product, self.default)


NO_BOOK = RuleBook()


def seal(book: RuleBook, key_id: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """Return the book, signed, as it is sent. Raise WireError for a book that no gate would
    accept."""
    rows = [[product, *_row(rules)] for product, rules in sorted(book.products.items())]
    values: list[object] = [book.version, book.as_of_ms, _row(book.default), rows]
    if book.names:
        values.append([[product, *names] for product, names in sorted(book.names.items())])
    _read(values)
    if len(cbor.write(values)) > MAX_BOOK_BYTES - 100:
        raise WireError("a rule book of more than 40 KiB: fewer products need rules or names")
    return seal_fields(_CONTEXT, values, key_id, sign)


def open_book(sealed: bytes, ring: KeyRing) -> RuleBook:
    """Return the book if a trusted list key signed it. Raise WireError."""
    return _read(open_seal("a rule book", _CONTEXT, sealed, MAX_BOOK_BYTES, ring, KeyUse.LIST))


def refuse_older(current: RuleBook, offered: RuleBook) -> None:
    """Raise WireError unless `offered` may follow `current`: newer in version and as-of time."""
    if offered.version <= current.version or offered.as_of_ms < current.as_of_ms:
        raise WireError("a rule book that is not newer than the one in force")


def _row(rules: Rules) -> list[object]:
    values = (getattr(rules, name) for name in RULE_FIELDS)
    return [value if type(value) is bool else int(value) for value in values]


def _read(values: list[object]) -> RuleBook:
    if len(values) not in (4, 5):
        raise WireError("a rule book of another shape")
    version, as_of_ms, default, rows = values[:4]
    if not (in_range(version, 1, 1 << 32) and in_range(as_of_ms, 0, END_MS)):
        raise WireError("a rule book with a field out of range")
    assert type(version) is int
    assert type(as_of_ms) is int
    products = {number: _rules(row) for number, row in _by_product(rows).items()}
    names: dict[int, ProductNames] = {}
    if len(values) == 5:
        names = {number: _names(row) for number, row in _by_product(values[4]).items()}
        if not names:
            raise WireError("a rule book that spells out that it has no names")
    return RuleBook(version, as_of_ms, _rules(default), products, names)


def _by_product(rows: object) -> dict[int, list[object]]:
    """Return the rest of each row by the product number that it begins with; numbers ascend."""
    if type(rows) is not list or not all(type(row) is list and row for row in rows):
        raise WireError("a rule book of another shape")
    numbers = [row[0] for row in rows]
    if not (
        all(in_range(number, 0, 1 << 16) for number in numbers)
        and all(a < b for a, b in pairwise(numbers))
    ):
        raise WireError("a rule book with a field out of range")
    return {row[0]: row[1:] for row in rows}


def _names(row: list[object]) -> ProductNames:
    if len(row) != len(ProductNames._fields):
        raise WireError("a rule book of another shape")
    for name in row:
        if type(name) is not str or not 0 < len(name.encode()) <= MAX_NAME_BYTES:
            raise WireError("a rule book with a name out of range")
    return ProductNames(*map(str, row))


def _rules(row: object) -> Rules:
    if type(row) is not list or len(row) != len(RULE_FIELDS):
        raise WireError("a rule book of another shape")
    fresh, stale, too_old, passback, passback_ms, claim, share, identity = row
    if not (
        in_range(fresh, 0, MAX_RULE_MS)
        and in_range(stale, fresh, MAX_RULE_MS)
        and in_range(too_old, 0, len(TooOld))
        and in_range(passback, 0, len(Passback))
        and in_range(passback_ms, 0, MAX_RULE_MS)
        and type(claim) is bool
        and in_range(share, 0, 1 << 16)
        and type(identity) is bool
    ):
        raise WireError("a rule book with a field out of range")
    return Rules(
        fresh_ms=fresh,
        stale_ms=stale,
        too_old=TooOld(too_old),
        passback=Passback(passback),
        passback_ms=passback_ms,
        claim=claim,
        partition_share=share,
        identity=identity,
    )
