"""From a topic and its bytes to durable rows with an acknowledgement, at the centre."""

import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.schema import CreateIndex, CreateTable

from fleet_manager.daemon.collector import Collector
from fleet_manager.daemon.packets import Packet
from fleet_manager.database import tables
from fleet_manager.database.store import Store
from fleet_manager.gates import gates
from fleet_manager.keys import vault
from fleet_manager.park_time import Calendar
from fleet_manager.tickets import products
from gate_agent.validator import passage
from gate_agent.validator.messages import envelopes
from gate_agent.validator.messages.envelopes import MAX_BATCH_RECORDS, Ack, Batch, topic_of
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind, chain, genesis
from gate_agent.validator.reasons import Reason
from gate_agent.validator.trust.keys import key_id
from tests.bench import samples
from tests.bench.figures import Figure, measure

GATES = 4
ROUNDS = 8
BATCHES = 5
SMALL = 20
STORED = 100_000
NOW_MS = samples.NOW_S * 1000
_REFUSED = (Reason.USED, Reason.VOID, Reason.ALIEN, Reason.FORGED)


class _Pen:
    """A gate that writes records and batches. Gates share no ticket."""

    def __init__(self, number: int) -> None:
        self.name = f"gate-{number}"
        self.key = Ed25519PrivateKey.from_private_bytes(bytes([number + 1]) * 32)
        self.public = self.key.public_key().public_bytes_raw()
        self.mark = 0
        self._topic = topic_of(samples.PARK, self.name, Batch)
        self._journal = bytes([number + 1]) * 16
        self._head = genesis(self._journal)
        self._records = self._write(random.Random(number), number << 24)

    def batch(self, count: int) -> Packet:
        """The next `count` records, signed."""
        records = tuple(next(self._records) for _ in range(count))
        batch = Batch(self._journal, self.mark + 1, self._head, records)
        self.mark += count
        for record in records:
            self._head = chain(self._head, record)
        payload = envelopes.encode(self._topic, batch, key_id(self.public), self.key.sign)
        return self._topic, payload

    def _write(self, rng: random.Random, serial: int) -> Iterator[bytes]:
        """Of a hundred visitors: one in ten is refused, one in twenty lets the release pass,
        one in twenty is a family; a quarter of the lanes leads out."""
        seq, mono_ms = 1, 0
        while True:
            mono_ms += rng.randrange(1500, 4000)
            base = Passage(
                seq=seq,
                kind=PassageKind.GRANTED,
                lane=1,
                direction=Direction.OUT if rng.random() < 0.25 else Direction.IN,
                wall_ms=NOW_MS + mono_ms,
                mono_ms=mono_ms,
                boot=0xC0FFEE,
                clock=ClockState.TRUSTED,
                list_version=1000,
            )
            serial += 1
            if rng.random() < 0.1:
                denied = base._replace(kind=PassageKind.DENIED, reason=int(rng.choice(_REFUSED)))
                yield passage.encode(denied._replace(code=rng.randbytes(8)))
                seq += 1
                continue
            persons = rng.randrange(2, 6) if rng.random() < 0.05 else 1
            granted = base._replace(
                persons=persons,
                ticket=samples.KEY_ID + serial.to_bytes(4, "big"),
                product=rng.choice((1, 1, 1, 2)),
                admits=persons,
            )
            yield passage.encode(granted)
            end = PassageKind.NOT_TAKEN if rng.random() < 0.05 else PassageKind.TAKEN
            each = persons if end is PassageKind.NOT_TAKEN else 1
            for at in range(persons // each):
                later = granted._replace(seq=seq + 1 + at, kind=end, persons=each, grant=seq)
                yield passage.encode(later)
            seq += 1 + persons // each


class _Bare:
    """The same rows into the same table, by sqlite3 alone."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        table = tables.passage
        self._db.execute(str(CreateTable(table).compile(dialect=dialect())))
        for index in table.indexes:
            self._db.execute(str(CreateIndex(index).compile(dialect=dialect())))
        marks = ",".join("?" * len(tables.passage.columns))
        self._insert = f"INSERT INTO passage VALUES ({marks})"

    def write(self, batches: Sequence[Sequence[tuple[Any, ...]]]) -> None:
        """One commit a batch."""
        for rows in batches:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(self._insert, rows)
            self._db.execute("COMMIT")

    def close(self) -> None:
        self._db.close()


def _collector(folder: Path, pens: Sequence[_Pen]) -> tuple[Store, Collector]:
    vault.create(folder / "keys")
    store = Store.open(f"sqlite:///{folder}/centre.db", create=True)
    with store.write() as connection:
        gates.add_station(connection, gates.Station("north", "北门", "North"))
        for number, code in enumerate(("adult", "child"), 1):
            products.add(connection, products.Product(number, code, code, code))
        for pen in pens:  # at stations of their own: what news cost is measured elsewhere
            gates.add_station(connection, gates.Station(pen.name, pen.name, pen.name))
            gates.add_gate(connection, pen.name, pen.name, pen.public, NOW_MS)
    keys = vault.unlock(folder / "keys", samples.PARK)
    collector = Collector(store, keys, samples.PARK, Calendar(samples.ZONE))
    collector.refresh(NOW_MS)
    return store, collector


def _rows(store: Store, after: dict[int, int], size: int) -> list[list[tuple[Any, ...]]]:
    """What the last round stored, batch by batch. `after`: mark of each journal before it."""
    row = tables.passage.c
    with store.read() as connection:
        found: list[tuple[Any, ...]] = []
        for no in range(1, GATES + 1):
            query = tables.passage.select().where(row.journal == no, row.seq > after.get(no, 0))
            fresh = [tuple(one) for one in connection.execute(query.order_by(row.seq))]
            after[no] = fresh[-1][1]
            found += fresh
    return [found[at : at + size] for at in range(0, len(found), size)]


def _run(size: int, rounds: int) -> tuple[float, float]:
    """CPU microseconds a record, whole and bare, batches of `size`, one a commit."""
    pens = [_Pen(number) for number in range(GATES)]
    whole_ns = bare_ns = 0
    Path("build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir="build") as name:
        store, collector = _collector(Path(name), pens)
        bare = _Bare(Path(name) / "bare.db")
        after: dict[int, int] = {}
        for turn in range(rounds + 1):
            packets = [pen.batch(size) for _ in range(BATCHES) for pen in pens]
            start = time.process_time_ns()
            answers = [collector.process([packet], 0, NOW_MS) for packet in packets]
            took_ns = time.process_time_ns() - start
            assert all(len(answer) == 1 for answer in answers)
            assert answers[-1][0][0] == topic_of(samples.PARK, pens[-1].name, Ack)
            batches = _rows(store, after, size)
            assert [len(rows) for rows in batches] == [size] * BATCHES * GATES
            start = time.process_time_ns()
            bare.write(batches)
            if turn:  # the first round makes statements that are kept
                bare_ns += time.process_time_ns() - start
                whole_ns += took_ns
        bare.close()
        store.close()
    records = size * BATCHES * GATES * rounds
    return whole_ns / records / 1000, bare_ns / records / 1000


@measure("ingest_records_per_cpu_s", "ingest_ratio")
def ingest() -> dict[str, Figure]:
    """Signature, decoding, chain, rows, tallies, commit and signed acknowledgement."""
    whole_us, bare_us = _run(MAX_BATCH_RECORDS, ROUNDS)
    small_us, small_bare_us = _run(SMALL, ROUNDS)
    note = (
        f"batches of {MAX_BATCH_RECORDS}, a commit each: {whole_us:.1f} us over {bare_us:.1f} us "
        f"a record; batches of {SMALL}: {small_us:.1f} over {small_bare_us:.1f}"
    )
    return {
        "ingest_records_per_cpu_s": Figure(
            round(1e6 / whole_us), "records/s", round(1e6 / bare_us), "CPU time; floor: executemany"
        ),
        "ingest_ratio": Figure(round(whole_us / bare_us, 2), "ratio", 1.0, note, "<= 4"),
    }


def _size(store: Store) -> int:
    """Bytes of the database, without its write-ahead log."""
    with store.read() as connection:
        pages: int = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        each: int = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
    return pages * each


@measure("bytes_per_record")
def storage() -> dict[str, Figure]:
    """What the centre's database grows by for each record, indexes and tallies included."""
    pens = [_Pen(number) for number in range(GATES)]
    sent = stored = 0
    looks: list[tuple[int, int]] = []
    Path("build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir="build") as name:
        store, collector = _collector(Path(name), pens)
        while stored < STORED:
            for pen in pens:
                packet = pen.batch(MAX_BATCH_RECORDS)
                assert len(collector.process([packet], 0, NOW_MS)) == 1
                sent += len(packet[1])
                stored += MAX_BATCH_RECORDS
            if not looks or stored >= STORED:  # from the first round on: what is empty weighs too
                looks.append((stored, _size(store)))
        store.close()
    (first, before), (_, after) = looks
    grown = (after - before) / (stored - first)
    note = f"{stored:,} records of a full batch each time; floor: signed batches on the wire"
    return {"bytes_per_record": Figure(round(grown), "bytes", round(sent / stored), note)}
