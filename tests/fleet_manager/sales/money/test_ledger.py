"""The ledger: balanced, once, and never changed."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from fleet_manager.database.sales.money import account, entry, posting
from fleet_manager.database.store import Store
from fleet_manager.errors import CentreError
from fleet_manager.sales.money import ledger
from fleet_manager.sales.money.entries import Leg, MoneyEntry

AT = 1_795_406_400_000


def moved(name: str, *legs: Leg) -> MoneyEntry:
    """An entry of these legs."""
    return MoneyEntry(id=name, kind="sale", at_ms=AT, business_day=739578, ref="order 1", legs=legs)


SALE = moved("s1", Leg("clearing:wechat", 120_00), Leg("liability", -120_00, 7))


def test_an_entry_is_stored_once(store: Store) -> None:
    with store.write() as connection:
        assert ledger.post(connection, SALE) is True
        assert ledger.post(connection, SALE) is False
        assert ledger.balance(connection, "liability").fen == -120_00
        other = moved("s1", Leg("clearing:wechat", 1), Leg("liability", -1))
        with pytest.raises(CentreError, match="another one has this id"):
            ledger.post(connection, other)


@pytest.mark.parametrize(
    "legs",
    [
        (),
        (Leg("liability", -1), Leg("clearing:wechat", 2)),
        (Leg("liability", 0), Leg("clearing:wechat", 0)),
    ],
)
def test_what_does_not_balance_is_refused(store: Store, legs: tuple[Leg, ...]) -> None:
    with store.write() as connection, pytest.raises(CentreError, match="must add up to 0"):
        ledger.post(connection, moved("s1", *legs))


def test_what_was_never_paid_cannot_be_used(store: Store) -> None:
    with store.write() as connection:
        ledger.post(connection, SALE)
    with (
        pytest.raises(CentreError, match=r"liability would be 0\.01 short"),
        store.write() as connection,
    ):
        ledger.post(connection, moved("t", Leg("liability", 120_01), Leg("revenue:a", -120_01)))
    with store.read() as connection:
        assert ledger.balance(connection, "liability").fen == -120_00


@pytest.mark.parametrize("table", [entry, posting])
def test_the_database_refuses_every_change_of_money(store: Store, table: object) -> None:
    with store.write() as connection:
        ledger.post(connection, SALE)
    for change in (
        update(table).values({"no" if table is entry else "fen": 5}),  # type: ignore[arg-type]
        delete(table),  # type: ignore[arg-type]
    ):
        with pytest.raises(DBAPIError, match="is never changed"), store.write() as connection:
            connection.execute(change)
    with store.read() as connection:
        assert ledger.balance(connection, "liability").fen == -120_00


ACCOUNTS = ("clearing:wechat", "bank", "suspense", "revenue:a", "payable:bus")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(ACCOUNTS),
            st.sampled_from(ACCOUNTS),
            st.integers(1, 10**6),
            st.integers(0, 6),
        ),
        max_size=12,
    )
)
def test_balances_are_the_sums_of_postings_whatever_is_posted(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[str, str, int, int]]
) -> None:
    for store in _fresh(tmp_path_factory):
        for debit, credit, fen, name in moves:
            # An id that is used for something else is refused, and changes nothing.
            with suppress(CentreError), store.write() as connection:
                ledger.post(connection, moved(f"m{name}", Leg(debit, fen), Leg(credit, -fen)))
        with store.read() as connection:
            total = select(func.coalesce(func.sum(posting.c.fen), 0))
            assert connection.scalar(total) == 0
            for row in connection.execute(select(account)):
                debit_fen = total.where(posting.c.account_no == row.no, posting.c.fen > 0)
                credit_fen = total.where(posting.c.account_no == row.no, posting.c.fen < 0)
                assert connection.scalar(debit_fen) == row.debit_fen
                assert connection.scalar(credit_fen) == -row.credit_fen


def _fresh(factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store.open(f"sqlite:///{factory.mktemp('ledger')}/centre.db", create=True)
    yield store
    store.close()
