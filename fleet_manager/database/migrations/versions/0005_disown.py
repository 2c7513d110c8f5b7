"""Add what a stolen gate is taken back by, and the closed days of much-used tickets.

When records arrived is known of the last weeks alone, from the table of news.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_DISOWNED = sa.text("kind < 0 AND ticket IS NOT NULL")


def upgrade() -> None:
    """Add the columns, the tables and the index, and fill the table of receipts."""
    op.add_column("gate", sa.Column("disowned_ms", sa.BigInteger))
    op.add_column(
        "journal", sa.Column("linked", sa.BigInteger, nullable=False, server_default=sa.text("0"))
    )
    op.add_column("journal", sa.Column("disowned", sa.BigInteger))
    op.create_index(
        "passage_disowned",
        "passage",
        ["ticket"],
        sqlite_where=_DISOWNED,
        postgresql_where=_DISOWNED,
    )
    op.create_table(
        "receipt",
        sa.Column(
            "journal",
            sa.Integer,
            sa.ForeignKey("journal.no"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("minute", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("before", sa.BigInteger, nullable=False),
        sa.Column("taken", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO receipt (journal, minute, before, taken) "
        "SELECT journal, at_ms / 60000, min(first_seq) - 1, 0 FROM news WHERE journal > 0 "
        "GROUP BY journal, at_ms / 60000"
    )
    op.create_table(
        "closed_days",
        sa.Column("ticket", sa.LargeBinary(8), primary_key=True),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("journal", sa.Integer, nullable=False),
        sa.Column("uses", sa.Text, nullable=False),
        sa.Column("fold", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
