"""Whose tickets of a series are good without being listed, and for what."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from fleet_manager.pretix import schema
from gate_agent.validator.code_signers import CodeSigner, Right


def read(connection: Connection, series: str) -> tuple[CodeSigner, ...]:
    """As the list of the series names them."""
    key, right = schema.signer.c, schema.right.c
    query = select(key.public).where(key.series == series).order_by(key.public)
    columns = right.item, right.variation, right.subevent, right.kind
    rights = select(*columns).where(right.series == series).order_by(*columns[:3])
    found = tuple((row[0], row[1], row[2], row[3]) for row in connection.execute(rights))
    return tuple(CodeSigner(public, found) for public in connection.scalars(query))


def write(
    connection: Connection, series: str, publics: Sequence[bytes], rights: Sequence[Right]
) -> bool:
    """Whether that is a change; the caller numbers it."""
    ordered = tuple(sorted(rights))
    wanted = tuple(CodeSigner(public, ordered) for public in sorted(set(publics)))
    if wanted == read(connection, series):
        return False
    for table in (schema.signer, schema.right):
        connection.execute(delete(table).where(table.c.series == series))
    for one in wanted:
        values = {"series": series, "public": one.public}
        connection.execute(insert(schema.signer).values(values))
    names = schema.right.columns.keys()
    for right in ordered if wanted else ():
        row = dict(zip(names, (series, *right), strict=True))
        connection.execute(insert(schema.right).values(row))
    return True
