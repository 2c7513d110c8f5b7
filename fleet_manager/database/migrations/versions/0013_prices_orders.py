"""Add prices, seasons and places; tills, orders and their refunds."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the tables, empty, and the counters of their rows."""
    _season()
    _special_day()
    _price_list()
    _price()
    _eligibility()
    _slot()
    _quota()
    _places()
    _place_hold()
    _till()
    _sale_order()
    _order_line()
    _order_refund()
    _refund_ticket()
    meta = sa.table("meta", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    op.bulk_insert(meta, [{"name": "prices", "value": 0}, {"name": "orders", "value": 0}])


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


def _till() -> None:
    op.create_table(
        "till",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("station", sa.String(20), sa.ForeignKey("station.id"), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("name_zh", sa.Text, nullable=False),
        sa.Column("name_en", sa.Text, nullable=False),
        sa.Column("retired_ms", sa.BigInteger),
    )


def _sale_order() -> None:
    op.create_table(
        "sale_order",
        sa.Column("no", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("intent", sa.String(64), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("station", sa.String(20), nullable=False),
        sa.Column("till", sa.String(20), nullable=False),
        sa.Column("cashier", sa.String(64), nullable=False),
        sa.Column("shift", sa.String(40), nullable=False),
        sa.Column("business_day", sa.Integer, nullable=False),
        sa.Column("placed_ms", sa.BigInteger, nullable=False),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("total_fen", sa.BigInteger, nullable=False),
        sa.Column("paid_ms", sa.BigInteger),
        sa.Column("paid_by", sa.String(20), nullable=False),
        sa.Column("issued_ms", sa.BigInteger),
        sa.Column("refunded_fen", sa.BigInteger, nullable=False),
        sa.Column("buyer", sa.Text, nullable=False),
    )
    op.create_index("sale_order_day", "sale_order", ["business_day", "till"])
    op.create_index("sale_order_intent", "sale_order", ["intent"], unique=True)
    op.create_index(
        "sale_order_unfinished",
        "sale_order",
        ["until_ms"],
        sqlite_where=sa.text("state IN ('open', 'paid')"),
        postgresql_where=sa.text("state IN ('open', 'paid')"),
    )


def _order_line() -> None:
    op.create_table(
        "order_line",
        sa.Column(
            "order_no",
            sa.BigInteger,
            sa.ForeignKey("sale_order.no"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("line", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("product", sa.Integer, sa.ForeignKey("product.id"), nullable=False),
        sa.Column("persons", sa.Integer, nullable=False),
        sa.Column("tickets", sa.Integer, nullable=False),
        sa.Column("total_fen", sa.BigInteger, nullable=False),
        sa.Column("first", sa.BigInteger),
        sa.Column("price", sa.Text, nullable=False),
        sa.Column("holders", sa.LargeBinary, nullable=False),
    )
    op.create_index("order_line_first", "order_line", ["first"])


def _order_refund() -> None:
    op.create_table(
        "order_refund",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("order_no", sa.BigInteger, sa.ForeignKey("sale_order.no"), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("fen", sa.BigInteger, nullable=False),
        sa.Column("fee_fen", sa.BigInteger, nullable=False),
        sa.Column("asked_ms", sa.BigInteger, nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("approved_by", sa.String(64), nullable=False),
        sa.Column("shift", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("done_ms", sa.BigInteger),
    )
    op.create_index("order_refund_order", "order_refund", ["order_no"])


def _refund_ticket() -> None:
    op.create_table(
        "refund_ticket",
        sa.Column("serial", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("refund", sa.String(40), sa.ForeignKey("order_refund.id"), primary_key=True),
        sa.Column("fen", sa.BigInteger, nullable=False),
    )
    op.create_index("refund_ticket_refund", "refund_ticket", ["refund"])
