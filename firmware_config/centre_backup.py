#!/usr/bin/env python3
"""Back up a management centre while it serves: one tar file with a whole copy of the database, the
settings, keys and certificates. fleet-manager-backup.service runs it; standard library alone.

The root keys are left out: they do not belong on this machine (docs/recovery.md). Old backups are
removed after the new one is on the disk, never the newest.
"""

import argparse
import os
import re
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

ENTRIES = ("centre.toml", "keys", "tls")
"""What is backed up of the data folder beside the database."""
SQLITE = "sqlite:///"
POSTGRESQL = "postgresql"
SUFFIX = ".tar.gz"
TIME = "%Y%m%dT%H%M%SZ"


class BackupError(Exception):
    """A backup that cannot be made: one sentence that says why."""


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a SQLite database as it is between two transactions. Raises BackupError."""
    if not source.is_file():
        raise BackupError(f"cannot copy the database {source}: no such file")
    try:
        reader = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
        writer = sqlite3.connect(target)
        try:
            reader.backup(writer)
            [(verdict,)] = writer.execute("PRAGMA quick_check(1)").fetchall()
        finally:
            writer.close()
            reader.close()
    except sqlite3.Error as error:
        raise BackupError(f"cannot copy the database {source}: {error}") from None
    if verdict != "ok":
        raise BackupError(f"the copy of the database {source} is damaged: {verdict}")


def dump_postgresql(url: str, target: Path) -> None:
    """Dump a PostgreSQL database in the form that pg_restore reads. Raises BackupError."""
    plain, password = without_password(re.sub(r"^postgresql\+\w+:", "postgresql:", url))
    words = ["pg_dump", "--format=custom", f"--file={target}", f"--dbname={plain}"]
    environment = os.environ | ({"PGPASSWORD": password} if password else {})
    try:
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    except OSError as error:
        hint = "install postgresql-client"
        raise BackupError(f"cannot run pg_dump: {error.strerror}: {hint}") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise BackupError(f"pg_dump failed: {lines[-1]}")


def without_password(url: str) -> tuple[str, str]:
    """Return a database's URL without its password, and the password: everybody on the machine can
    read a program's arguments."""
    parts = re.fullmatch(r"(\w+://[^:@/]*):([^@/]*)(@.*)", url)
    return (parts[1] + parts[3], unquote(parts[2])) if parts else (url, "")


def copy_database(data: Path, folder: Path) -> Path:
    """Copy the database that centre.toml of the data folder names into `folder`; return the copy.

    Raises BackupError.
    """
    settings = data / "centre.toml"
    try:
        url = str(tomllib.loads(settings.read_text("utf-8-sig"))["database"])
    except OSError as error:
        raise BackupError(f"cannot read {settings}: {error.strerror}") from None
    except (KeyError, ValueError) as error:
        raise BackupError(f"cannot read {settings}: no database is named: {error}") from None
    if url.startswith(SQLITE):
        source = data / url.removeprefix(SQLITE)
        target = folder / source.name
        copy_sqlite(source, target)
    elif url.startswith(POSTGRESQL):
        target = folder / "centre.dump"
        dump_postgresql(url, target)
    else:
        raise BackupError(f"cannot back up a database of this kind: {url.partition(':')[0]}")
    return target


def back_up(data: Path, out: Path, at: datetime) -> Path:
    """Write a backup of the data folder into `out`; return its file, which only its owner reads.

    Durable and whole on return; after an error nothing of it stays. Raises BackupError or OSError.
    """
    for name in ENTRIES:
        if not (data / name).exists():
            raise BackupError(f"no {name} in {data}: is this a centre's data folder?")
    file = out / f"scenic-gate-centre-{at.astimezone(UTC):{TIME}}{SUFFIX}"
    part = file.with_name(f"{file.name}.part")
    handle = os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        with tempfile.TemporaryDirectory(dir=out, prefix="database-") as folder:
            database = copy_database(data, Path(folder))
            with os.fdopen(handle, "wb") as raw, tarfile.open(fileobj=raw, mode="w:gz") as archive:
                for name in ENTRIES:
                    archive.add(data / name, f"scenic-gate-centre/{name}")
                archive.add(database, f"scenic-gate-centre/{database.name}")
                archive.close()
                raw.flush()
                os.fsync(raw.fileno())
        part.rename(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    folder_handle = os.open(out, os.O_RDONLY)
    os.fsync(folder_handle)
    os.close(folder_handle)
    return file


def remove_old(out: Path, keep_days: int, at: datetime) -> list[Path]:
    """Remove backups that are older than `keep_days`, but never the newest; return their files."""
    oldest = f"{at.astimezone(UTC) - timedelta(days=keep_days):{TIME}}"
    files = sorted(out.glob(f"scenic-gate-centre-*{SUFFIX}"))
    old = [file for file in files[:-1] if file.name.split("-")[-1] < oldest]
    for file in old:
        file.unlink()
    return old


def main(arguments: Sequence[str] | None = None) -> int:
    """Make a backup and print its file; return the exit status: 0 done, 1 not, with a sentence."""
    parser = argparse.ArgumentParser(description="Back up a management centre while it serves.")
    parser.add_argument("--data", type=Path, default=Path("/var/lib/scenic-gate-centre"))
    parser.add_argument("--out", type=Path, default=Path("/var/backups/scenic-gate"))
    parser.add_argument("--keep-days", type=int, default=14, help="14 if not given")
    given = parser.parse_args(arguments)
    now = datetime.now(UTC)
    try:
        print(back_up(given.data, given.out, now))
        for file in remove_old(given.out, given.keep_days, now):
            print(f"removed {file}")
    except BackupError as error:
        print(f"backup: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"backup: cannot write: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
