"""Let two gates have journals of one id: the key of a journal is its gate and its id.

So nobody takes a journal by being the first to send a record under its id. Claims get the gate of
their journal; those whose journal is not here yet keep the gate '', and expire within seconds.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_JOURNAL = "no, id, gate, mark, head, forked, first_seen_ms, linked, disowned"
_CLAIM = 'number, ticket, persons, reentry, reason, "left", expires_ms'


def upgrade() -> None:
    """Change both keys. SQLite changes none: there the tables are made anew."""
    _claims()
    if op.get_bind().dialect.name == "sqlite":
        _journals_anew()
    else:
        op.drop_constraint("journal_id_key", "journal", type_="unique")
        op.create_unique_constraint(None, "journal", ["id", "gate"])


def _claims() -> None:
    op.create_table(
        "claim_anew",
        sa.Column("journal", sa.LargeBinary(16), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("ticket", sa.LargeBinary(8), nullable=False),
        sa.Column("persons", sa.Integer, nullable=False),
        sa.Column("reentry", sa.Boolean, nullable=False),
        sa.Column("reason", sa.SmallInteger, nullable=False),
        sa.Column("left", sa.Integer, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        sa.Column("gate", sa.String(20), primary_key=True),
    )
    op.execute(
        f"INSERT INTO claim_anew (journal, {_CLAIM}, gate) SELECT journal, {_CLAIM}, "  # noqa: S608
        "coalesce(gate, '') FROM claim LEFT JOIN journal ON journal.id = claim.journal"
    )
    op.drop_table("claim")
    op.rename_table("claim_anew", "claim")
    op.create_index("claim_ticket", "claim", ["ticket"])


def _journals_anew() -> None:
    op.create_table(
        "journal_anew",
        sa.Column("no", sa.Integer, primary_key=True),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("gate", sa.String(20), sa.ForeignKey("gate.id"), nullable=False),
        sa.Column("mark", sa.BigInteger, nullable=False),
        sa.Column("head", sa.LargeBinary(32), nullable=False),
        sa.Column("forked", sa.Boolean, nullable=False),
        sa.Column("first_seen_ms", sa.BigInteger, nullable=False),
        sa.Column("linked", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("disowned", sa.BigInteger),
        sa.UniqueConstraint("id", "gate"),
    )
    op.execute(f"INSERT INTO journal_anew ({_JOURNAL}) SELECT {_JOURNAL} FROM journal")  # noqa: S608
    op.drop_table("journal")
    op.rename_table("journal_anew", "journal")
