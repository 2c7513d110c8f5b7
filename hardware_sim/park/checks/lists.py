"""Lists never go back, and what a list says is obeyed: the park's own, and those of sellers."""

import sqlite3
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from gate_agent.lists.downloads import SPOILT
from gate_agent.trust.in_force import Trust
from gate_agent.validator.passage import Direction, Passage, PassageKind, decode
from gate_agent.validator.trust.keys import KeyUse
from hardware_sim.park.board.disk import ALL_RECORDS
from hardware_sim.park.board.gate import SimGate

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

_VERSIONS = "SELECT series, version, as_of_ms FROM list_version ORDER BY series, version"


def watch(park: "Park", gate: SimGate) -> None:
    """Check after each event that changed lists or keys: no list of a card is ever older than one
    that was in force before. It may be missing, if its file was damaged."""
    if gate.core is None:
        return
    _watch_keys(park, gate, gate.core.trust)
    for series, version, _ in gate.core.lists.in_force():
        place = gate.name, len(gate.cards), series
        before = park.lists_seen.get(place, 0)
        # What was torn, or signed with a key that was dropped, is known to nobody any more if the
        # centre was put back as well.
        if version < before and not (park.plan.restore and _may_forget(park, gate)):
            text = f"{gate.name}: {series} {before} was followed by {version}"
            park.world.violated("lists", text)
        if version != before:
            park.lists_seen[place] = version
            now = gate.now()
            park.lists_began[gate.name, series, version] = now.boot, now.mono_ms


def watch_changes(park: "Park", gate: SimGate) -> None:
    """Check after each event that changes fit the list that is there, unless the centre was put
    back to a backup."""
    if gate.alive and gate.health.counters.pop(SPOILT, 0) and not park.plan.restore:
        park.world.violated("lists", f"{gate.name} got changes to another list than it has")


def _may_forget(park: "Park", gate: SimGate) -> bool:
    return gate.torn or gate.name in park.list_keys_dropped


def _watch_keys(park: "Park", gate: SimGate, trust: Trust) -> None:
    before, ids = park.list_keys.get(gate.name, (0, frozenset()))
    if trust.keys_version != before:
        now = frozenset(key.id for key in trust.ring.of(KeyUse.LIST))
        park.list_keys[gate.name] = trust.keys_version, now
        if ids - now:
            park.list_keys_dropped.add(gate.name)


def watch_release(park: "Park", gate: SimGate) -> None:
    """Check before each pulse that the last grant is not for a code that the list in force, as the
    centre published it, calls void."""
    if gate.core is None:
        return
    row = gate.disk.db.execute(
        "SELECT record FROM passages JOIN open_grants USING (seq) ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    granted = decode(row[0]) if row is not None else None
    if (
        granted is None
        or granted.ticket is None
        or granted.detail
        or granted.direction is Direction.OUT
    ):
        return
    for series, version, _ in gate.core.lists.in_force():
        # A grant may be older than the list: only one that began with it counts.
        began = park.lists_began.get((gate.name, series, version))
        late = began is not None and granted.boot == began[0] and granted.mono_ms >= began[1]
        if late and granted.ticket in park.centre.code_editions.get((series, version), ()):
            park.world.violated(
                "lists", f"{gate.name} lets in a code that {series} {version} calls void"
            )


def check(park: "Park") -> list[str]:
    """Check that per card the version in the records never falls; that a ticket which the version
    in force calls void is never granted; that every board ends with the newest lists."""
    violations: list[str] = []
    for gate in park.gates:
        for card in gate.cards:
            violations += _card(park, gate, card)
        violations += _newest(park, gate)
    return [*violations, *_dated(park)]


def _dated(park: "Park") -> Iterator[str]:
    """Check that no version of a list is dated before the one that it follows: gates refuse it."""
    versions = park.centre.read(_VERSIONS)
    for (series, before, before_ms), (of, version, as_of_ms) in pairwise(versions):
        if series == of and as_of_ms < before_ms:
            yield f"{series} {version} is dated {before_ms - as_of_ms} ms before {before}"


def _card(park: "Park", gate: SimGate, card: sqlite3.Connection) -> Iterator[str]:
    """Check the records of one card, which may be broken beyond reading."""
    try:
        records = card.execute(ALL_RECORDS).fetchall()
    except Exception:  # noqa: BLE001
        return
    version = 0
    for _, record, _ in records:
        row = decode(record)
        # A board whose list was damaged, or signed with a key that was dropped, has none until it
        # reaches the centre.
        lost = row.list_version == 0 or park.plan.restore
        if row.list_version < version and not (lost and _may_forget(park, gate)):
            yield f"{gate.name}: list {version} was followed by {row.list_version}"
        version = max(version, row.list_version)
        if _granted_void(park, row):
            yield f"{gate.name}: granted a ticket that list {row.list_version} calls void"


def _granted_void(park: "Park", row: Passage) -> bool:
    edition = park.centre.editions.get(row.list_version)
    return (
        edition is not None
        and row.kind is PassageKind.GRANTED
        and not row.detail
        and row.direction is Direction.IN
        and row.ticket is not None
        and int.from_bytes(row.ticket[4:], "big") in edition.void
    )


def _newest(park: "Park", gate: SimGate) -> Iterator[str]:
    newest = dict(park.centre.newest)
    has: dict[str, int] = {}
    if gate.core is not None:
        has = {series: version for series, version, _ in gate.core.lists.in_force()}
    if has != newest:
        yield f"{gate.name}: ended with lists {has}, the newest are {newest}"
