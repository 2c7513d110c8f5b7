"""Add the sums of the tally by day and by month, and what records are searched by.

The sums are made of the tally, month by month. The codes that were refused and are no tickets are
read from the signed records: field 18 of their CBOR array.
"""

from datetime import date, timedelta

import cbor2
import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_STOPPED = sa.text("kind IN (-6, -5, 5, 6)")
_HAS_CODE = sa.text("code IS NOT NULL")
_PLACE = ["day", "wall_ms", "journal", "seq", "kind"]
_CODE_FIELD = 18
_ROWS = 10_000
_NUMBERS = ("events", "persons", "first")
_SUMS = "sum(t.events), sum(t.persons), sum(t.first)"
_DAYS = sa.text(f"""
    INSERT INTO tally_day (day, station, direction, product, kind, reason, events, persons, first)
    SELECT t.day, g.station, t.direction, t.product, t.kind, t.reason, {_SUMS}
    FROM tally t JOIN gate g ON g.id = t.gate WHERE t.day BETWEEN :low AND :high
    GROUP BY t.day, g.station, t.direction, t.product, t.kind, t.reason
""")  # noqa: S608
_MONTHS = sa.text(f"""
    INSERT INTO tally_month (month, gate, direction, product, kind, reason, events, persons, first)
    SELECT :month, t.gate, t.direction, t.product, t.kind, t.reason, {_SUMS}
    FROM tally t WHERE t.day BETWEEN :low AND :high
    GROUP BY t.gate, t.direction, t.product, t.kind, t.reason
""")  # noqa: S608
_REFUSED = sa.text(
    "SELECT journal, seq, record FROM passage WHERE kind IN (5, -5) AND ticket IS NULL "
    "AND (journal > :journal OR (journal = :journal AND seq > :seq)) "
    "ORDER BY journal, seq LIMIT :rows"
)
_SET_CODE = sa.text("UPDATE passage SET code = :code WHERE journal = :journal AND seq = :seq")


def upgrade() -> None:
    """Add tables, column and indexes, and fill them."""
    _make_table("tally_day", "day", "station")
    _make_table("tally_month", "month", "gate")
    _fill_sums()
    op.add_column("passage", sa.Column("code", sa.LargeBinary(8)))
    _fill_codes()
    op.create_index("passage_time", "passage", _PLACE)
    for name, columns, where in (
        ("passage_stopped", [*_PLACE, "reason"], _STOPPED),
        ("passage_code", ["code"], _HAS_CODE),
    ):
        op.create_index(name, "passage", columns, sqlite_where=where, postgresql_where=where)


def _make_table(name: str, period: str, place: str) -> None:
    keys = [(period, sa.Integer), ("direction", sa.SmallInteger), ("product", sa.Integer)]
    keys += [("kind", sa.SmallInteger), ("reason", sa.SmallInteger)]
    columns = [sa.Column(key, kind, primary_key=True, autoincrement=False) for key, kind in keys]
    at = sa.Column(place, sa.String(20), sa.ForeignKey(f"{place}.id"), primary_key=True)
    sums = [sa.Column(number, sa.BigInteger, nullable=False) for number in _NUMBERS]
    op.create_table(name, columns[0], at, *columns[1:], *sums, sqlite_with_rowid=False)


def _fill_sums() -> None:
    connection = op.get_bind()
    low, high = connection.execute(sa.text("SELECT min(day), max(day) FROM tally")).one()
    while low is not None and low <= high:
        first = date.fromordinal(low)
        following = (first.replace(day=28) + timedelta(days=4)).replace(day=1).toordinal()
        days = {"low": low, "high": following - 1}
        connection.execute(_DAYS, days)
        connection.execute(_MONTHS, days | {"month": first.year * 100 + first.month})
        low = following


def _fill_codes() -> None:
    connection = op.get_bind()
    journal = seq = -1
    while True:
        after = {"journal": journal, "seq": seq, "rows": _ROWS}
        rows = connection.execute(_REFUSED, after).all()
        for journal, seq, record in rows:
            fields = cbor2.loads(record)
            if len(fields) > _CODE_FIELD and fields[_CODE_FIELD] is not None:
                values = {"code": fields[_CODE_FIELD], "journal": journal, "seq": seq}
                connection.execute(_SET_CODE, values)
        if len(rows) < _ROWS:
            return
