"""Wishes: which release each gate shall run."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from fleet_manager.database import tables_boards
from gate_agent.validator.messages.release_wish import LIFE_MS, ReleaseWish, SwitchTime

_TABLE = tables_boards.wish


@dataclass(frozen=True, slots=True)
class GateWish:
    """A row. `not_before_ms`, `made_ms`: UTC since 1970."""

    gate: str
    number: int
    release: str
    when: SwitchTime
    not_before_ms: int
    made_ms: int


def every(connection: Connection) -> dict[str, GateWish]:
    """Return the wish for each gate that has one."""
    rows = connection.execute(select(_TABLE).order_by(_TABLE.c.gate))
    return {row.gate: _wish_of(*row) for row in rows}


def find(connection: Connection, gate: str) -> GateWish | None:
    """Return the wish for a gate, None for none."""
    row = connection.execute(select(_TABLE).where(_TABLE.c.gate == gate)).one_or_none()
    return None if row is None else _wish_of(*row)


def put(
    connection: Connection,
    gates: Sequence[str],
    release: str,
    when: SwitchTime,
    *,
    not_before_ms: int,
    now_ms: int,
) -> int:
    """Store the wish of a release for gates, in place of what was wished; return the wish's number.

    It is at least the time in seconds: also after a restore from a backup it is above every number
    that a gate has seen.
    """
    highest = connection.scalar(select(func.max(_TABLE.c.number))) or 0
    number = max(highest + 1, now_ms // 1000)
    for gate in gates:
        connection.execute(delete(_TABLE).where(_TABLE.c.gate == gate))
        connection.execute(
            insert(_TABLE).values(
                gate=gate,
                number=number,
                release=release,
                switch_time=when.value,
                not_before_ms=not_before_ms,
                made_ms=now_ms,
            )
        )
    return number


def document(wish: GateWish, park: str, manifest: bytes, sequence: int, now_ms: int) -> ReleaseWish:
    """Return a wish as it is signed for its gate now."""
    return ReleaseWish(
        park=park,
        gate=wish.gate,
        number=wish.number,
        as_of_ms=now_ms,
        expires_ms=now_ms + LIFE_MS,
        release=wish.release,
        manifest=manifest,
        sequence=sequence,
        when=wish.when,
        not_before_ms=wish.not_before_ms,
    )


def _wish_of(
    gate: str, number: int, release: str, when: str, not_before_ms: int, made_ms: int
) -> GateWish:
    return GateWish(gate, number, release, SwitchTime(when), not_before_ms, made_ms)
