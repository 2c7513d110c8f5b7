"""What the vectors of rule books, key sets and beacons are made of, good and bad."""

from collections.abc import Sequence
from typing import Any

import cbor2

from gate_agent.validator.moment import END_MS
from gate_agent.validator.trust import beacon, key_set, rule_book
from gate_agent.validator.trust.beacon import Beacon
from gate_agent.validator.trust.key_set import KeyRow, KeySet
from gate_agent.validator.trust.keys import KeyMode, KeyUse
from gate_agent.validator.trust.rule_book import (
    DEFAULT,
    Passback,
    ProductNames,
    RuleBook,
    Rules,
    TooOld,
)
from tests.vectors.keyring import (
    CENTRE,
    LIST,
    PARK,
    ROOTS,
    STRANGER,
    TICKET,
    TestKey,
)
from tests.vectors.samples import START


def rule_books() -> dict[str, bytes]:
    """Sealed rule books."""
    strict = Rules(
        fresh_ms=60_000,
        stale_ms=3_600_000,
        too_old=TooOld.DENY,
        passback=Passback.SOFT,
        passback_ms=0,
        claim=False,
        partition_share=20,
        identity=False,
    )
    books = {
        "only defaults": RuleBook(1, START * 1000),
        "several products": RuleBook(4, START * 1000 + 5, DEFAULT, {7: strict, 0: DEFAULT}),
        "names of products": RuleBook(
            5,
            START * 1000 + 6,
            DEFAULT,
            {7: strict},
            {0: ProductNames("一日票", "Day ticket"), 9: ProductNames("团" * 20, "T" * 60)},
        ),
    }
    return {name: rule_book.seal(book, LIST.id, LIST.sign) for name, book in books.items()}


def bad_rule_books() -> dict[str, bytes]:
    """Bytes that are no rule book."""
    good = rule_books()["several products"]
    values: list[Any] = cbor2.loads(good[68:])

    def made(fields: list[Any], key: TestKey = LIST, context: bytes = b"rule book") -> bytes:
        written = cbor2.dumps(fields)
        return key.id + key.sign(b"scenic-gate " + context + b"\0" + written) + written

    def rule(at: int, value: Any) -> bytes:
        row = [*values[2][:at], value, *values[2][at + 1 :]]
        return made([*values[:2], row, values[3]])

    def names(*rows: Any) -> bytes:
        return made([*values, list(rows)])

    return {
        "empty": b"",
        "signed with a ticket key": made(values, TICKET),
        "signed as something else": made(values, context=b"list manifest"),
        "a changed byte": good[:-1] + bytes((good[-1] ^ 1,)),
        "a byte behind": LIST.id
        + LIST.sign(b"scenic-gate rule book\0" + good[68:] + b"\0")
        + good[68:]
        + b"\0",
        "version 0": made([0, *values[1:]]),
        "a time after the year 9998": made([1, END_MS, *values[2:]]),
        "products out of order": made([*values[:3], values[3][::-1]]),
        "a product twice": made([*values[:3], values[3][:1] * 2]),
        "a product above 65 535": made([*values[:3], [[65_536, *values[2]]]]),
        "a rule too few": made([*values[:2], values[2][:7], values[3]]),
        "stale before it is fresh": rule(1, 299_999),
        "an unknown answer to a list that is too old": rule(2, 2),
        "an unknown passback": rule(3, 3),
        "a number for a truth": rule(5, 1),
        "a share of 65 536": rule(6, 65_536),
        "time without end": rule(1, 1 << 40),
        "a map": made([*values[:3], [{1: 2}]]),
        "names that are none": names(),
        "names out of order": names([2, "a", "b"], [1, "a", "b"]),
        "an empty name": names([1, "", "b"]),
        "a name of 61 bytes": names([1, "a", "b" * 61]),
        "a name in bytes": names([1, b"a", "b"]),
        "a name too few": names([1, "a"]),
        "a sixth field": made([*values, [[1, "a", "b"]], 0]),
    }


