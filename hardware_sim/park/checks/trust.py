"""Keys and rules never go back, and every gate ends with the newest, freshly vouched for."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fleet_manager.gates import key_renewals
from fleet_manager.trust import rules
from gate_agent.actor.build import GateCore
from gate_agent.validator.trust.rule_book import Freshness, open_book
from hardware_sim.park.board.gate import SimGate

if TYPE_CHECKING:
    from hardware_sim.park.park import Park


def watch(park: "Park", gate: SimGate) -> None:
    """Check keys and rules after each event that changed them. A new card has forgotten, a restart
    has not."""
    if gate.core is None:
        return
    trust = gate.core.trust
    now = (trust.keys_version, trust.rules.version)
    place = gate.name, len(gate.cards)
    before = park.trusted.get(place, (0, 0))
    if now == before:
        return
    if now[0] > park.centre.ceremony.version:
        park.world.violated("trust", f"{gate.name}: key set {now[0]} was never published")
    if now[0] < before[0]:
        park.world.violated("trust", f"{gate.name}: key set {before[0]} was followed by {now[0]}")
    if now[1] < before[1] and now[0] == before[0]:
        # A list key that is not trusted any more takes its rule book with it.
        park.world.violated("trust", f"{gate.name}: rules {before[1]} were followed by {now[1]}")
    park.trusted[place] = now


def check(park: "Park") -> list[str]:
    """Check that everybody has what is newest, every key of it and no other; that nobody believes
    that something is kept back; that each gate's own key is the one that the centre knows, and
    every order to renew one was followed."""
    violations: list[str] = []
    with park.centre.store.read() as connection:
        keys = key_renewals.every(connection, park.world.utc_ms)
        book = rules.newest(connection)
    for gate in park.gates:
        if gate.core is None:
            continue
        watch(park, gate)
        if keys[gate.name].public != gate.core.own.identity.public or keys[gate.name].ordered:
            violations.append(f"{gate.name}: its own key is not the one that the centre wants")
        violations += _in_force(gate.name, gate.core, park.centre.ceremony.version, book)
        ring = {(key.use, key.public) for key in gate.core.trust.ring}
        if ring != park.centre.ceremony.public_keys():
            violations.append(f"{gate.name}: trusts other keys than those of the newest set")
    return violations


def _in_force(
    gate: str, core: GateCore, newest: int, book: rules.PublishedRules | None
) -> Iterator[str]:
    """Compare what a gate holds with the newest key set and the centre's rule book."""
    trust = core.trust
    if trust.keys_version != newest:
        yield f"{gate}: ended with key set {trust.keys_version} of {newest}"
    if book is not None and trust.rules != open_book(book.sealed, trust.ring):
        yield f"{gate}: ended with other rules than the centre's {book.version}"
    beacon = trust.vouching.last
    if beacon is None or beacon.rules != trust.rules.version or beacon.keys != newest:
        yield f"{gate}: the last beacon and what is in force differ: {beacon}"
    if trust.freshness(core.lists.held()) is not Freshness.FRESH:
        yield f"{gate}: nobody vouches for its list"
