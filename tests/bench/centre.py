"""From a topic to durable, acknowledged rows at the centre."""

import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from fleet_manager import centre, fleet, products
from fleet_manager.collector import Collector, Packet
from gate_agent.validator import messages, passage
from gate_agent.validator.messages import Batch, topic_of
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Kind, Passage, chain, genesis
from tests.bench import samples
from tests.bench.figures import Figure, measure

GATES = 4
RECORDS = 10_000  # of each gate
BATCH = 200
TOGETHER = 8  # batches a transaction, here and in the floor: a busy centre finds several waiting
ROUNDS = 3
AGAIN = 0.03  # of the scans show a ticket that has been in


def _journal(rng: random.Random, number: int) -> list[bytes]:
    """What a busy gate writes: grants with their turns, and some refusals."""
    records: list[bytes] = []
    tickets: list[bytes] = []
    serials = rng.sample(range(number * RECORDS, (number + 1) * RECORDS), RECORDS)
    while len(records) < RECORDS:
        at = samples.NOW_S * 1000 + 2000 * len(records)
        fields = (1, Direction.IN, at, at, 7, ClockState.TRUSTED)
        seq = len(records) + 1
        if rng.random() < 0.1:
            code = rng.randbytes(8)
            written = [Passage(seq, Kind.DENIED, *fields, code=code, reason=1, list_version=5)]
        else:
            ticket = samples.KEY_ID + serials.pop().to_bytes(4, "big")
            if tickets and rng.random() < AGAIN:
                ticket = rng.choice(tickets)
            tickets.append(ticket)
            written = [
                Passage(seq, Kind.GRANTED, *fields, 1, ticket, 1, list_version=5),
                Passage(seq + 1, Kind.TAKEN, *fields, 1, ticket, 1, seq, 5),
            ]
        records += [passage.encode(one) for one in written]
    return records[:RECORDS]


def _packets() -> list[Packet]:
    """Batches of all gates in turn."""
    rng = random.Random(5)
    rows: list[list[Packet]] = []
    for number in range(GATES):
        id_, gate = bytes([number]) * 16, f"gate-{number}"
        topic = topic_of(samples.PARK, gate, Batch)
        records, head, row = _journal(rng, number), genesis(id_), []
        for at in range(0, RECORDS, BATCH):
            part = tuple(records[at : at + BATCH])
            batch = Batch(id_, at + 1, head, part)
            row.append((topic, messages.encode(topic, batch, samples.KEY_ID, samples.PRIVATE.sign)))
            for record in part:
                head = chain(head, record)
        rows.append(row)
    return [packet for turn in zip(*rows, strict=True) for packet in turn]


@contextmanager
def _collector(folder: Path) -> Iterator[Collector]:
    centre.create(folder, samples.PARK, "x", "x", "Asia/Shanghai", datetime.now(UTC))
    with centre.opened(folder) as park:
        with park.store.write() as connection:
            fleet.add_station(connection, fleet.Station("north", "x", "x"))
            products.add(connection, products.Product(1, "adult", "x", "x"))
            for number in range(GATES):
                fleet.add_gate(connection, f"gate-{number}", "north", samples.PUBLIC, 0)
        collector = Collector(park.store, park.unlock(), samples.PARK, park.calendar)
        collector.refresh(samples.NOW_S * 1000)
        yield collector


def _bare(folder: Path, at_a_time: int) -> int:
    """CPU ns of a plain executemany of the same rows into the same table, as durable."""
    source = sqlite3.connect(folder / "centre.db")
    rows = source.execute("SELECT * FROM passage ORDER BY (seq - 1) / 200, journal, seq").fetchall()
    made = (
        "SELECT sql FROM sqlite_master WHERE tbl_name = 'passage' AND sql NOT NULL ORDER BY rowid"
    )
    statements = [row[0] for row in source.execute(made)]
    source.close()
    bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("PRAGMA synchronous = FULL")
    for statement in statements:
        bare.execute(statement)
    marks = ",".join("?" * len(rows[0]))
    start = time.process_time_ns()
    for at in range(0, len(rows), at_a_time):
        bare.execute("BEGIN IMMEDIATE")
        bare.executemany(f"INSERT INTO passage VALUES ({marks})", rows[at : at + at_a_time])
        bare.execute("COMMIT")
    spent = time.process_time_ns() - start
    bare.close()
    return spent


@measure
def ingest() -> dict[str, Figure]:
    """Verify, decode, chain, store, tally and acknowledge batches of 200 records, over a bare
    executemany of the same rows in transactions of the same size. The median of some rounds."""
    packets = _packets()
    total = GATES * RECORDS
    now_ms = samples.NOW_S * 1000
    ours: list[int] = []
    floor: list[int] = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "data"
            with _collector(folder) as collector:
                start = time.process_time_ns()
                for at in range(0, len(packets), TOGETHER):
                    answers = collector.process(packets[at : at + TOGETHER], 0, now_ms)
                    assert len(answers) == GATES
                ours.append(time.process_time_ns() - start)
                assert collector.stored == total
            floor.append(_bare(folder, BATCH * TOGETHER))
    spent, bare = sorted(ours)[ROUNDS // 2], sorted(floor)[ROUNDS // 2]
    note = f"{spent / total / 1000:.1f} us CPU a record over {bare / total / 1000:.1f} us bare"
    return {
        "ingest_records_per_cpu_s": Figure(
            round(total / spent * 1e9), "records/s", round(total / bare * 1e9), note
        ),
        "ingest_ratio": Figure(round(spent / bare, 3), "ratio", 1.0, note, "<= 4"),
    }
