"""Add accounts, entries, shifts, shares, and attempts to be paid."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
_KEPT = ("money_entry", "money_posting")


def upgrade() -> None:
    """Add the tables, empty, and the counters of their rows."""
    _money_account()
    _money_entry()
    _money_posting()
    _shift()
    _drawer_move()
    _shares()
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        _protect_sqlite()
    else:
        _protect_postgresql(str(bind.exec_driver_sql("SELECT current_schema()").scalar_one()))
    _attempt()
    _pay_back()
    meta = sa.table("meta", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    op.bulk_insert(meta, [{"name": "entries", "value": 0}])


def _protect_sqlite() -> None:
    for table in _KEPT:
        for event in ("UPDATE", "DELETE"):
            op.get_bind().exec_driver_sql(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is never changed'); END"
            )


def _protect_postgresql(schema: str) -> None:
    bind = op.get_bind()
    bind.exec_driver_sql(
        f"CREATE OR REPLACE FUNCTION {schema}.money_never_changes() RETURNS trigger "
        "LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is never changed'; END $$"
    )
    for table in _KEPT:
        bind.exec_driver_sql(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {schema}.money_never_changes()"
        )


def _money_account() -> None:
    op.create_table(
        "money_account",
        sa.Column("no", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("debit_fen", sa.BigInteger, nullable=False),
        sa.Column("credit_fen", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("kind", "owner"),
    )


def _money_entry() -> None:
    op.create_table(
        "money_entry",
        sa.Column("no", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("business_day", sa.Integer, nullable=False),
        sa.Column("ref", sa.String(60), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("station", sa.String(20), nullable=False),
        sa.Column("shift", sa.String(40), nullable=False),
        sa.Column("reverses", sa.String(80), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
    )
    op.create_index("money_entry_day", "money_entry", ["business_day", "kind"])
    op.create_index("money_entry_id", "money_entry", ["id"], unique=True)
    op.create_index(
        "money_entry_shift",
        "money_entry",
        ["shift"],
        sqlite_where=sa.text("shift <> ''"),
        postgresql_where=sa.text("shift <> ''"),
    )


def _money_posting() -> None:
    op.create_table(
        "money_posting",
        sa.Column(
            "entry_no",
            sa.BigInteger,
            sa.ForeignKey("money_entry.no"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("leg", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("account_no", sa.Integer, sa.ForeignKey("money_account.no"), nullable=False),
        sa.Column("fen", sa.BigInteger, nullable=False),
        sa.Column("ticket", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    op.create_index("money_posting_account", "money_posting", ["account_no", "entry_no"])
    op.create_index(
        "money_posting_ticket",
        "money_posting",
        ["ticket"],
        sqlite_where=sa.text("ticket IS NOT NULL"),
        postgresql_where=sa.text("ticket IS NOT NULL"),
    )


def _shift() -> None:
    op.create_table(
        "shift",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("till", sa.String(20), sa.ForeignKey("till.id"), nullable=False),
        sa.Column("station", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("cashier", sa.String(64), nullable=False),
        sa.Column("opened_ms", sa.BigInteger, nullable=False),
        sa.Column("float_fen", sa.BigInteger, nullable=False),
        sa.Column("closed_ms", sa.BigInteger),
        sa.Column("expected_fen", sa.BigInteger),
        sa.Column("counted_fen", sa.BigInteger),
        sa.Column("first_count_fen", sa.BigInteger),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("sheet", sa.Text),
        sa.Column("head", sa.LargeBinary(32)),
        sa.UniqueConstraint("till", "number"),
    )
    op.create_index(
        "shift_open",
        "shift",
        ["till"],
        unique=True,
        sqlite_where=sa.text("closed_ms IS NULL"),
        postgresql_where=sa.text("closed_ms IS NULL"),
    )


def _drawer_move() -> None:
    op.create_table(
        "drawer_move",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("shift", sa.String(40), sa.ForeignKey("shift.id"), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("fen", sa.BigInteger, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("drawer_move_shift", "drawer_move", ["shift"])


def _shares() -> None:
    op.create_table(
        "share_mark",
        sa.Column(
            "journal",
            sa.Integer,
            sa.ForeignKey("journal.no"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("mark", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "earned",
        sa.Column("serial", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("component", sa.String(20), primary_key=True),
        sa.Column("persons", sa.Integer, nullable=False),
    )


def _attempt() -> None:
    op.create_table(
        "attempt",
        sa.Column("channel_no", sa.String(32), primary_key=True),
        sa.Column("order_no", sa.BigInteger, sa.ForeignKey("sale_order.no"), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("fen", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("begun_ms", sa.BigInteger, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.Column("next_ms", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("provider_no", sa.String(64), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("attempt_order", "attempt", ["order_no"])
    op.create_index(
        "attempt_pending",
        "attempt",
        ["next_ms"],
        sqlite_where=sa.text("state NOT IN ('paid', 'closed')"),
        postgresql_where=sa.text("state NOT IN ('paid', 'closed')"),
    )


def _pay_back() -> None:
    op.create_table(
        "pay_back",
        sa.Column("channel_no", sa.String(64), primary_key=True),
        sa.Column("attempt", sa.String(32), sa.ForeignKey("attempt.channel_no"), nullable=False),
        sa.Column("refund", sa.String(40), nullable=False),
        sa.Column("fen", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("begun_ms", sa.BigInteger, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.Column("next_ms", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("pay_back_attempt", "pay_back", ["attempt"])
