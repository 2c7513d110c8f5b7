"""The gates' journals as the centre holds them, and the judgement of what a batch adds to one."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, insert, select, update

from fleet_manager.database import store, tables
from fleet_manager.database.incidents import Incident, Sighting
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.envelopes import Ack, Batch, Birth
from gate_agent.validator.passage import Passage, chain, decode, genesis


@dataclass(frozen=True, slots=True)
class JournalState:
    """What the centre holds of a journal: everything up to `mark`, where the chain is `head`."""

    no: int
    id: bytes
    gate: str
    mark: int
    head: bytes
    forked: bool = False


@dataclass(frozen=True, slots=True)
class Examined:
    """What a batch amounts to: passages to append after the mark, with the bytes of their
    records; the chain's head after them; and what was wrong, if anything."""

    passages: Sequence[Passage]
    records: Sequence[bytes]
    head: bytes
    incident: Incident | None = None
    detail: str = ""


def examine(journal: JournalState, batch: Batch, stored: Sequence[bytes]) -> Examined:
    """Judge a batch. `stored` holds the bytes of the records that the batch repeats, from its
    first one up to the mark.

    A journal that tells another story than before has forked. A batch that begins later than
    after the mark leaves a gap. Reading stops before a record that cannot be read.
    """
    head = journal.head
    if batch.first > journal.mark + 1:
        return Examined((), (), head, Incident.GAP)
    known = journal.mark + 1 - batch.first
    for seq, (ours, theirs) in enumerate(zip(stored, batch.records, strict=False), batch.first):
        if ours != theirs:
            return Examined((), (), head, Incident.FORK, f"record {seq} differs")
    new = batch.records[known:]
    if not new:
        return Examined((), (), head)
    past = batch.before
    for repeated in batch.records[:known]:
        past = chain(past, repeated)
    if past != head:
        detail = f"the chain before record {journal.mark + 1}"
        return Examined((), (), head, Incident.FORK, detail)
    passages: list[Passage] = []
    for seq, data in enumerate(new, journal.mark + 1):
        try:
            passage = decode(data)
        except WireError as error:
            return _malformed(passages, new, head, seq, str(error))
        if passage.seq != seq:
            return _malformed(passages, new, head, seq, "it has another number")
        passages.append(passage)
        head = chain(head, data)
    return Examined(passages, new, head)


def _malformed(
    passages: list[Passage], records: Sequence[bytes], head: bytes, seq: int, why: str
) -> Examined:
    good = records[: len(passages)]
    return Examined(passages, good, head, Incident.MALFORMED, f"record {seq}: {why}")


def open_journals(
    connection: Connection, batches: Sequence[tuple[str, Batch]], now_ms: int
) -> dict[bytes, JournalState]:
    """The journals that the batches are of. One that is new belongs to the gate that brings it."""
    found: dict[bytes, JournalState] = {}
    for gate, batch in batches:
        journal_id = batch.journal_id
        if journal_id in found:
            continue
        known = find(connection, journal_id)
        if known is not None:
            found[journal_id] = known
        else:
            head = genesis(journal_id)
            result = connection.execute(
                insert(tables.journal).values(
                    id=journal_id, gate=gate, mark=0, head=head, forked=False, first_seen_ms=now_ms
                )
            )
            assert result.inserted_primary_key is not None
            no = int(result.inserted_primary_key[0])
            found[journal_id] = JournalState(no, journal_id, gate, 0, head)
    return found


def find(connection: Connection, journal_id: bytes) -> JournalState | None:
    """A journal that some gate has brought before."""
    for no, name, gate, mark, head, forked in store.run(
        connection, _BY_ID, {"journal_id": journal_id}
    ):
        return JournalState(no, name, gate, mark, head, bool(forked))
    return None


def keep(connection: Connection, journals: Iterable[JournalState]) -> None:
    """Write down how far journals are held now."""
    for one in journals:
        values = {"number": one.no, "at": one.mark, "hash": one.head, "fork": one.forked}
        store.run(connection, _KEEP, values)


def held(connection: Connection) -> list[tuple[str, Ack]]:
    """How far the newest journal of each gate is held, unless it has forked."""
    return [
        (gate, Ack(journal_id, mark))
        for gate, journal_id, mark, forked in store.run(connection, _NEWEST, {})
        if not forked
    ]


# Made once: making a statement costs more than running it.
_TABLE = tables.journal
_BY_ID = select(
    _TABLE.c.no, _TABLE.c.id, _TABLE.c.gate, _TABLE.c.mark, _TABLE.c.head, _TABLE.c.forked
).where(_TABLE.c.id == bindparam("journal_id"))
_NEWEST = select(_TABLE.c.gate, _TABLE.c.id, _TABLE.c.mark, _TABLE.c.forked).where(
    _TABLE.c.no.in_(select(func.max(_TABLE.c.no)).group_by(_TABLE.c.gate))
)
_KEEP = (
    update(_TABLE)
    .where(_TABLE.c.no == bindparam("number"))
    .values(mark=bindparam("at"), head=bindparam("hash"), forked=bindparam("fork"))
)


def welcome(connection: Connection, gate: str, birth: Birth, seen: Counter[Sighting]) -> Ack | None:
    """A gate has connected: what we hold of its journal, unless that is not its own, or tells
    another story."""
    journal = find(connection, birth.journal_id)
    if journal is None:
        return Ack(birth.journal_id, 0)
    if journal.gate != gate:
        seen[Incident.TAKEN, gate, f"journal {journal.id.hex()} of {journal.gate}"] += 1
    elif birth.head < journal.mark:
        # Its disk was put back to an older state: what it writes next would be a fork.
        detail = f"journal {journal.id.hex()} ends at {birth.head}, we hold {journal.mark}"
        seen[Incident.ROLLBACK, gate, detail] += 1
    elif not journal.forked:
        return Ack(journal.id, journal.mark)
    return None
