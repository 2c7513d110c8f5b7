"""The nightly backup of a centre: whole while others write, its owner's alone, old ones removed."""

import os
import sqlite3
import stat
import subprocess
import tarfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firmware_config import centre_backup
from fleet_manager import centre as centres
from fleet_manager.access.actor import computer_user
from fleet_manager.services.park import create
from fleet_manager.tickets import products
from tests.fleet_manager import postgresql
from tests.fleet_manager.conftest import west_lake

AT = datetime(2026, 12, 1, 2, 30, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder as `fleet-manager init` makes it, with a row that is not yet in the
    database's own file."""
    folder = tmp_path / "data"
    for name in ("keys", "tls", "roots"):
        (folder / name).mkdir(parents=True)
        (folder / name / "a.pem").write_text("secret")
    (folder / "centre.toml").write_text('park = "west-lake"\ndatabase = "sqlite:///centre.db"\n')
    with closing(sqlite3.connect(folder / "centre.db")) as db:
        db.execute("PRAGMA journal_mode=wal")
        db.execute("CREATE TABLE ticket (serial INTEGER)")
        db.commit()
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def unpack(file: Path, folder: Path) -> Path:
    with tarfile.open(file) as archive:
        archive.extractall(folder, filter="data")
    return folder / "scenic-gate-centre"


def test_a_backup_holds_what_is_committed_while_the_centre_serves(
    data: Path, out: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(data / "centre.db")) as db:
        db.execute("INSERT INTO ticket VALUES (1)")
        db.commit()  # in centre.db-wal alone
        db.execute("INSERT INTO ticket VALUES (2)")  # not committed
        file = centre_backup.back_up(data, out, AT)
    restored = unpack(file, tmp_path / "restored")
    assert sorted(path.name for path in restored.iterdir()) == [
        "centre.db",
        "centre.toml",
        "keys",
        "tls",
    ]
    with closing(sqlite3.connect(restored / "centre.db")) as db:
        assert db.execute("SELECT serial FROM ticket").fetchall() == [(1,)]


def test_a_backup_has_no_root_keys(data: Path, out: Path) -> None:
    with tarfile.open(centre_backup.back_up(data, out, AT)) as archive:
        assert not [name for name in archive.getnames() if "roots" in name]


def test_only_its_owner_reads_a_backup(data: Path, out: Path) -> None:
    before = os.umask(0)
    try:
        file = centre_backup.back_up(data, out, AT)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.name == "scenic-gate-centre-20261201T023000Z.tar.gz"


def test_a_backup_that_fails_leaves_nothing_and_is_one_sentence(
    data: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "centre.db").write_bytes(b"no database at all, but long enough to be read as one" * 99)
    arguments = ["--data", str(data), "--out", str(out)]
    assert centre_backup.main(arguments) == 1
    assert list(out.iterdir()) == []
    [line] = capsys.readouterr().err.splitlines()
    assert line == f"backup: cannot copy the database {data / 'centre.db'}: file is not a database"


@pytest.mark.parametrize(
    ("remove", "said"),
    [
        ("keys", "no keys in {data}: is this a centre's data folder?"),
        ("centre.db", "cannot copy the database {data}/centre.db: no such file"),
    ],
)
def test_a_folder_that_is_no_centres_is_refused(
    remove: str, said: str, data: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / remove).rename(data / "gone")
    assert centre_backup.main(["--data", str(data), "--out", str(out)]) == 1
    assert capsys.readouterr().err == f"backup: {said.format(data=data)}\n"
    assert list(out.iterdir()) == []


def test_a_database_of_another_kind_is_refused(data: Path, out: Path) -> None:
    (data / "centre.toml").write_text('database = "mysql://x"\n')
    with pytest.raises(centre_backup.BackupError, match="of this kind: mysql"):
        centre_backup.back_up(data, out, AT)


def test_postgresql_is_dumped_by_its_own_tool(
    data: Path, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin/pg_dump"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$*" >"${2#--file=}"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    (data / "centre.toml").write_text('database = "postgresql+psycopg://gate@db/park"\n')
    restored = unpack(centre_backup.back_up(data, out, AT), tmp_path / "restored")
    words = (restored / "centre.dump").read_text()
    assert "--format=custom" in words
    assert "--dbname=postgresql://gate@db/park" in words


def test_a_password_is_nowhere_that_others_on_the_machine_can_read() -> None:
    split = centre_backup.without_password
    assert split("postgresql://gate:p%40ss:w@db:5433/park") == (
        "postgresql://gate@db:5433/park",
        "p@ss:w",
    )
    assert split("postgresql://gate@db/park") == ("postgresql://gate@db/park", "")
    for url in ("postgresql:///park?host=/run/a:b@c", "postgresql://[::1]:5433/park"):
        assert split(url) == (url, "")


@pytest.mark.skipif(postgresql.missing() != "", reason=postgresql.missing() or "it is here")
def test_a_backup_of_a_real_postgresql_is_restored_to_a_centre(tmp_path: Path, out: Path) -> None:
    """As docs/recovery.md says: unpack, pg_restore into an empty database, name it, serve."""
    with postgresql.serving() as server:
        folder = tmp_path / "centre"
        wanted = west_lake(server.url())
        create(folder, computer_user(), wanted, AT)
        with centres.opened(folder) as centre, centre.store.write() as connection:
            products.add(connection, products.Product(1, "day", "一日票", "Day ticket"))
        restored = unpack(centre_backup.back_up(folder, out, AT), tmp_path / "restored")
        url = server.url()
        plain = url.replace("postgresql+psycopg:", "postgresql:")
        words = ["pg_restore", "--exit-on-error", "--no-owner", f"--dbname={plain}"]
        subprocess.run([*words, str(restored / "centre.dump")], check=True)
        settings = restored / "centre.toml"
        settings.write_text(settings.read_text().replace(str(wanted.database), url))
        with centres.opened(restored) as centre, centre.store.read() as connection:
            assert [product.code for product in products.every(connection)] == ["day"]


def test_old_backups_are_removed_but_never_the_newest(data: Path, out: Path) -> None:
    files = [centre_backup.back_up(data, out, AT + timedelta(days=day)) for day in (0, 1, 20)]
    (out / "notes.txt").write_text("a person's")
    assert centre_backup.remove_old(out, 14, AT + timedelta(days=20)) == files[:2]
    assert centre_backup.remove_old(out, 14, AT + timedelta(days=400)) == []
    assert {path.name for path in out.iterdir()} == {files[2].name, "notes.txt"}
