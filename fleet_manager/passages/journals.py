"""Store how much of each gate's journal the centre has."""

from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, func, insert, select, update

from fleet_manager.database import store, tables
from fleet_manager.incident import Incident, Sighting
from fleet_manager.passages.examine import JournalKey, JournalState
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
) -> dict[JournalKey, JournalState]:
    """Return the journals of batches, each with its gate, by gate and journal id.

    A journal that is new is stored. It is counted in `sightings` if its gate has another one
    already, or another gate has one with this id. A journal is left out if its gate has begun
    MOST_A_DAY others within a day.
    """
    journals: dict[JournalKey, JournalState] = {}
    for gate, batch in batches:
        key = (gate, batch.journal_id)
        if key not in journals:
            journal = find(connection, *key) or _insert(connection, key, sightings, now_ms)
            if journal is not None:
                journals[key] = journal
    return journals


def _insert(
    connection: Connection, key: JournalKey, sightings: Counter[Sighting], now_ms: int
) -> JournalState | None:
    """Store a new journal; return None where its gate has begun too many today.

    It is disowned from its start if its gate was disowned just now, and the daemon has not read yet
    that the gate's key is refused.
    """
    gate, journal_id = key
    [(lately,)] = store.run(connection, _LATELY, {"gate": gate, "since": now_ms - DAY_MS})
    if lately >= MOST_A_DAY:
        return None
    for _, before, mark in store.run(connection, _NEWEST_OF, {"gate": gate}):
        last = f"{journal_id.hex()} follows {before.hex()}, which ends at {mark}"
        sightings[Sighting(Incident.NEW_JOURNAL, gate, "", last)] += 1
    sightings.update(_taken(connection, key))
    head = genesis(journal_id)
    disowned = 1 if store.run(connection, _REFUSED, {"of": gate}) else None
    values = {"id": journal_id, "gate": gate, "mark": 0, "head": head, "forked": False}
    values |= {"first_seen_ms": now_ms, "disowned": disowned}
    result = connection.execute(insert(tables.journal).values(values))
    assert result.inserted_primary_key is not None
    no = int(result.inserted_primary_key[0])
    return JournalState(no, journal_id, gate, 0, head, disowned=disowned)


def find(connection: Connection, gate: str, journal_id: bytes) -> JournalState | None:
    """Return a journal of a gate; None if the gate has sent no records of it."""
    for no, mark, head, forked, linked, disowned in store.run(
        connection, _BY_KEY, {"of": gate, "journal_id": journal_id}
    ):
        return JournalState(
            no=no,
            id=journal_id,
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
    it is disowned. A new journal is counted as well if another gate has one with its id.
    """
    journal = find(connection, gate, birth.journal_id)
    if journal is None:
        sightings.update(_taken(connection, (gate, birth.journal_id)))
        return Ack(birth.journal_id, 0, birth.nonce)
    if journal.disowned is not None:
        name = f"journal {journal.id.hex()}"
        sightings[Sighting(Incident.DISOWNED, gate, "", name)] += 1
    elif birth.head >= journal.mark and not journal.forked:
        store.run(connection, _SET_LINKED, {"number": journal.no, "at": birth.head})
        return Ack(journal.id, journal.mark, birth.nonce)
    return None


def _taken(connection: Connection, key: JournalKey) -> Counter[Sighting]:
    """Return that a gate brings a journal whose id another gate has brought before; empty if none
    has. Which of the two has drawn it the centre cannot tell."""
    gate, journal_id = key
    last = f"journal {journal_id.hex()}"
    return Counter(
        Sighting(Incident.TAKEN, gate, a_journal_of(other), last)
        for (other,) in store.run(connection, _FIRST_WITH_ID, {"journal_id": journal_id})
    )


def a_journal_of(gate: str) -> str:
    """Return what an incident says of another gate that has brought a journal's id before."""
    return f"a journal of {gate}"


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
_BY_KEY = select(
    _TABLE.c.no,
    _TABLE.c.mark,
    _TABLE.c.head,
    _TABLE.c.forked,
    _TABLE.c.linked,
    _TABLE.c.disowned,
).where(_TABLE.c.gate == bindparam("of"), _TABLE.c.id == bindparam("journal_id"))
_FIRST_WITH_ID = (
    select(_TABLE.c.gate)
    .where(_TABLE.c.id == bindparam("journal_id"))
    .order_by(_TABLE.c.no)
    .limit(1)
)
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
