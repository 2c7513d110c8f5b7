"""Strange bytes change nothing, and what was sent before takes nothing back."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from gate_agent.events import Received
from hardware_sim.park.board.gate import SimGate

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

_AT_CENTRE = (
    "SELECT count(*), total(mark), total(forked) FROM journal",
    "SELECT count(*), total(wall_ms) FROM passage",
    "SELECT total(events), total(persons) FROM tally",
    "SELECT count(*), total(persons) FROM conflict",
    "SELECT count(*), total(last) FROM news",
    "SELECT gate, lists, software, state FROM report ORDER BY gate",
    "SELECT count(*) FROM claim",
)
_NEWS = ("news", "n")
_STORED = _AT_CENTRE[:2]


class _Numbers(NamedTuple):
    """What never goes back by a recording, of one gate."""

    head: int
    acknowledged: int
    keys: int
    rules: int
    heard: int
    entered: int


def at_gate(park: "Park", gate: SimGate, topic: str, payload: bytes) -> None:
    """Deliver strange bytes, and compare what the gate holds before and after."""
    if not _quiet(gate):
        gate.deliver(Received(topic, payload))
        return
    before = _all(gate)
    gate.deliver(Received(topic, payload))
    if not gate.alive:
        park.world.violated("junk", f"{gate.name} was ended by {len(payload)} bytes on {topic!r}")
    elif _all(gate) != before:
        text = f"{gate.name} was changed by {payload[:24].hex()}… on {topic!r}"
        park.world.violated("junk", f"{text}: {before} became {_all(gate)}")


def at_centre(park: "Park", packets: list[tuple[str, bytes]], *, replayed: bool = False) -> None:
    """Let the centre handle strange bytes alone, and compare its books before and after. What is
    `replayed` may be news to it, if it was lost: no record is lost by it."""
    if not park.centre.up:
        return
    queries = _STORED if replayed else _AT_CENTRE
    before = [park.centre.read(query) for query in queries]
    park.centre.process_alone(packets)
    after = [park.centre.read(query) for query in queries]
    if replayed and any(new[0][0] < old[0][0] for new, old in zip(after, before, strict=True)):
        park.world.violated("replay", f"the centre went back from {before} to {after}")
    elif not replayed and after != before:
        what = [(topic, payload[:24].hex()) for topic, payload in packets]
        park.world.violated("junk", f"{what} changed the centre from {before} to {after}")


def by_recording(
    park: "Park", gate: SimGate, topic: str, payload: bytes, *, elsewhere: bool
) -> None:
    """Deliver to a gate what it was sent before, `elsewhere` if in another boot or on another card;
    and compare what it knew and knows."""
    event = Received(topic, payload)
    if not _quiet(gate):
        gate.deliver(event)
        return
    end = topic.partition("/down/")[2]
    tickets = [ticket.id for ticket in park.tickets.values()] if end in _NEWS else []
    before, lanes = _numbers(gate, tickets), gate.agent.lanes() if gate.agent else None
    gate.deliver(event)
    if not gate.alive:
        return  # the power may fail at any write
    after = _numbers(gate, tickets)
    if any(new < old for new, old in zip(after, before, strict=True)):
        park.world.violated("replay", f"{gate.name}: an old {end} took {before} back to {after}")
    if end == "verdict" and elsewhere and gate.agent and gate.agent.lanes() != lanes:
        park.world.violated("replay", f"{gate.name} believed a verdict of another boot or card")


def _quiet(gate: SimGate) -> bool:
    """Return whether the gate handles a message at once, and nothing else goes wrong with it."""
    busy = gate.queue.busy or gate.queue.slow_ms or gate.queue.message_ms
    return gate.alive and not busy and not gate.disk.fails and gate.disk.cut_in is None


def _all(gate: SimGate) -> tuple[object, ...]:
    assert gate.core is not None
    assert gate.agent is not None
    trust = gate.core.trust
    return (
        gate.disk.db.total_changes,
        gate.agent.lanes(),
        gate.core.lists.in_force(),
        trust.vouching.last,
        gate.now(),
        sorted(gate.disk.documents.files.items()),
        [(name, len(data)) for name, data in sorted(gate.disk.lists.files.items())],
        _numbers(gate),
    )


def _numbers(gate: SimGate, tickets: Iterable[bytes] = ()) -> _Numbers:
    core, journal = gate.core, gate.journal
    assert core is not None
    assert journal is not None
    return _Numbers(
        journal.head,
        journal.head - core.uplink.waiting,
        core.trust.keys_version,
        core.trust.rules.version,
        gate.disk.db.execute("SELECT count(*) FROM heard").fetchone()[0],
        sum(core.history.of(ticket).entered for ticket in tickets),
    )
