"""Store the last report of each gate, and when it was seen: as far as the gate can prove it.

A broker can keep any message and send it again. A state that is not newer than the last one changes
nothing: within a boot its boot clock must be further, and a state of another boot must repeat the
time of a beacon that the centre signed later than all that came back before. So a gate is seen at
the time of the newest beacon that it has sent back, and never when a message of it arrived.
"""

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, bindparam, select

from fleet_manager.database import store, tables
from gate_agent.validator.messages.envelopes import GateState
from gate_agent.validator.tickets.series import is_series

_APART = ("journal_id", "software")
_OF_STATE = tuple(field.name for field in fields(GateState) if field.name not in _APART)


def save_state(
    connection: Connection,
    gate: str,
    state: GateState,
    lists: Sequence[tuple[str, int]],
    now_ms: int,
) -> bool:
    """Store a state message if it is newer than the last one; return whether it was. `lists`:
    series and version in force."""
    seen_ms, last = _last(connection, gate)
    if seen_ms > now_ms:
        seen_ms = 0  # the centre's clock was ahead when it signed that beacon
    if not is_newer(state, last, seen_ms):
        return False
    written = {name: getattr(state, name) for name in _OF_STATE}
    values: dict[str, object] = {
        "gate": gate,
        "seen_ms": max(seen_ms, min(state.beacon_ms, now_ms)),
        "software": "".join(c for c in state.software[:64] if c.isprintable()),
        "lists": _versions(lists),
        "state": json.dumps(written | {"journal_id": state.journal_id.hex()}),
    }
    store.put_row(connection, tables.report, values)
    return True


def is_newer(state: GateState, last: dict[str, Any], seen_ms: int) -> bool:
    """Return whether a state message is newer than the `last` stored one, {} for none. `seen_ms`:
    time of the newest beacon that the gate has sent back, 0 for none."""
    if not last:
        return True
    if state.boot == last["boot"]:
        return bool(state.mono_ms > last["mono_ms"])
    return state.beacon_ms > seen_ms


def journal_of(connection: Connection, gate: str) -> bytes | None:
    """Return the id of the journal that the gate's last report named; None without a report."""
    _, last = _last(connection, gate)
    return bytes.fromhex(last["journal_id"]) if "journal_id" in last else None


def _last(connection: Connection, gate: str) -> tuple[int, dict[str, Any]]:
    for seen_ms, state in store.run(connection, _LAST, {"of": gate}):
        return seen_ms, json.loads(state or "{}")
    return 0, {}


def _versions(lists: Sequence[tuple[str, int]]) -> str:
    """Return lists as JSON, without names that no series can have: a gate may send any text."""
    return json.dumps({series: version for series, version in lists if is_series(series)})


_LAST = select(tables.report.c.seen_ms, tables.report.c.state).where(
    tables.report.c.gate == bindparam("of")
)
