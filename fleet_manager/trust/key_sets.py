"""Propose and publish key sets; choose the one that a gate needs next."""

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
    """A stored key set, sealed. `turns`: its root keys differ from those of the set before."""

    version: int
    turns: bool
    sealed: bytes

    @property
    def keys(self) -> KeySet:
        """Return its content."""
        return key_set.read_set(key_set.split(self.sealed)[1])


@dataclass(frozen=True, slots=True)
class Change:
    """Differences of a new set from the one in force. `new`: uses and public keys to add. `drop`:
    ids of keys to remove. `modes`: how far ticket keys are trusted, by key id. `roots`: the three
    new root keys, None to keep those in force."""

    new: Sequence[tuple[KeyUse, bytes]] = ()
    drop: frozenset[bytes] = frozenset()
    modes: Mapping[bytes, KeyMode] | None = None
    roots: Sequence[bytes] | None = None


def newest(connection: Connection) -> PublishedKeySet | None:
    """Return the set in force; None in a park that was made without root keys."""
    return _first(store.run(connection, _NEWEST, {}))


def centre_keys(connection: Connection) -> dict[bytes, bytes]:
    """Return every public key that was ever the centre's, by key id."""
    sets = connection.scalars(select(_SET.sealed))
    rows = [
        row for sealed in sets for row in PublishedKeySet(0, False, sealed).keys.of(KeyUse.CENTRE)
    ]
    return {key_id(row.public): row.public for row in rows}


def following(connection: Connection, have: int) -> PublishedKeySet | None:
    """Return the set that a gate with version `have` needs next; None if it has the newest.

    That is the newest set, unless root keys have changed in between: then it is the first set that
    changed them, because the gate can check the signatures of no later one.
    """
    rotation = _first(store.run(connection, _ROTATION, {"have": have})) if have else None
    if rotation is not None:
        return rotation
    last = newest(connection)
    return last if last is not None and last.version > have else None


def offers(connection: Connection, have: int) -> list[PublishedKeySet]:
    """Return the sets to offer a gate with version `have`, in this order.

    A gate without any set, as after a new card, knows the roots that it was enrolled with, and
    nobody else knows which those are: it is offered every set that changed roots, and takes those
    that it can check.
    """
    if have:
        step = following(connection, have)
        return [] if step is None else [step]
    turning = [PublishedKeySet(*row) for row in store.run(connection, _TURNS, {})]
    last = newest(connection)
    return turning if last is None or last in turning else [*turning, last]


def _first(rows: Sequence[store.Row]) -> PublishedKeySet | None:
    return PublishedKeySet(rows[0][0], bool(rows[0][1]), rows[0][2]) if rows else None


# Built once: building a statement costs more than running it.
_SET = tables_trust.key_set.c
_EVERY = select(_SET.version, _SET.turns, _SET.sealed)
_TURNS = _EVERY.where(_SET.turns).order_by(_SET.version)
_SETS = _EVERY.limit(1)
_NEWEST = _SETS.order_by(_SET.version.desc())
_ROTATION = _SETS.where(_SET.version > bindparam("have"), _SET.turns).order_by(_SET.version)


def propose(before: KeySet, change: Change, last_serial: int, now_ms: int) -> KeySet:
    """Return the set that would follow `before`.

    `last_serial`: the highest serial that was sold; a key that becomes list-only counts up to it.
    Raises CentreError for a key that is not in the set, for a set without a ticket key, and for
    one that gates would refuse.
    """
    rows_before = {key_id(row.public): row for row in before.keys}
    modes = dict(change.modes or {})
    for name in (*change.drop, *modes):
        if name not in rows_before:
            raise CentreError(f"cannot find key {name.hex()}", "see `fleet-manager keys show`")
    rows = [
        _with_mode(row, modes[name], last_serial, now_ms) if name in modes else row
        for name, row in rows_before.items()
        if name not in change.drop
    ]
    rows += [KeyRow(use=use, public=public) for use, public in change.new]
    proposed = KeySet(
        park=before.park,
        version=before.version + 1,
        as_of_ms=max(now_ms, before.as_of_ms),
        roots=before.roots if change.roots is None else tuple(sorted(change.roots)),
        keys=tuple(rows),
    )
    if not any(row.mode is not KeyMode.LIST_ONLY for row in proposed.of(KeyUse.TICKET)):
        raise CentreError("cannot leave the park without a ticket key", "add one: --new ticket")
    try:
        key_set.fields_of(proposed)
    except WireError as error:
        raise CentreError(f"cannot propose that: {error}") from None
    return proposed


def _with_mode(row: KeyRow, mode: KeyMode, last_serial: int, now_ms: int) -> KeyRow:
    if row.use is not KeyUse.TICKET:
        raise CentreError(f"cannot give a mode to a {row.use.value} key", "replace it instead")
    if row.mode is mode:
        return row  # a theft happened once: nothing that was sold later is under that key
    if mode is not KeyMode.LIST_ONLY:
        return replace(row, mode=mode, until_s=0, last_serial=0)
    return replace(row, mode=mode, until_s=now_ms // 1000, last_serial=last_serial)


def publish(connection: Connection, sealed: bytes, park: str, now_ms: int) -> KeySet:
    """Put a signed set in force and return it.

    Raises CentreError unless gates would accept it after the set in force.
    """
    before = newest(connection)
    try:
        unverified = key_set.read_set(key_set.split(sealed)[1])
        trusted = unverified.roots if before is None else before.keys.roots
        verified = open_set(sealed, trusted, park)
        key_set.refuse_older(None if before is None else before.keys, verified)
    except WireError as error:
        raise CentreError(
            f"cannot publish that: {error}",
            f"it needs {THRESHOLD} signatures of the root keys in force, and of its own",
        ) from None
    turns = before is not None and before.keys.roots != verified.roots
    connection.execute(
        insert(tables_trust.key_set).values(version=verified.version, turns=turns, sealed=sealed)
    )
    if before is not None and before.keys.of(KeyUse.LIST) != verified.of(KeyUse.LIST):
        _renew_signed(connection, now_ms)
    return verified


def _renew_signed(connection: Connection, now_ms: int) -> None:
    """Make new versions of all lists and of the rules, so that the new list key signs them."""
    for series in versions.every(connection):
        if versions.newest(connection, series) is not None:
            versions.publish_again(connection, series, now_ms)
    if store.read_meta(connection, RULES_COUNTER):
        store.count_up(connection, RULES_COUNTER)


def last_serial(connection: Connection) -> int:
    """Return the highest serial that was sold."""
    return count_sold(connection)
