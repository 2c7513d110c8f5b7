"""Store the last report of each gate."""

import json
from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import Connection

from fleet_manager.database import store, tables
from gate_agent.validator.messages.envelopes import Birth, GateState
from gate_agent.validator.tickets.series import is_series

_OF_STATE = tuple(field.name for field in fields(GateState))


def save_birth(connection: Connection, gate: str, birth: Birth, now_ms: int) -> None:
    """Store what a gate reports when it connects: software and lists."""
    values: dict[str, object] = {
        "gate": gate,
        "seen_ms": now_ms,
        "software": "".join(c for c in birth.software[:64] if c.isprintable()),
        "lists": _versions(birth.lists),
        "state": "",
    }
    store.put_row(connection, tables.report, values, keep=["state"])


def save_state(
    connection: Connection,
    gate: str,
    state: GateState,
    lists: Sequence[tuple[str, int]],
    now_ms: int,
) -> None:
    """Store a state message. `lists`: series and version in force."""
    values: dict[str, object] = {
        "gate": gate,
        "seen_ms": now_ms,
        "software": "",
        "lists": _versions(lists),
        "state": json.dumps({name: getattr(state, name) for name in _OF_STATE}),
    }
    store.put_row(connection, tables.report, values, keep=["software"])


def _versions(lists: Sequence[tuple[str, int]]) -> str:
    """Return lists as JSON, without names that no series can have: a gate may send any text."""
    return json.dumps({series: version for series, version in lists if is_series(series)})
