"""Key sets at the centre: proposed, published, and sent to gates one root change at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, bindparam, insert, select

from fleet_manager.database import store, tables_trust
from fleet_manager.errors import CentreError
from fleet_manager.lists import versions
from fleet_manager.tickets.serials import count_sold
from fleet_manager.trust.rules import COUNTER as RULES_COUNTER
from gate_agent.validator.errors import WireError
from gate_agent.validator.trust import key_set
from gate_agent.validator.trust.key_set import THRESHOLD, KeyRow, KeySet, open_set
from gate_agent.validator.trust.keys import KeyMode, KeyUse, key_id


@dataclass(frozen=True, slots=True)
class PublishedKeySet:
    """A set that is kept, sealed. `turns`: the root keys are others than before it."""

    version: int
    turns: bool
    sealed: bytes

    @property
    def keys(self) -> KeySet:
        """What it says."""
        return key_set.read_set(key_set.split(self.sealed)[1])


@dataclass(frozen=True, slots=True)
class Change:
    """What a new set is to do. `new`: public halves of keys to add. `drop`: key ids that are not
    trusted any more at all. `modes`: how far ticket keys are trusted. `roots`: three new ones."""

    new: Sequence[tuple[KeyUse, bytes]] = ()
    drop: frozenset[bytes] = frozenset()
    modes: Mapping[bytes, KeyMode] | None = None
    roots: Sequence[bytes] | None = None


def newest(connection: Connection) -> PublishedKeySet | None:
    """The set in force; None in a park that was made without root keys."""
    return _first(store.run(connection, _NEWEST, {}))


def following(connection: Connection, have: int) -> PublishedKeySet | None:
    """What a gate with version `have` needs next: the newest set, unless root keys have changed in
    between. Then the first set that changed them, because it is what the gate can check."""
    turn = _first(store.run(connection, _TURN, {"have": have})) if have else None
    if turn is not None:
        return turn
    last = newest(connection)
    return last if last is not None and last.version > have else None


def _first(rows: Sequence[store.Row]) -> PublishedKeySet | None:
    return PublishedKeySet(rows[0][0], bool(rows[0][1]), rows[0][2]) if rows else None


# Made once: making a statement costs more than running it.
_SET = tables_trust.key_set.c
_SETS = select(_SET.version, _SET.turns, _SET.sealed).limit(1)
_NEWEST = _SETS.order_by(_SET.version.desc())
_TURN = _SETS.where(_SET.version > bindparam("have"), _SET.turns).order_by(_SET.version)


def propose(before: KeySet, change: Change, last_serial: int, now_ms: int) -> KeySet:
    """The set that would follow. Raises CentreError for a change that makes no sense."""
    known = {key_id(row.public): row for row in before.keys}
    modes = dict(change.modes or {})
    for wanted in (*change.drop, *modes):
        if wanted not in known:
            raise CentreError(f"cannot find key {wanted.hex()}", "see `fleet-manager keys show`")
    rows = [
        _with_mode(row, modes[name], last_serial, now_ms) if name in modes else row
        for name, row in known.items()
        if name not in change.drop
    ]
    rows += [KeyRow(use=use, public=public) for use, public in change.new]
    made = KeySet(
        park=before.park,
        version=before.version + 1,
        as_of_ms=max(now_ms, before.as_of_ms),
        roots=before.roots if change.roots is None else tuple(sorted(change.roots)),
        keys=tuple(rows),
    )
    if not any(row.mode is not KeyMode.LIST_ONLY for row in made.of(KeyUse.TICKET)):
        raise CentreError("cannot leave the park without a ticket key", "add one: --new ticket")
    try:
        key_set.fields_of(made)
    except WireError as error:
        raise CentreError(f"cannot propose that: {error}") from None
    return made


def _with_mode(row: KeyRow, mode: KeyMode, last_serial: int, now_ms: int) -> KeyRow:
    if row.use is not KeyUse.TICKET:
        raise CentreError(f"cannot give a mode to a {row.use.value} key", "replace it instead")
    if mode is not KeyMode.LIST_ONLY:
        return replace(row, mode=mode, until_s=0, last_serial=0)
    return replace(row, mode=mode, until_s=row.until_s or now_ms // 1000, last_serial=last_serial)


def publish(connection: Connection, sealed: bytes, park: str, now_ms: int) -> KeySet:
    """Put a signed set in force. Raises CentreError unless gates would take it after the last."""
    before = newest(connection)
    try:
        keys = key_set.read_set(key_set.split(sealed)[1])
        trusted = keys.roots if before is None else before.keys.roots
        found = open_set(sealed, trusted, park)
        key_set.refuse_older(None if before is None else before.keys, found)
    except WireError as error:
        raise CentreError(
            f"cannot publish that: {error}",
            f"it needs {THRESHOLD} signatures of the root keys in force, and of its own",
        ) from None
    turns = before is not None and before.keys.roots != found.roots
    connection.execute(
        insert(tables_trust.key_set).values(version=found.version, turns=turns, sealed=sealed)
    )
    if before is not None and before.keys.of(KeyUse.LIST) != found.of(KeyUse.LIST):
        _sign_anew(connection, now_ms)
    return found


def _sign_anew(connection: Connection, now_ms: int) -> None:
    """Lists and rules are to be signed with the new list key: new versions of all of them."""
    for series in versions.every(connection):
        if versions.newest(connection, series) is not None:
            versions.publish_again(connection, series, now_ms)
    if store.read_meta(connection, RULES_COUNTER):
        store.count_up(connection, RULES_COUNTER)


def last_serial(connection: Connection) -> int:
    """The highest serial that was sold."""
    return count_sold(connection)
