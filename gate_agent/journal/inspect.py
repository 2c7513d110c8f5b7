"""Read a journal for a technician or an auditor: read-only, with sqlite-utils."""

import csv
import errno
import json
import os
import sqlite3
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

import sqlite_utils

from gate_agent.config.settings import GateSettings
from gate_agent.errors import GateError
from gate_agent.health import find_status
from gate_agent.journal.journal import JOURNAL_FILE
from gate_agent.validator.errors import WireError
from gate_agent.validator.moment import utc_text
from gate_agent.validator.passage import Passage, chain, decode, genesis
from gate_agent.validator.printable import json_text, safe_cell
from gate_agent.validator.reasons import Reason
from gate_agent.validator.trust.rule_book import Freshness

FRESH_S = 15
_REASONS = frozenset(Reason)
_NOT_A_STATUS = (
    OSError,
    ValueError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
)


def read_status(data: Path) -> tuple[dict[str, Any], bool]:
    """Return the daemon's status document, and whether it is younger than 15 s.

    Raises GateError if there is none.
    """
    path = find_status(data)
    try:
        document = json.loads(path.read_text("utf-8"))
        age_s = time.time() - path.stat().st_mtime
        status_lines(document, fresh=True)
    except PermissionError:
        raise
    except _NOT_A_STATUS:
        raise GateError(
            f"no status in {path}", "is the daemon running? systemctl status gate-agent"
        ) from None
    return document, abs(age_s) < FRESH_S


def status_lines(document: dict[str, Any], fresh: bool) -> list[str]:
    """Return the status as lines of text."""
    lines = [
        f"gate     {document['park']}/{document['gate']}" + ("" if fresh else "  (NOT RUNNING)"),
        f"link     {'up' if document['linked'] else 'DOWN'}, {document['waiting']} records waiting",
        *(f"         {why}" for why in [document.get("down_reason", "")] if why),
        *(
            f"list     {row['series']} version {row['version']} as of {utc_text(row['as_of_ms'])}"
            for row in document["lists"]
        ),
        f"clock    {document['clock']}, {utc_text(document['wall_ms'])}",
    ]
    if not document["lists"]:
        lines.append("list     none yet")
    lines += [
        f"lane {lane['number']}   {lane['mode']}, {lane['phase']}" for lane in document["lanes"]
    ]
    lines += [f"FAULT    {device}: {text}" for device, text in document["faults"].items()]
    return lines


@contextmanager
def _opened(settings: GateSettings) -> Iterator[sqlite_utils.Database]:
    """Open the journal read-only. An error of SQLite inside the context is a GateError."""
    path = settings.data / JOURNAL_FILE
    try:
        path.is_file()
    except PermissionError:
        raise GateError(
            f"cannot read the journal {path}: Permission denied",
            "run it as: sudo -u scenic-gate gate-agent …",
        ) from None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            yield sqlite_utils.Database(db)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise GateError(
            f"cannot read the journal {path}: {error}",
            "is it there, and is it a journal? keep a copy of the file before anything else",
        ) from None


def inspect_journal(settings: GateSettings, tail: int) -> dict[str, Any]:
    """Walk over the whole chain; return a summary and the newest `tail` records. `chain` is "whole"
    or names the first fault. Raises GateError."""
    with _opened(settings) as db:
        meta = {row["key"]: row["value"] for row in db.query("SELECT key, value FROM meta")}
        journal_id, acked = meta.get("journal_id"), meta.get("acked")
        if not (isinstance(journal_id, bytes) and isinstance(acked, int)):
            raise GateError(
                f"{settings.data / JOURNAL_FILE}: its own description is damaged",
                "export what can be read, then replace the card",
            )
        walk = _Walk(genesis(journal_id), tail)
        for row in db.query("SELECT seq, record, hash FROM passages ORDER BY seq"):
            walk.step(row["seq"], row["record"], row["hash"])
        if walk.head < acked:
            walk.fault(f"records {walk.head + 1} to {acked} are missing")
        return {
            "journal": journal_id.hex(),
            "head": walk.head,
            "acked": acked,
            "chain": walk.state,
            "kinds": dict(walk.kinds),
            "open_grants": db["open_grants"].count,
            "tickets": db["uses"].count,
            "newest": list(walk.newest),
        }


class _Walk:
    """A walk along the chain. Old acknowledged records may be gone from the front."""

    def __init__(self, before: bytes, tail: int) -> None:
        self.head = 0
        self.state = "whole"
        self.kinds: Counter[str] = Counter()
        self.newest: deque[dict[str, Any]] = deque(maxlen=max(0, tail))
        self._before: bytes | None = before

    def fault(self, text: str) -> None:
        """Note the first fault: those after it may follow from it."""
        if self.state == "whole":
            self.state = text

    def step(self, seq: int, record: object, after: object) -> None:
        if seq != self.head + 1:
            if self.head:
                self.fault(f"records {self.head + 1} to {seq - 1} are missing")
            self._before = None
        self.head = seq
        if not (isinstance(record, bytes) and isinstance(after, bytes)):
            self.fault(f"record {seq}: not bytes")
            return
        if self._before is not None and chain(self._before, record) != after:
            self.fault(f"broken at record {seq}")
        self._before = after
        try:
            row = as_dict(decode(record))
        except WireError as error:
            self.fault(f"record {seq}: {error}")
            return
        self.kinds[row["kind"]] += 1
        self.newest.append(row)


