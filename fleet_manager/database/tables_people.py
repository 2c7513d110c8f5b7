"""Define the tables of people: users, their sessions and links, programs' tokens, failures."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from fleet_manager.database.tables import metadata

account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(32), nullable=False, unique=True),
    Column("shown", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("station", String(20), nullable=False),
    Column("language", String(2), nullable=False),
    Column("password", Text),
    Column("factor", LargeBinary),
    Column("offered", LargeBinary),
    Column("step", BigInteger, nullable=False),
    Column("disabled_ms", BigInteger),
    Column("created_ms", BigInteger, nullable=False),
)
"""Users; never deleted, so that a name in the audit stays one person's. `shown`: their name as
people write it. `station`: their scope, '' for the park. `password`: argon2id, NULL until they have
set one. `factor`, `offered`: secrets of the second factor, sealed: the one in force, and one that
is not confirmed yet. `step`: the last time step whose code was used."""

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("account", Integer, ForeignKey("account.id"), primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), primary_key=True),
)
"""Codes that stand in for a lost second factor, by SHA-256; a used one is deleted."""

session = Table(
    "session",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account", Integer, ForeignKey("account.id"), nullable=False),
    Column("hash", LargeBinary(32), nullable=False, unique=True),
    Column("needs_code", Boolean, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),
    Column("ends_ms", BigInteger, nullable=False),
    Column("address", String(64), nullable=False),
    Column("agent", String(200), nullable=False),
    Index("session_account", "account"),
    Index("session_ends", "ends_ms"),
)
"""Browsers that are signed in. `hash`: SHA-256 of the secret in the cookie. `needs_code`: the
password was right, and the second factor is still to come. `ends_ms`: the latest end. Those that
have ended are deleted."""

one_time_link = Table(
    "one_time_link",
    metadata,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("account", Integer, ForeignKey("account.id"), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Index("one_time_link_account", "account"),
)
"""Links by which somebody sets a password, by SHA-256 of their secret; a used one is deleted."""

token = Table(
    "token",
    metadata,
    Column("id", String(8), primary_key=True),
    Column("name", String(32), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("role", String(16), nullable=False),
    Column("station", String(20), nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger),
    Column("ended_ms", BigInteger),
)
"""Tokens of programs and displays, by SHA-256. `station`: as in `account`."""

throttle = Table(
    "throttle",
    metadata,
    Column("axis", String(10), primary_key=True),
    Column("subject", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Index("throttle_last", "axis", "last_ms"),
)
"""Failed attempts to sign in. `axis`: a `throttle.Axis`. `subject`: a user's number, an address, or
the hash of a name that nobody has; rows of an axis are bounded in number, and forgotten."""
