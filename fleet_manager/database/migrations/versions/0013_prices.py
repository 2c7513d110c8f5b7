"""Add prices, seasons, time slots and held places."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the tables, empty, and the counter of their rows."""
    _season()
    _special_day()
    _price_list()
    _price()
    _eligibility()
    _slot()
    _quota()
    _places()
    _place_hold()
    meta = sa.table("meta", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    op.bulk_insert(meta, [{"name": "prices", "value": 0}])


def _season() -> None:
    op.create_table(
        "season",
        sa.Column("code", sa.String(20), primary_key=True),
        sa.Column("first_day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("last_day", sa.Integer, nullable=False),
        sa.Column("name_zh", sa.Text, nullable=False),
        sa.Column("name_en", sa.Text, nullable=False),
    )


def _special_day() -> None:
    op.create_table(
        "special_day",
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(10), nullable=False),
    )


def _price_list() -> None:
    op.create_table(
        "price_list",
        sa.Column(
            "product",
            sa.Integer,
            sa.ForeignKey("product.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("from_day", sa.Integer, nullable=False),
        sa.Column("added_ms", sa.BigInteger, nullable=False),
        sa.Column("eligibility", sa.String(20), nullable=False),
        sa.Column("entry_from", sa.SmallInteger),
        sa.Column("entry_to", sa.SmallInteger),
        sa.Column("refund", sa.Text, nullable=False),
        sa.Column("components", sa.Text, nullable=False),
    )


def _price() -> None:
    op.create_table(
        "price",
        sa.Column("product", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("season", sa.String(20), primary_key=True),
        sa.Column("day_kind", sa.String(10), primary_key=True),
        sa.Column("channel", sa.String(10), primary_key=True),
        sa.Column("fen", sa.BigInteger, nullable=False),
    )


def _eligibility() -> None:
    op.create_table(
        "eligibility",
        sa.Column("code", sa.String(20), primary_key=True),
        sa.Column("name_zh", sa.Text, nullable=False),
        sa.Column("name_en", sa.Text, nullable=False),
        sa.Column("document_zh", sa.Text, nullable=False),
        sa.Column("document_en", sa.Text, nullable=False),
        sa.Column("at_sale", sa.Boolean, nullable=False),
        sa.Column("at_gate", sa.Boolean, nullable=False),
    )


def _slot() -> None:
    op.create_table(
        "slot",
        sa.Column(
            "product",
            sa.Integer,
            sa.ForeignKey("product.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("from_minute", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("to_minute", sa.SmallInteger, nullable=False),
        sa.Column("persons", sa.Integer, nullable=False),
    )


def _quota() -> None:
    op.create_table(
        "quota",
        sa.Column(
            "product",
            sa.Integer,
            sa.ForeignKey("product.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("persons", sa.Integer, nullable=False),
    )


def _places() -> None:
    op.create_table(
        "places",
        sa.Column("product", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("from_minute", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("taken", sa.Integer, nullable=False),
    )


def _place_hold() -> None:
    op.create_table(
        "place_hold",
        sa.Column("order_no", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("line", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("product", sa.Integer, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("from_minute", sa.SmallInteger, nullable=False),
        sa.Column("persons", sa.Integer, nullable=False),
        sa.Column("until_ms", sa.BigInteger),
    )
    op.create_index(
        "place_hold_until",
        "place_hold",
        ["until_ms"],
        sqlite_where=sa.text("until_ms IS NOT NULL"),
        postgresql_where=sa.text("until_ms IS NOT NULL"),
    )
