"""Define the table of invitations: one-time tokens by which boards enrol themselves."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, String, Table

from fleet_manager.database.tables import metadata

invitation = Table(
    "invitation",
    metadata,
    Column("id", LargeBinary(8), primary_key=True),
    Column("gate", String(20), nullable=False),
    Column("station", String(20), nullable=False),
    Column("replaces", Boolean, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("public", LargeBinary(32)),
    Column("used_ms", BigInteger),
    Column("refused", Integer, nullable=False, server_default="0"),
)
"""`id`: random; the token's secret is derived from it, so nothing secret is stored. `replaces`: the
gate has a board, which is refused from the enrolment on. `public`, `used_ms`: the key that used it,
and when; NULL until then. `refused`: how many requests with it were refused."""
