"""Define the tables of money: accounts, entries with their postings, shifts, closing sheets.

Nothing here is ever changed or deleted but a shift's state: triggers refuse it. Amounts are fen.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from fleet_manager.database.tables import metadata

account = Table(
    "money_account",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(20), nullable=False),
    Column("owner", String(40), nullable=False),
    Column("debit_fen", BigInteger, nullable=False),
    Column("credit_fen", BigInteger, nullable=False),
    UniqueConstraint("kind", "owner"),
)
"""One row for each account. `kind`: see `sales/money/accounts.py`. `owner`: a shift, provider,
merchant or product; '' where there is one for the whole park. `debit_fen`, `credit_fen`: sums of
its postings, written in the same transaction; `fleet-manager money check` adds them up again."""

entry = Table(
    "money_entry",
    metadata,
    Column("no", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String(80), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("business_day", Integer, nullable=False),
    Column("ref", String(60), nullable=False),
    Column("who", String(64), nullable=False),
    Column("station", String(20), nullable=False),
    Column("shift", String(40), nullable=False),
    Column("reverses", String(80), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Index("money_entry_id", "id", unique=True),
    Index("money_entry_day", "business_day", "kind"),
    Index("money_entry_shift", "shift", sqlite_where=text("shift <> ''"),
          postgresql_where=text("shift <> ''")),
)  # fmt: skip
"""Movements of money, numbered without holes (`entries` in `meta`). `id`: of the caller: the same
again is the same entry. `ref`: what it is about, such as `order 12`. `reverses`: the id of the
entry that it takes back. `digest`: SHA-256 of its postings."""

posting = Table(
    "money_posting",
    metadata,
    Column("entry_no", BigInteger, ForeignKey("money_entry.no"), primary_key=True,
           autoincrement=False),
    Column("leg", SmallInteger, primary_key=True, autoincrement=False),
    Column("account_no", Integer, ForeignKey("money_account.no"), nullable=False),
    Column("fen", BigInteger, nullable=False),
    Column("ticket", BigInteger),
    Index("money_posting_account", "account_no", "entry_no"),
    Index("money_posting_ticket", "ticket", sqlite_where=text("ticket IS NOT NULL"),
          postgresql_where=text("ticket IS NOT NULL")),
    sqlite_with_rowid=False,
)  # fmt: skip
"""Legs of entries; those of an entry add up to 0. `fen`: above 0 a debit, below 0 a credit.
`ticket`: the serial that it is about."""

shift = Table(
    "shift",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("till", String(20), ForeignKey("till.id"), nullable=False),
    Column("station", String(20), nullable=False),
    Column("number", Integer, nullable=False),
    Column("cashier", String(64), nullable=False),
    Column("opened_ms", BigInteger, nullable=False),
    Column("float_fen", BigInteger, nullable=False),
    Column("closed_ms", BigInteger),
    Column("expected_fen", BigInteger),
    Column("counted_fen", BigInteger),
    Column("first_count_fen", BigInteger),
    Column("reason", Text, nullable=False),
    Column("sheet", Text),
    Column("head", LargeBinary(32)),
    UniqueConstraint("till", "number"),
    Index("shift_open", "till", unique=True, sqlite_where=text("closed_ms IS NULL"),
          postgresql_where=text("closed_ms IS NULL")),
)  # fmt: skip
"""Shifts of a till, numbered without holes. `float_fen`: cash in the drawer at the beginning.
`expected_fen`, `counted_fen`: what must be and what was in the drawer at the end;
`first_count_fen`: the count before, where it was counted twice. `reason`: of a difference. `sheet`:
the closing sheet as it was printed, JSON. `head`: SHA-256 of the head of the till's shift before it
and of the sheet, so that no sheet can be changed or taken out."""

drawer_move = Table(
    "drawer_move",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("shift", String(40), ForeignKey("shift.id"), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("fen", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("who", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Index("drawer_move_shift", "shift"),
)
"""Cash into or out of a drawer besides sales and refunds. `kind`: drop (to the safe), add (more
change from the safe), petty (small expenses). `id`: drawn by who asks."""

share_mark = Table(
    "share_mark",
    metadata,
    Column("journal", Integer, ForeignKey("journal.no"), primary_key=True, autoincrement=False),
    Column("mark", BigInteger, nullable=False),
)
"""Up to which record of a journal turns are in the ledger."""

earned = Table(
    "earned",
    metadata,
    Column("serial", BigInteger, primary_key=True, autoincrement=False),
    Column("component", String(20), primary_key=True),
    Column("persons", Integer, nullable=False),
)
"""For how many persons of a ticket the first turn at a component is in the ledger."""
