"""Acts on the records of a gate that is in the wrong hands: disown them, own them again."""

from dataclasses import dataclass

from sqlalchemy import Connection

from fleet_manager import recovery
from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.gates import gates
from fleet_manager.intake import disowning
from fleet_manager.services.act import performed


@dataclass(frozen=True, slots=True)
class Disowned:
    """What of a gate is disowned. `records`: how many, of whatever kind. `passages`: persons who
    went through by them. `first`: the first record by number of the journal. `refused`: whether
    the gate's key is refused from now on."""

    gate: str
    records: int
    passages: int
    first: dict[int, int]
    refused: bool


def preview(centre: Centre, gate: str, since_ms: int, until_ms: int | None = None) -> Disowned:
    """Return what `disown` would do; change nothing. Raises CentreError as it does."""
    with centre.store.read() as connection:
        return _plan(connection, gate, since_ms, until_ms, centre.clock())


def _plan(
    connection: Connection, gate: str, since_ms: int, until_ms: int | None, now_ms: int
) -> Disowned:
    enrolled = gates.find(connection, gate)
    if since_ms > now_ms or (until_ms is not None and until_ms <= since_ms):
        raise CentreError(
            f"cannot disown records of gate {gate}: the time is not over yet, or ends before it "
            "begins",
            "--since is when the board was last in good hands, --until when it was replaced",
        )
    first = disowning.first_records(connection, gate, since_ms, until_ms)
    records, passages = disowning.count(connection, first)
    refused = until_ms is None and enrolled.retired_ms is None
    return Disowned(gate, records, passages, first, refused)


def disown(
    centre: Centre,
    who: Actor,
    gate: str,
    since_ms: int,
    reason: str = "",
    *,
    until_ms: int | None = None,
) -> Disowned:
    """Let all records of a gate that arrived at `since_ms` or later count for nothing.

    The centre's clock decides, to the minute: times in the records are the gate's own word. From
    now on the gate's key is refused, until `gate replace` gives it another. `until_ms`: when it was
    replaced already: then its key and its new journal stay in force. Gates are told news anew, so
    that what they heard of these records is undone. It can be repeated, also with another time, and
    after a program died in the middle of it. Raises CentreError.
    """
    with performed(centre, who, Act.GATE_DISOWN, f"gate {gate}") as deed:
        now_ms = centre.clock()
        disowned = _plan(deed.connection, gate, since_ms, until_ms, now_ms)
        refused_ms = now_ms if disowned.refused else None
        disowning.mark(deed.connection, gate, disowned.first, refused_ms)
        recovery.number_news_anew(deed.connection)
        deed.reason = reason
        deed.after = {
            "since_ms": since_ms,
            "until_ms": until_ms,
            "first": {str(journal): first for journal, first in disowned.first.items()},
            "key_refused": disowned.refused,
        }
    _carry_out(centre, gate)
    return disowned


def own_again(centre: Centre, who: Actor, gate: str, reason: str = "") -> int:
    """Undo `disown`: all records of a gate count again, and its key if it still was refused.

    Returns how many records. Raises CentreError if none is disowned.
    """
    with performed(centre, who, Act.GATE_DISOWN, f"gate {gate}") as deed:
        gates.find(deed.connection, gate)
        disowning.check(deed.connection, gate)
        disowning.mark(deed.connection, gate, {}, None)
        recovery.number_news_anew(deed.connection)
        deed.after, deed.reason = {"first": {}}, reason
    return _carry_out(centre, gate)


def _carry_out(centre: Centre, gate: str) -> int:
    """Bring histories and counts in order, step by step; return how many records it were."""
    with centre.store.read() as connection:
        journals = disowning.journals_of(connection, gate)
        records = disowning.waiting(connection, gate)
    for journal in journals:
        at: int | None = 0
        while at is not None:
            with centre.store.write() as connection:
                at = disowning.step(connection, gate, journal, at, centre.calendar, centre.clock())
    return records
