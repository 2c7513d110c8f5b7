"""PURE. The records a run begins with: that it began, and what the last one left open."""

from collections.abc import Sequence

from gate_agent import __version__
from gate_agent.lane.state import Lane, StepContext
from gate_agent.validator.passage import Passage, PassageKind


def boot_rows(
    first: Lane, open_grants: Sequence[tuple[Passage, int]], context: StepContext
) -> list[Passage]:
    """Return BOOT, then one UNRESOLVED for each grant whose end nobody saw, with the persons left.

    `first`: the board's first lane, which the BOOT record names.
    """
    now = context.now
    boot = Passage(
        seq=context.seq,
        kind=PassageKind.BOOT,
        lane=first.number,
        direction=first.direction,
        wall_ms=now.wall_ms,
        mono_ms=now.mono_ms,
        boot=now.boot,
        clock=now.state,
        list_version=context.list_version,
        detail=__version__,
    )
    rows = [boot]
    for grant, persons in open_grants:
        unresolved = grant._replace(
            seq=context.seq + len(rows),
            kind=PassageKind.UNRESOLVED,
            wall_ms=now.wall_ms,
            mono_ms=now.mono_ms,
            boot=now.boot,
            clock=now.state,
            persons=persons,
            grant=grant.seq,
            list_version=context.list_version,
        )
        rows.append(unresolved)
    return rows
