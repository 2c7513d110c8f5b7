"""Events of passages: consecutive records of one journal, at most 100 and 18 kB.

Records are told as they arrive, gate by gate: `record` numbers of a gate grow, times may not.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select

from fleet_manager.database import tables
from fleet_manager.passages.records import OF_VISITORS, GateRecord
from fleet_manager.terminal import record_lines
from fleet_manager.terminal.record_lines import Shown
from gate_agent.validator.passage import decode
from gate_agent.validator.printable import json_text

MOST_RECORDS = 100
MOST_BYTES = 18_000
"""Standard Webhooks asks for bodies below 20 kB."""
ROUND_RECORDS = 2_000
"""So many records of a journal are looked at in one round: a centre that was down for long has
millions to tell."""
_HEAD = ("gate", "station")
_ROW, _JOURNAL, _GATE = tables.passage.c, tables.journal.c, tables.gate.c
_KINDS = [sign * int(kind) for kind in OF_VISITORS for sign in (1, -1)]


def events_of(
    connection: Connection, journal: int, after: int, mark: int, shown: Shown
) -> tuple[list[dict[str, int]], int]:
    """Return what the events of a journal's records behind number `after` are to store, and up to
    which record they tell. `mark`: the journal's last record."""
    upto = min(mark, after + ROUND_RECORDS)
    ranges: list[dict[str, int]] = []
    count = size = 0
    for record in _records(connection, journal, after + 1, upto):
        cost = len(json_text(_values(record, shown)).encode())
        seq = record.passage.seq
        if not ranges or count == MOST_RECORDS or size + cost > MOST_BYTES:
            ranges.append({"journal": journal, "first": seq, "last": seq})
            count = size = 0
        count, size = count + 1, size + cost
        ranges[-1]["last"] = seq
    return ranges, upto


def data_of(connection: Connection, stored: Mapping[str, int], shown: Shown) -> dict[str, Any]:
    """Return the data of an event: the gate, the numbers, and each passage without empty values."""
    records = list(_records(connection, stored["journal"], stored["first"], stored["last"]))
    query = (
        select(_JOURNAL.gate, _JOURNAL.id, _GATE.station)
        .join(tables.gate, _GATE.id == _JOURNAL.gate)
        .where(_JOURNAL.no == stored["journal"])
    )
    journal = connection.execute(query).one()
    return {
        "gate": journal.gate,
        "station": journal.station,
        "journal": journal.id.hex(),
        "first": stored["first"],
        "last": stored["last"],
        "passages": [_values(record, shown) for record in records],
    }


def _records(connection: Connection, journal: int, first: int, last: int) -> Iterator[GateRecord]:
    query = (
        select(_ROW.record, _ROW.wall_ms, _ROW.kind, _JOURNAL.gate, _GATE.station)
        .join(tables.journal, _JOURNAL.no == _ROW.journal)
        .join(tables.gate, _GATE.id == _JOURNAL.gate)
        .where(_ROW.journal == journal, _ROW.seq.between(first, last), _ROW.kind.in_(_KINDS))
        .order_by(_ROW.seq)
    )
    for row in connection.execute(query):
        yield GateRecord(row.gate, row.station, row.wall_ms, decode(row.record), row.kind < 0)


def _values(record: GateRecord, shown: Shown) -> dict[str, Any]:
    """Return a passage for an event. `disowned`, `override` stand in it only where they are so."""
    values = record_lines.values(record, shown)
    return {
        name: value
        for name, value in values.items()
        if name not in _HEAD and value is not None and value is not False
    }
