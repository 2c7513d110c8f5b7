"""Define the tables of boards: invitations by which they enrol themselves, and releases: who may
sign them, which are here, and what gates shall run."""

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

release_keys = Table(
    "release_keys",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
)
"""Published release keys, signed by root keys; the newest counts."""

release = Table(
    "release",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("version", String(40), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("manifest", LargeBinary(32), nullable=False),
    Column("signed_by", String(8), nullable=False),
    Column("added_ms", BigInteger, nullable=False),
)
"""`name`: of its folder in `releases` of the data folder. `manifest`: SHA-256 of its release.json.
`signed_by`: id of the release key, hexadecimal."""

wish = Table(
    "wish",
    metadata,
    Column("gate", String(20), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("release", String(64), nullable=False),
    Column("switch_time", String(8), nullable=False),
    Column("not_before_ms", BigInteger, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
)
"""Which release a gate shall run. `number`: above that of each earlier wish. `switch_time`: a
`SwitchTime`."""
