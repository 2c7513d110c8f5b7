"""Store how much of each gate's journal the centre has."""

from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, func, insert, select, update

from fleet_manager.database import store, tables
from fleet_manager.incident import Incident, Sighting
from fleet_manager.passages.examine import JournalState
from gate_agent.validator.messages.envelopes import Ack, Batch, Birth
from gate_agent.validator.passage import genesis


def open_journals(
    connection: Connection, batches: Sequence[tuple[str, Batch]], now_ms: int
) -> dict[bytes, JournalState]:
    """Return the journals of batches, each with its gate, by journal id.

    A journal that is new is stored, and belongs to the gate that sent the batch.
    """
    journals: dict[bytes, JournalState] = {}
    for gate, batch in batches:
        if batch.journal_id not in journals:
            journals[batch.journal_id] = find(connection, batch.journal_id) or _insert(
                connection, batch.journal_id, gate, now_ms
            )
    return journals


def _insert(connection: Connection, journal_id: bytes, gate: str, now_ms: int) -> JournalState:
    """Store a new journal. It is disowned from its start if its gate was disowned just now, and the
    daemon has not read yet that the gate's key is refused."""
    head = genesis(journal_id)
    disowned = 1 if store.run(connection, _REFUSED, {"of": gate}) else None
    values = {"id": journal_id, "gate": gate, "mark": 0, "head": head, "forked": False}
    values |= {"first_seen_ms": now_ms, "disowned": disowned}
    result = connection.execute(insert(tables.journal).values(values))
    assert result.inserted_primary_key is not None
    no = int(result.inserted_primary_key[0])
    return JournalState(no, journal_id, gate, 0, head, disowned=disowned)


def find(connection: Connection, journal_id: bytes) -> JournalState | None:
    """Return a journal; None if no gate has sent records of it."""
    for no, name, gate, mark, head, forked, linked, disowned in store.run(
        connection, _BY_ID, {"journal_id": journal_id}
    ):
        return JournalState(
            no=no,
            id=name,
            gate=gate,
            mark=mark,
            head=head,
            forked=bool(forked),
            linked=linked,
            disowned=disowned,
        )
    return None


def save(connection: Connection, journals: Iterable[JournalState]) -> None:
    """Store mark, head and fork of journals."""
    for journal in journals:
        values = {
            "number": journal.no,
            "at": journal.mark,
            "hash": journal.head,
            "fork": journal.forked,
        }
        store.run(connection, _SAVE, values)


def acknowledge(
    connection: Connection, gate: str, birth: Birth, sightings: Counter[Sighting]
) -> Ack | None:
    """Return the mark of the journal of a gate that has connected.

    Returns None if the journal has forked; and, counted in `sightings`, if it is another gate's,
    is disowned, or has lost records that the centre has. A journal that follows another one of the
    same gate is counted there too.
    """
    journal = find(connection, birth.journal_id)
    if journal is None:
        for before, mark in store.run(connection, _NEWEST_OF, {"gate": gate}):
            detail = f"{birth.journal_id.hex()} follows {before.hex()}, which ends at {mark}"
            sightings[Incident.NEW_JOURNAL, gate, detail] += 1
        return Ack(birth.journal_id, 0)
    if journal.gate != gate:
        sightings[Incident.TAKEN, gate, f"journal {journal.id.hex()} of {journal.gate}"] += 1
    elif birth.head < journal.mark:
        # Its disk was put back to an older state: what it writes next would be a fork.
        detail = f"journal {journal.id.hex()} ends at {birth.head}, we hold {journal.mark}"
        sightings[Incident.ROLLBACK, gate, detail] += 1
    elif journal.disowned is not None:
        sightings[Incident.DISOWNED, gate, f"journal {journal.id.hex()}"] += 1
    elif not journal.forked:
        store.run(connection, _SET_LINKED, {"number": journal.no, "at": birth.head})
        return Ack(journal.id, journal.mark)
    return None


def newest_acks(connection: Connection) -> list[tuple[str, Ack]]:
    """Return the mark of the newest journal of each gate, unless it has forked or is disowned."""
    return [
        (gate, Ack(journal_id, mark))
        for gate, journal_id, mark, forked, disowned in store.run(connection, _NEWEST, {})
        if not forked and disowned is None
    ]


# Built once: building a statement costs more than running it.
_TABLE = tables.journal
_BY_ID = select(
    _TABLE.c.no,
    _TABLE.c.id,
    _TABLE.c.gate,
    _TABLE.c.mark,
    _TABLE.c.head,
    _TABLE.c.forked,
    _TABLE.c.linked,
    _TABLE.c.disowned,
).where(_TABLE.c.id == bindparam("journal_id"))
_NEWEST = select(
    _TABLE.c.gate, _TABLE.c.id, _TABLE.c.mark, _TABLE.c.forked, _TABLE.c.disowned
).where(_TABLE.c.no.in_(select(func.max(_TABLE.c.no)).group_by(_TABLE.c.gate)))
_NEWEST_OF = (
    select(_TABLE.c.id, _TABLE.c.mark)
    .where(_TABLE.c.gate == bindparam("gate"))
    .order_by(_TABLE.c.no.desc())
    .limit(1)
)
_SAVE = (
    update(_TABLE)
    .where(_TABLE.c.no == bindparam("number"))
    .values(mark=bindparam("at"), head=bindparam("hash"), forked=bindparam("fork"))
)
_REFUSED = select(tables.gate.c.id).where(
    tables.gate.c.id == bindparam("of"), tables.gate.c.disowned_ms.is_not(None)
)
_SET_LINKED = (
    update(_TABLE).where(_TABLE.c.no == bindparam("number")).values(linked=bindparam("at"))
)
