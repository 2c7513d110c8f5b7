"""The ledger: entries in double entry that are never changed. After TigerBeetle's model: the caller
names each entry, balances are only ever sums of postings, a correction is another entry.

Every function works inside the caller's transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select, update

from fleet_manager.database import store
from fleet_manager.database.sales.money import account, entry, posting
from fleet_manager.database.tables import meta
from fleet_manager.errors import CentreError
from fleet_manager.sales.money.accounts import RULES, name_of, parts_of
from fleet_manager.sales.money.entries import Leg, MoneyEntry


@dataclass(frozen=True, slots=True)
class Balance:
    """Sums of an account's postings, in fen."""

    debit_fen: int
    credit_fen: int

    @property
    def fen(self) -> int:
        """Return debits less credits."""
        return self.debit_fen - self.credit_fen


_ACCOUNT, _ENTRY, _POSTING = account.c, entry.c, posting.c
_BY_ID = select(_ENTRY.no, _ENTRY.digest).where(_ENTRY.id == bindparam("of"))
_BY_NAME = select(_ACCOUNT.no, _ACCOUNT.debit_fen, _ACCOUNT.credit_fen).where(
    _ACCOUNT.kind == bindparam("of"), _ACCOUNT.owner == bindparam("by")
)
_NEWEST = select(func.max(_ACCOUNT.no))
_LOCK = update(meta).where(meta.c.name == "entries").values(value=meta.c.value)
_ADD = (
    update(account)
    .where(_ACCOUNT.no == bindparam("of"))
    .values(
        debit_fen=_ACCOUNT.debit_fen + bindparam("debit"),
        credit_fen=_ACCOUNT.credit_fen + bindparam("credit"),
    )
)


def post(connection: Connection, new: MoneyEntry) -> bool:
    """Store an entry; return False if it is there already.

    Raises CentreError if it does not balance, if another entry has its id, and if an account would
    turn over that may not.
    """
    _check(new)
    # Of two that post the same entry at once the second waits here, and then sees it.
    store.run(connection, _LOCK, {})
    digest = new.digest()
    there = store.run(connection, _BY_ID, {"of": new.id})
    if there:
        if bytes(there[0][1]) != digest:
            raise CentreError(f"cannot post entry {new.id}: another one has this id")
        return False
    store.count_up(connection, "entries")
    number = store.read_meta(connection, "entries")
    row = (number, new.id, new.kind, new.at_ms, new.business_day, new.ref, new.who, new.station,
           new.shift, new.reverses, digest)  # fmt: skip
    store.insert_rows(connection, entry, [row])
    numbers = {name: _add(connection, name, new.legs) for name in _names(new.legs)}
    rows = [
        (number, at, numbers[leg.account], leg.fen, leg.ticket) for at, leg in enumerate(new.legs)
    ]
    store.insert_rows(connection, posting, rows)
    return True


def balance(connection: Connection, name: str) -> Balance:
    """Return the sums of an account, 0 for one that nothing was posted to."""
    kind, owner = parts_of(name)
    rows = store.run(connection, _BY_NAME, {"of": kind.value, "by": owner})
    return Balance(rows[0][1], rows[0][2]) if rows else Balance(0, 0)


def balances(connection: Connection) -> dict[str, Balance]:
    """Return the sums of every account, by name."""
    return {
        f"{row.kind}:{row.owner}" if row.owner else row.kind: Balance(row.debit_fen, row.credit_fen)
        for row in connection.execute(select(account).order_by(_ACCOUNT.kind, _ACCOUNT.owner))
    }


def _check(new: MoneyEntry) -> None:
    total = sum(leg.fen for leg in new.legs)
    if total or not new.legs or any(leg.fen == 0 for leg in new.legs):
        raise CentreError(f"cannot post entry {new.id}: its legs must add up to 0, not to {total}")


def _names(legs: Sequence[Leg]) -> list[str]:
    """Return the accounts of legs, in the order in which their rows are locked."""
    return sorted({leg.account for leg in legs})


def _add(connection: Connection, name: str, legs: Sequence[Leg]) -> int:
    """Add the legs of one account to its sums, and return its number."""
    kind, owner = parts_of(name)
    amounts = [leg.fen for leg in legs if leg.account == name]
    debit = sum(fen for fen in amounts if fen > 0)
    credit = -sum(fen for fen in amounts if fen < 0)
    rows = store.run(connection, _BY_NAME, {"of": kind.value, "by": owner})
    if rows:
        number, debit_before, credit_before = rows[0]
        store.run(connection, _ADD, {"of": number, "debit": debit, "credit": credit})
    else:
        debit_before = credit_before = 0
        number = (store.run(connection, _NEWEST, {})[0][0] or 0) + 1
        row = (number, kind.value, owner, debit, credit)
        store.insert_rows(connection, account, [row])
    rule = RULES[kind]
    left = debit_before + debit - credit_before - credit
    if rule.never_below and (left < 0) is rule.is_debit and left:
        raise CentreError(
            f"cannot post that: account {name_of(kind, owner)} would be {abs(left) / 100:.2f} short"
        )
    return int(number)