def inspection_lines(report: dict[str, Any]) -> list[str]:
    """Return the report as lines of text."""
    lines = [
        f"journal      {report['journal']}",
        f"records      {report['head']}, acknowledged up to {report['acked']}",
        f"hash chain   {report['chain']}",
        f"tickets      {report['tickets']} seen, {report['open_grants']} grants open",
    ]
    lines += [f"  {kind:12} {count:8}" for kind, count in sorted(report["kinds"].items())]
    for row in report["newest"]:
        reason = f" {row['reason']}" if row["reason"] else ""
        serial = f" ticket {row['serial']}" if row["serial"] is not None else ""
        lines.append(
            f"  {row['seq']:8} {row['time']} lane {row['lane']} {row['kind']}{reason}{serial}"
        )
    return lines


def as_dict(passage: Passage) -> dict[str, Any]:
    """Return a record in words: what `export` writes."""
    ticket = passage.ticket
    return {
        "seq": passage.seq,
        "kind": passage.kind.key,
        "time": utc_text(passage.wall_ms),
        "clock": passage.clock.name.lower(),
        "lane": passage.lane,
        "direction": passage.direction.name.lower(),
        "persons": passage.persons,
        "key_id": None if ticket is None else ticket[:4].hex(),
        "serial": None if ticket is None else int.from_bytes(ticket[4:], "big"),
        "product": passage.product,
        "group": passage.group,
        "reason": _reason_key(passage.reason),
        "grant": passage.grant,
        "reentry": passage.reentry,
        "provisional": passage.provisional,
        "list_version": passage.list_version,
        "boot": f"{passage.boot:08x}",
        "mono_ms": passage.mono_ms,
        "detail": passage.detail,
        "freshness": Freshness(passage.freshness).name.lower(),
    }


def _reason_key(code: int) -> str:
    if code == 0:
        return ""
    return Reason(code).key if code in _REASONS else f"reason_{code}"


def _every(db: sqlite_utils.Database) -> Iterator[dict[str, Any]]:
    for row in db.query("SELECT record, hash FROM passages ORDER BY seq"):
        yield {**as_dict(decode(row["record"])), "hash": row["hash"].hex()}


def export_journal(settings: GateSettings, form: str, out: Path | None) -> int:
    """Write every record as JSON lines or CSV; return how many. `out` is replaced only by a whole
    export, None is standard output. Raises GateError."""
    try:
        with _opened(settings) as db:
            if out is None:
                count = _write(db, form, sys.stdout)
                sys.stdout.flush()
                return count
            return _replace(settings, out, lambda file: _write(db, form, file))
    except OSError as error:
        if out is None:
            raise
        raise GateError(f"cannot write {out}: {error.strerror}") from None
    except (WireError, TypeError, AttributeError) as error:
        raise GateError(
            f"the journal is damaged: {error}", "gate-agent inspect says where"
        ) from None


def _replace(settings: GateSettings, out: Path, write: Callable[[IO[str]], int]) -> int:
    """Write a file beside `out` and put it in its place when it is whole. Raises GateError, OSError
    or what `write` raises; then `out` is as it was."""
    if out.resolve().parent == settings.data.resolve() and out.name.startswith(_OWN_FILES):
        raise GateError(
            f"cannot write {out}: the gate itself uses files of that name",
            "give --out a new file, best in another folder",
        )
    if out.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    fresh = out.with_name(out.name + ".new")
    try:
        with fresh.open("w", encoding="utf-8", newline="") as file:
            count = write(file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(out)
    finally:
        fresh.unlink(missing_ok=True)
    return count


_OWN_FILES = (
    JOURNAL_FILE,
    "status.json",
    "daemon.lock",
    "rules.",
    "time.",
    "keys.",
    "own.",
    "next.",
)
"""How the names of the gate's own files in its data folder begin."""


def _write(db: sqlite_utils.Database, form: str, file: IO[str]) -> int:
    count = 0
    writer: csv.DictWriter[str] | None = None
    for row in _every(db):
        if form == "jsonl":
            file.write(json_text(row) + "\n")
        else:
            if writer is None:
                writer = csv.DictWriter(file, list(row))
                writer.writeheader()
            writer.writerow({name: safe_cell(cell) for name, cell in row.items()})
        count += 1
    return count
