"""Settings, keys and the database: what is wrong is named, whatever it is."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from fleet_manager import config
from fleet_manager.centre import Centre
from fleet_manager.database import tables
from fleet_manager.database.store import Store, insert_rows, read_meta
from fleet_manager.errors import CentreConfigError, CentreError
from fleet_manager.keys import vault
from fleet_manager.tickets import pictures
from fleet_manager.tickets.pictures import Format, Level

FILE = Path("/x/centre.toml")
GOOD: dict[str, Any] = {"park": "p", "time_zone": "UTC"}


def test_the_defaults() -> None:
    read = config.parse(FILE, GOOD)
    assert read.database == "sqlite:////x/centre.db"
    assert read.broker.ca == Path("/x/tls/ca.crt")
    assert (read.name_zh, read.broker.port) == ("p", 8883)
    url = "postgresql+psycopg://user@host/db"
    assert config.parse(FILE, GOOD | {"database": url}).database == url


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("park", "UPPER"),
        ("park", ""),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", 8),
        ("database", "mysql://x"),
        ("database", "sqlite:///"),
        ("name_zh", "a\x1bb"),
        ("broker", 3),
        ("colour", "red"),
        ("broker.port", 0),
        ("broker.port", True),
        ("broker.host", ""),
        ("broker.password", "x"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(key: str, value: object) -> None:
    section, _, name = key.rpartition(".")
    values = GOOD | ({section: {name: value}} if section else {key: value})
    with pytest.raises(CentreConfigError, match=f"centre.toml: {key}"):
        config.parse(FILE, values)


@given(data=st.binary(max_size=300))
def test_any_file_is_settings_or_one_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "centre.toml").write_bytes(data)
    with pytest.raises(CentreConfigError):
        config.load(folder)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    written = config.write(tmp_path, "p", '西"湖\\', "West Lake", "Asia/Shanghai")
    assert config.load(tmp_path) == written


@pytest.mark.parametrize(
    "name", ["ticket.pem", "list.pem", "centre.pem", "authority.pem", "pepper"]
)
def test_a_key_that_is_damaged_missing_or_open_to_others(park: Centre, name: str) -> None:
    file = park.config.keys / name
    good = file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    for data, mode in ((b"", 0o600), (b"\xff" * 40, 0o600), (good, 0o640)):
        file.write_bytes(data)
        file.chmod(mode)
        with pytest.raises(CentreConfigError, match=name):
            park.unlock()
    file.unlink()
    with pytest.raises(CentreConfigError, match=name):
        park.unlock()


def test_keys_are_never_overwritten(park: Centre) -> None:
    with pytest.raises(CentreConfigError, match="exists"):
        vault.create(park.config.keys)
    park.unlock()


def test_a_transaction_is_whole_or_nothing_and_durable(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/centre.db"
    store = Store.open(url, create=True)
    rows = [("a", "甲", "a", 0), ("b", "乙", "b", 0)]

    def break_off() -> None:
        with store.write() as connection:
            insert_rows(connection, tables.station, rows)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    with store.read() as connection:
        assert connection.execute(select(tables.station)).all() == []
    with store.write() as connection:
        insert_rows(connection, tables.station, rows)
    with store.read() as connection:
        one = connection.exec_driver_sql
        assert one("PRAGMA journal_mode").scalar() == "wal"
        assert one("PRAGMA synchronous").scalar() == 2
        assert one("PRAGMA foreign_keys").scalar() == 1
    store.close()
    again = Store.open(url)
    with again.read() as connection:
        assert connection.execute(select(tables.station)).all() == rows
    again.close()


def test_two_writers_wait_for_each_other(tmp_path: Path) -> None:
    """A read that turns into a write half-way would fail at once: `write` locks at its start."""
    import threading

    url = f"sqlite:///{tmp_path}/centre.db"
    Store.open(url, create=True).close()

    def sell() -> None:
        store = Store.open(url)
        for _ in range(20):
            with store.write() as connection:
                sales = read_meta(connection, "sales") or 0
                connection.execute(
                    update(tables.meta).filter_by(name="sales").values(value=sales + 1)
                )
        store.close()

    threads = [threading.Thread(target=sell) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    store = Store.open(url)
    with store.read() as connection:
        assert connection.scalar(select(tables.meta.c.value).filter_by(name="sales")) == 60
    store.close()


@pytest.mark.parametrize(
    ("prepare", "match"),
    [
        ("CREATE TABLE other (x)", "not a centre's"),
        ("CREATE TABLE meta (name, value); INSERT INTO meta VALUES ('schema', 99)", "version 99"),
        ("", "it is empty"),
    ],
)
def test_another_database_is_not_touched(tmp_path: Path, prepare: str, match: str) -> None:
    file = tmp_path / "x.db"
    with sqlite3.connect(file) as connection:
        connection.executescript(prepare)
    connection.close()
    with pytest.raises(CentreConfigError, match=match):
        Store.open(f"sqlite:///{file}")


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/x.db", "postgresql+none://u:secret@h/d", "nonsense"]
)
def test_a_database_that_cannot_be_opened_says_so_without_its_password(url: str) -> None:
    with pytest.raises(CentreConfigError) as caught:
        Store.open(url)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("kind", list(Format))
def test_the_same_picture_every_time(level: Level, kind: Format) -> None:
    code = "SG1:" + "A" * 130
    assert pictures.draw(code, kind, level) == pictures.draw(code, kind, level)


def test_a_picture_has_a_quiet_zone_and_ticket_characters_only() -> None:
    import cv2
    import numpy as np

    data = np.frombuffer(pictures.draw("SG1:" + "A" * 130, Format.PNG), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    edge = pictures.QUIET_ZONE * pictures.MODULE_PIXELS
    assert picture[:edge].min() == picture[:, :edge].min() == 255
    assert picture[edge, edge] == 0
    assert picture.shape == ((41 + 8) * 8, (41 + 8) * 8)  # version 6
    with pytest.raises(CentreError):
        pictures.draw("lower case", Format.PNG)


@pytest.mark.parametrize(
    ("kinds", "index"),
    [("kind IN (3, 8, 10)", "passage_ticket"), (tables.NOT_IN, "passage_not_in")],
)
def test_what_happened_to_a_ticket_is_one_look_into_an_index(
    tmp_path: Path, kinds: str, index: str
) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/centre.db", create=True)
    with store.read() as connection:
        plan = connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN SELECT record FROM passage WHERE {kinds} AND ticket = ?",
            (bytes(8),),
        ).all()
        by_day = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT record FROM passage WHERE day = 1 AND kind IN (3, 5)"
        ).all()
    store.close()
    assert f"USING INDEX {index} (ticket=?" in plan[0][3]
    assert "USING INDEX passage_day (day=? AND kind=?)" in by_day[0][3]
