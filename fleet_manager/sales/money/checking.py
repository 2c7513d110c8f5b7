"""Whether the books agree: everything is added up again from what cannot be changed."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Integer, case, cast, func, select

from fleet_manager.database.sales import money
from fleet_manager.database.sales.money import account, entry, posting, shift
from fleet_manager.database.sales.orders import order_line, sale_order
from fleet_manager.database.sales.payments import attempt
from fleet_manager.sales.money import shares
from fleet_manager.sales.money.accounts import RULES, AccountKind
from fleet_manager.sales.money.shifts import head_of

_ZERO = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """A check, how many things it looked at, and what does not agree, `MOST` at most."""

    name: str
    count: int
    wrong: tuple[str, ...]


MOST = 20


def check_all(connection: Connection) -> Iterator[Checked]:
    """Check everything, one after the other."""
    yield _entries_balance(connection)
    yield _numbers_have_no_holes(connection)
    yield _accounts_are_sums(connection)
    yield _accounts_keep_their_side(connection)
    yield _orders_are_paid_once(connection)
    yield _sales_are_posted(connection)
    yield _turns_are_recorded(connection)
    yield _closed_drawers_are_empty(connection)
    yield _sheets_are_a_chain(connection)


def _entries_balance(connection: Connection) -> Checked:
    total = func.sum(posting.c.fen)
    query = select(posting.c.entry_no, total).group_by(posting.c.entry_no).having(total != _ZERO)
    wrong = [f"entry {row[0]} is {row[1]} fen off" for row in connection.execute(query.limit(MOST))]
    return Checked("entries balance", _count(connection, entry.c.no), tuple(wrong))


def _numbers_have_no_holes(connection: Connection) -> Checked:
    wrong = []
    for name, column in (("entries", entry.c.no), ("orders", sale_order.c.no)):
        count, last = _count(connection, column), connection.scalar(select(func.max(column))) or 0
        if count != last:
            wrong.append(f"{last - count} {name} are missing before number {last}")
    return Checked("numbers have no holes", 2, tuple(wrong))


def _accounts_are_sums(connection: Connection) -> Checked:
    debit = func.coalesce(func.sum(case((posting.c.fen > 0, posting.c.fen), else_=0)), 0)
    credit = func.coalesce(-func.sum(case((posting.c.fen < 0, posting.c.fen), else_=0)), 0)
    sums = (
        select(posting.c.account_no, cast(debit, Integer), cast(credit, Integer))
        .group_by(posting.c.account_no)
    )  # fmt: skip
    added = {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(sums)}
    wrong, count = [], 0
    for row in connection.execute(select(account)):
        count += 1
        if added.get(row.no, (0, 0)) != (row.debit_fen, row.credit_fen):
            wrong.append(f"account {row.kind} {row.owner} is not the sum of its postings")
    return Checked("accounts are the sums of their postings", count, tuple(wrong[:MOST]))


def _accounts_keep_their_side(connection: Connection) -> Checked:
    wrong, count = [], 0
    for row in connection.execute(select(account)):
        count += 1
        rule = RULES[AccountKind(row.kind)]
        left = row.debit_fen - row.credit_fen
        if rule.never_below and left and (left < 0) is rule.is_debit:
            wrong.append(f"account {row.kind} {row.owner} is {abs(left)} fen short")
    by_ticket = func.sum(posting.c.fen)
    overdrawn = (
        select(posting.c.ticket, by_ticket)
        .join(account, account.c.no == posting.c.account_no)
        .where(account.c.kind == AccountKind.LIABILITY.value, posting.c.ticket.is_not(None))
        .group_by(posting.c.ticket)
        .having(by_ticket > _ZERO)
        .limit(MOST)
    )
    wrong += [
        f"ticket {row[0]}: {row[1]} fen more were used or paid back than were paid"
        for row in connection.execute(overdrawn)
    ]
    return Checked("no account is overdrawn", count, tuple(wrong[:MOST]))


def _orders_are_paid_once(connection: Connection) -> Checked:
    paid = func.sum(case((attempt.c.state == "paid", 1), else_=0))
    fen = func.sum(case((attempt.c.state == "paid", attempt.c.fen), else_=0))
    query = (
        select(sale_order.c.no, sale_order.c.total_fen, paid, fen)
        .join(attempt, attempt.c.order_no == sale_order.c.no)
        .where(sale_order.c.state.in_(("paid", "issued")))
        .group_by(sale_order.c.no, sale_order.c.total_fen)
        .having((paid != 1) | (fen != sale_order.c.total_fen))
        .limit(MOST)
    )
    wrong = [
        f"order {row[0]}: {row[2]} payments of {row[3]} fen, and {row[1]} were due"
        for row in connection.execute(query)
    ]
    return Checked(
        "each order is paid once, to the fen", _count(connection, sale_order.c.no), tuple(wrong)
    )


def _sales_are_posted(connection: Connection) -> Checked:
    lines = (
        select(order_line.c.order_no, func.sum(order_line.c.total_fen).label("fen"))
        .group_by(order_line.c.order_no)
        .subquery()
    )
    query = (
        select(sale_order.c.no)
        .join(lines, lines.c.order_no == sale_order.c.no)
        .where(lines.c.fen != sale_order.c.total_fen)
        .limit(MOST)
    )
    wrong = [f"order {row[0]} is not the sum of its lines" for row in connection.execute(query)]
    sold = select(func.coalesce(func.sum(sale_order.c.total_fen), 0)).where(
        sale_order.c.state == "issued"
    )
    posted = (
        select(func.coalesce(-func.sum(posting.c.fen), 0))
        .join(entry, entry.c.no == posting.c.entry_no)
        .where(entry.c.kind == "sale", posting.c.fen < 0)
    )
    difference = int(connection.scalar(sold) or 0) - int(connection.scalar(posted) or 0)
    if difference:
        wrong.append(f"{difference} fen of orders are not in the ledger")
    return Checked(
        "what was sold is in the ledger", _count(connection, order_line.c.line), tuple(wrong)
    )


def _turns_are_recorded(connection: Connection) -> Checked:
    wrong = shares.unfounded(connection)
    count = _count(connection, money.earned.c.serial)
    return Checked("what was earned has turned an arm", count, tuple(wrong[:MOST]))


def _closed_drawers_are_empty(connection: Connection) -> Checked:
    query = (
        select(shift.c.id, account.c.debit_fen - account.c.credit_fen)
        .join(
            account, (account.c.kind == AccountKind.DRAWER.value) & (account.c.owner == shift.c.id)
        )
        .where(shift.c.closed_ms.is_not(None), account.c.debit_fen != account.c.credit_fen)
        .limit(MOST)
    )
    wrong = [f"closed shift {row[0]} has {row[1]} fen left" for row in connection.execute(query)]
    return Checked("closed drawers are empty", _count(connection, shift.c.id), tuple(wrong))


def _sheets_are_a_chain(connection: Connection) -> Checked:
    query = (
        select(shift).where(shift.c.closed_ms.is_not(None)).order_by(shift.c.till, shift.c.number)
    )
    wrong, count = [], 0
    heads: dict[str, tuple[int, bytes | None]] = {}
    for row in connection.execute(query):
        count += 1
        number, head = heads.get(row.till, (0, None))
        if row.number != number + 1:
            wrong.append(f"closing sheet {row.till}/{number + 1} is missing")
        elif head_of(head, row.sheet) != bytes(row.head):
            wrong.append(f"closing sheet {row.id} was changed")
        heads[row.till] = row.number, bytes(row.head)
    return Checked("closing sheets are a chain", count, tuple(wrong[:MOST]))


def _count(connection: Connection, column: object) -> int:
    return int(connection.scalar(select(func.count(column))) or 0)  # type: ignore[arg-type]
