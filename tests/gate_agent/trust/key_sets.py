"""Key sets as two roots sign them, and the keys that come after the first ones."""

from typing import Any

from gate_agent.validator.trust import key_set
from gate_agent.validator.trust.key_set import KeyRow, KeySet
from gate_agent.validator.trust.keys import KeyUse
from tests.gate_agent.samples import (
    CENTRE_KEY,
    LIST_KEY,
    NOW_S,
    PARK,
    ROOT_KEYS,
    TICKET_KEY,
    Key,
    key,
)

NEW_TICKET, NEW_LIST, NEW_CENTRE = map(key, range(21, 24))
NEW_ROOTS = tuple(sorted(map(key, range(31, 34)), key=lambda pair: pair.public))
FIRST = (
    KeyRow(use=KeyUse.TICKET, public=TICKET_KEY.public),
    KeyRow(use=KeyUse.LIST, public=LIST_KEY.public),
    KeyRow(use=KeyUse.CENTRE, public=CENTRE_KEY.public),
)
LAST = 2**32 - 1


def sealed(
    version: int,
    *rows: KeyRow,
    roots: tuple[Key, ...] = ROOT_KEYS,
    by: tuple[Key, ...] = ROOT_KEYS[:2],
    **fields: Any,
) -> bytes:
    """A set of these keys, or of the first ones, signed by two roots."""
    keys = KeySet(
        park=fields.pop("park", PARK),
        version=version,
        as_of_ms=fields.pop("as_of_ms", NOW_S * 1000),
        roots=tuple(root.public for root in roots),
        keys=rows or FIRST,
    )
    written = key_set.fields_of(keys)
    return key_set.seal(
        written, [key_set.sign(written, one.public, one.private.sign) for one in by]
    )
