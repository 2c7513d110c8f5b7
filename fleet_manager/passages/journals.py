"""Store how much of each gate's journal the centre has."""

from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, func, insert, select, update

from fleet_manager.database import store, tables
from fleet_manager.incident import Incident, Sighting
from fleet_manager.passages.examine import JournalState
from gate_agent.validator.messages.envelopes import Ack, Batch, Birth
from gate_agent.validator.passage import genesis

MOST_A_DAY = 20
"""Greatest number of journals that a gate begins within a day. A gate begins one with each card."""
TOO_MANY = f"more than {MOST_A_DAY} in a day: its records are not taken"
DAY_MS = 86_400_000


def open_journals(
    connection: Connection,
    batches: Sequence[tuple[str, Batch]],
    sightings: Counter[Sighting],
    now_ms: int,
) -> dict[bytes, JournalState]:
    """Return the journals of batches, each with its gate, by journal id.

    A journal that is new is stored, and belongs to the gate that sent the batch. If that gate has
    another one already, the new one is counted in `sightings`. One is left out if its gate has
    begun MOST_A_DAY others within a day.
    """
    journals: dict[bytes, JournalState] = {}
    for gate, batch in batches:
        if batch.journal_id not in journals:
            journal = find(connection, batch.journal_id) or _insert(
                connection, batch.journal_id, gate, sightings, now_ms
            )
            if journal is not None:
                journals[batch.journal_id] = journal
    return journals


def _insert(
    connection: Connection,
    journal_id: bytes,
    gate: str,
    sightings: Counter[Sighting],
    now_ms: int,
) -> JournalState | None:
    """Store a new journal; return None where its gate has begun too many today.

    It is disowned from its start if its gate was disowned just now, and the daemon has not read yet
    that the gate's key is refused.
    """
    [(lately,)] = store.run(connection, _LATELY, {"gate": gate, "since": now_ms - DAY_MS})
    if lately >= MOST_A_DAY:
        return None
    for _, before, mark in store.run(connection, _NEWEST_OF, {"gate": gate}):
        last = f"{journal_id.hex()} follows {before.hex()}, which ends at {mark}"
        sightings[Sighting(Incident.NEW_JOURNAL, gate, "", last)] += 1
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

    Returns None if the journal has forked or has less than the centre has of it (an old birth, or
    a disk that was put back: what it writes next would be a fork); and, counted in `sightings`, if
    it is another gate's or disowned.
    """
    journal = find(connection, birth.journal_id)
    if journal is None:
        return Ack(birth.journal_id, 0, birth.nonce)
    if journal.gate != gate:
        sightings[taken(gate, journal)] += 1
    elif journal.disowned is not None:
        name = f"journal {journal.id.hex()}"
        sightings[Sighting(Incident.DISOWNED, gate, "", name)] += 1
    elif birth.head >= journal.mark and not journal.forked:
        store.run(connection, _SET_LINKED, {"number": journal.no, "at": birth.head})
        return Ack(journal.id, journal.mark, birth.nonce)
    return None


def taken(gate: str, journal: JournalState) -> Sighting:
    """Return that a gate brings the journal of another one."""
    last = f"journal {journal.id.hex()}"
    return Sighting(Incident.TAKEN, gate, f"a journal of {journal.gate}", last)


def is_newest(connection: Connection, journal: JournalState) -> bool:
    """Return whether its gate has sent no records of a journal that was begun later."""
    [(no, _, _)] = store.run(connection, _NEWEST_OF, {"gate": journal.gate})
    return bool(no == journal.no)


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
    select(_TABLE.c.no, _TABLE.c.id, _TABLE.c.mark)
    .where(_TABLE.c.gate == bindparam("gate"))
    .order_by(_TABLE.c.no.desc())
    .limit(1)
)
_LATELY = select(func.count()).where(
    _TABLE.c.gate == bindparam("gate"), _TABLE.c.first_seen_ms > bindparam("since")
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
    update(_TABLE)
    .where(_TABLE.c.no == bindparam("number"), _TABLE.c.linked < bindparam("at"))
    .values(linked=bindparam("at"))
)
