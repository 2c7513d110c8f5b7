"""Signers of a series: whose tickets are good without being listed, and for which products."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, insert, select

from fleet_manager.database import store, tables_pretix
from gate_agent.validator.lists.code_signers import CodeSigner, SignedEntitlement


def read(connection: Connection, series: str) -> tuple[CodeSigner, ...]:
    """Return the signers as the list of the series names them."""
    rows = store.run(connection, _RIGHTS, {"of": series})
    rights = tuple([(row[0], row[1], row[2], row[3]) for row in rows])
    keys = store.run(connection, _KEYS, {"of": series})
    return tuple([CodeSigner(public, rights) for (public,) in keys])


# Made once: making a statement costs more than running it.
_KEY, _RIGHT = tables_pretix.signer.c, tables_pretix.right.c
_KEYS = select(_KEY.public).where(_KEY.series == bindparam("of")).order_by(_KEY.public)
_COLUMNS = _RIGHT.item, _RIGHT.variation, _RIGHT.subevent, _RIGHT.kind
_RIGHTS = select(*_COLUMNS).where(_RIGHT.series == bindparam("of")).order_by(*_COLUMNS[:3])


def write(
    connection: Connection,
    series: str,
    publics: Sequence[bytes],
    rights: Sequence[SignedEntitlement],
) -> bool:
    """Store the keys (32 bytes each) and rights of a series; return whether that is a change, which
    the caller numbers."""
    ordered = tuple(sorted(rights))
    signers = tuple(CodeSigner(public, ordered) for public in sorted(set(publics)))
    if signers == read(connection, series):
        return False
    for table in (tables_pretix.signer, tables_pretix.right):
        connection.execute(delete(table).where(table.c.series == series))
    for signer in signers:
        values = {"series": series, "public": signer.public}
        connection.execute(insert(tables_pretix.signer).values(values))
    names = tables_pretix.right.columns.keys()
    for right in ordered if signers else ():
        row = dict(zip(names, (series, *right), strict=True))
        connection.execute(insert(tables_pretix.right).values(row))
    return True