def key_sets() -> dict[str, bytes]:
    """Sealed key sets, each signed by two roots."""
    publics = tuple(sorted(root.public for root in ROOTS))
    first = (
        KeyRow(use=KeyUse.TICKET, public=TICKET.public),
        KeyRow(use=KeyUse.LIST, public=LIST.public),
        KeyRow(use=KeyUse.CENTRE, public=CENTRE.public),
    )
    stolen = KeyRow(
        use=KeyUse.TICKET,
        public=TICKET.public,
        mode=KeyMode.LIST_ONLY,
        until_s=START,
        last_serial=500,
    )
    new = KeyRow(use=KeyUse.TICKET, public=STRANGER.public, mode=KeyMode.SIG_LIST)
    sets = {
        "the first": KeySet(park=PARK, version=1, as_of_ms=START * 1000, roots=publics, keys=first),
        "after a theft": KeySet(
            park=PARK,
            version=2,
            as_of_ms=START * 1000 + 9,
            roots=publics,
            keys=(stolen, *first[1:], new),
        ),
    }
    return {name: _signed_set(key_set.fields_of(one)) for name, one in sets.items()}


def _signed_set(fields: bytes, signers: Sequence[TestKey] = ROOTS[:2]) -> bytes:
    return key_set.seal(fields, [key_set.sign(fields, one.public, one.sign) for one in signers])


def bad_key_sets() -> dict[str, bytes]:
    """Bytes that are no key set of this park."""
    good = key_sets()["after a theft"]
    fields = key_set.split(good)[1]
    values: list[Any] = cbor2.loads(fields)

    def made(*changed: Any) -> bytes:
        return _signed_set(cbor2.dumps(list(changed)))

    def row(at: int, value: Any) -> bytes:
        changed = [*values[4][0][:at], value, *values[4][0][at + 1 :]]
        return made(*values[:4], [changed, *values[4][1:]])

    one = good[1:69]
    return {
        "empty": b"",
        "one signature": _signed_set(fields, ROOTS[:1]),
        "one signature, twice": b"\2" + one + one + fields,
        "a root and a stranger": _signed_set(fields, (ROOTS[0], STRANGER)),
        "a changed byte": good[:-1] + bytes((good[-1] ^ 1,)),
        "a signature too few for its count": b"\3" + good[1:],
        "nine signatures": b"\x09" + good[1:],
        "of another park": made("other", *values[1:]),
        "version 0": made(values[0], 0, *values[2:]),
        "two roots": made(*values[:3], values[3][:2], values[4]),
        "roots out of order": made(*values[:3], values[3][::-1], values[4]),
        "no list key": made(*values[:4], [values[4][0], *values[4][2:]]),
        "a key twice": made(*values[:4], [*values[4], values[4][0]]),
        "a gate's key": row(0, "gate"),
        "a key of 31 bytes": row(1, bytes(31)),
        "an unknown mode": row(2, 3),
        "an end for a key that is trusted": row(2, 0),
        "no end for one that is not": row(3, 0),
        "a mode for a list key": made(
            *values[:4], [values[4][0], [*values[4][1][:2], 1, 0, 0], *values[4][2:]]
        ),
    }


def beacons() -> dict[str, bytes]:
    """Sealed beacons."""
    said = {
        "nothing yet": Beacon(START * 1000),
        "two series": Beacon(START * 1000 + 5, (("main", 3), ("partner", 12)), 4, 2),
    }
    return {name: beacon.seal(one, LIST.id, LIST.sign) for name, one in said.items()}


def bad_beacons() -> dict[str, bytes]:
    """Bytes that are no beacon."""
    good = beacons()["two series"]
    values: list[Any] = cbor2.loads(good[68:])

    def made(*fields: Any, key: TestKey = LIST) -> bytes:
        written = cbor2.dumps(list(fields))
        return key.id + key.sign(b"scenic-gate beacon\0" + written) + written

    return {
        "empty": b"",
        "signed with the centre's message key": made(*values, key=CENTRE),
        "a changed byte": good[:-1] + bytes((good[-1] ^ 1,)),
        "a rule book": rule_books()["only defaults"],
        "a field too few": made(*values[:3]),
        "time 0": made(0, *values[1:]),
        "a time after the year 9998": made(END_MS, *values[1:]),
        "version 0": made(values[0], [["main", 0]], 0, 0),
        "series out of order": made(values[0], values[1][::-1], 4, 2),
        "a series twice": made(values[0], values[1][:1] * 2, 4, 2),
        "a name of 17 characters": made(values[0], [["x" * 17, 1]], 0, 0),
        "65 series": made(values[0], [[f"{n:03}", 1] for n in range(65)], 0, 0),
        "a truth for a version": made(*values[:2], True, 0),
        "a negative version": made(*values[:3], -1),
    }
