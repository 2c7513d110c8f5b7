"""A technician's and an auditor's view of a journal: read-only, with sqlite-utils."""

import csv
import json
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import sqlite_utils

from gate_agent.daemon import JOURNAL_FILE
from gate_agent.errors import GateError
from gate_agent.health import status_path
from gate_agent.settings import GateSettings
from gate_agent.validator.errors import WireError
from gate_agent.validator.moment import utc_text
from gate_agent.validator.passage import Passage, chain, decode, genesis
from gate_agent.validator.reasons import Reason

FRESH_S = 15


def read_status(data: Path) -> tuple[dict[str, Any], bool]:
    """The daemon's status document, and whether it is younger than 15 s.

    Raises GateError if there is none.
    """
    path = status_path(data)
    try:
        document: dict[str, Any] = json.loads(path.read_text("utf-8"))
        age_s = time.time() - path.stat().st_mtime
    except (OSError, ValueError):
        raise GateError(
            f"no status in {path}", "is the daemon running? systemctl status gate-agent"
        ) from None
    return document, age_s < FRESH_S


def status_lines(document: dict[str, Any], fresh: bool) -> list[str]:
    """The status as a person reads it."""
    as_of = document["list_as_of_ms"]
    lines = [
        f"gate     {document['park']}/{document['gate']}" + ("" if fresh else "  (NOT RUNNING)"),
        f"link     {'up' if document['linked'] else 'DOWN'}, {document['waiting']} records waiting",
        f"list     version {document['list_version']}"
        + (f" as of {utc_text(as_of)}" if as_of else ", none yet"),
        f"clock    {document['clock']}, {utc_text(document['wall_ms'])}",
    ]
    lines += [
        f"lane {lane['number']}   {lane['mode']}, {lane['phase']}" for lane in document["lanes"]
    ]
    lines += [f"FAULT    {device}: {text}" for device, text in document["faults"].items()]
    return lines


def _open(settings: GateSettings) -> sqlite_utils.Database:
    path = settings.data / JOURNAL_FILE
    try:
        db = sqlite_utils.Database(sqlite3.connect(f"file:{path}?mode=ro", uri=True))
        db.execute("SELECT seq FROM passages LIMIT 1").fetchall()
    except sqlite3.Error as error:
        raise GateError(f"cannot read the journal {path}: {error}") from None
    return db


def _meta(db: sqlite_utils.Database) -> dict[str, Any]:
    return {row["key"]: row["value"] for row in db["meta"].rows}


def inspect_journal(settings: GateSettings, tail: int) -> dict[str, Any]:
    """Summary and the newest `tail` records, after a walk over the whole chain."""
    db = _open(settings)
    meta = _meta(db)
    kinds: Counter[str] = Counter()
    newest: list[dict[str, Any]] = []
    before, expected, state = genesis(meta["journal_id"]), 1, "whole"
    for row in db.query("SELECT seq, record, hash FROM passages ORDER BY seq"):
        if row["seq"] != expected and kinds:
            state = f"records {expected} to {row['seq'] - 1} are missing"
        elif (row["seq"] == expected) and chain(before, row["record"]) != row["hash"]:
            state = f"broken at record {row['seq']}"
        try:
            passage = decode(row["record"])
        except WireError as error:
            state = f"record {row['seq']}: {error}"
        else:
            kinds[passage.kind.key] += 1
            newest = [*newest, as_dict(passage)][-tail:] if tail else []
        before, expected = row["hash"], row["seq"] + 1
    return {
        "journal": meta["journal_id"].hex(),
        "head": expected - 1,
        "acked": meta["acked"],
        "chain": state,
        "kinds": dict(kinds),
        "open_grants": db["open_grants"].count,
        "tickets": db["uses"].count,
        "newest": newest,
    }


def inspection_lines(report: dict[str, Any]) -> list[str]:
    """The report as a person reads it."""
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
    """A record in words: what `export` writes."""
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
        "reason": Reason(passage.reason).key if passage.reason else "",
        "grant": passage.grant,
        "reentry": passage.reentry,
        "provisional": passage.provisional,
        "list_version": passage.list_version,
        "boot": f"{passage.boot:08x}",
        "mono_ms": passage.mono_ms,
        "detail": passage.detail,
    }


def _every(db: sqlite_utils.Database) -> Iterator[dict[str, Any]]:
    for row in db.query("SELECT record, hash FROM passages ORDER BY seq"):
        yield {**as_dict(decode(row["record"])), "hash": row["hash"].hex()}


def export_journal(settings: GateSettings, form: str, out: Path | None) -> int:
    """Writes every record as JSON lines or CSV; returns how many. Raises GateError."""
    db = _open(settings)
    try:
        if out is None:
            return _write(db, form, sys.stdout)
        with out.open("w", encoding="utf-8", newline="") as file:
            return _write(db, form, file)
    except OSError as error:
        raise GateError(f"cannot write {out}: {error.strerror}") from None
    except WireError as error:
        raise GateError(
            f"the journal is damaged: {error}", "gate-agent inspect says where"
        ) from None


def _write(db: sqlite_utils.Database, form: str, file: IO[str]) -> int:
    count = 0
    writer: csv.DictWriter[str] | None = None
    for row in _every(db):
        if form == "jsonl":
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        else:
            if writer is None:
                writer = csv.DictWriter(file, list(row))
                writer.writeheader()
            writer.writerow(row)
        count += 1
    return count
