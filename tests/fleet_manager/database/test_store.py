"""Test transactions: a thread reuses its connection, and nothing stays in it."""

from pathlib import Path
from threading import Thread

import pytest

from fleet_manager.database.store import Store, count_up, read_meta
from tests.fleet_manager import postgresql


def sales(store: Store) -> int | None:
    with store.read() as connection:
        return read_meta(connection, "sales")


def sell(store: Store) -> None:
    with store.write() as connection:
        count_up(connection, "sales")


def test_a_transaction_that_fails_is_undone_and_the_next_one_works(store: Store) -> None:
    def fail() -> None:
        with store.write() as connection:
            count_up(connection, "sales")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert sales(store) == 0
    sell(store)
    assert sales(store) == 1


def test_a_thread_uses_its_connection_again(store: Store) -> None:
    connections = []
    for _ in range(3):
        with store.read() as connection:
            connections.append(connection.connection.driver_connection)
        with store.write() as connection:
            connections.append(connection.connection.driver_connection)
    assert len(set(map(id, connections))) == 1


def test_what_is_read_inside_of_a_transaction_is_what_was_committed_before(store: Store) -> None:
    with store.write() as connection:
        count_up(connection, "sales")
        assert sales(store) == 0
        assert read_meta(connection, "sales") == 1
    assert sales(store) == 1


def test_threads_do_not_share_a_transaction(store: Store) -> None:
    def sell_much() -> None:
        for _ in range(20):
            sell(store)

    threads = [Thread(target=sell_much) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sales(store) == 80


def test_closed_it_holds_nothing(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'centre.db'}", create=True)
    sell(store)
    store.close()
    # The last connection takes the write-ahead log with it.
    assert [file.name for file in tmp_path.iterdir()] == ["centre.db"]
    assert sales(store) == 1


def test_the_short_run_over_postgresql_names_tests_that_exist() -> None:
    files = Path(postgresql.__file__).parent.rglob("test_*.py")
    text = "".join(file.read_text("utf-8") for file in files)
    assert [name for name in sorted(postgresql.SHORT) if f"def {name}(" not in text] == []
