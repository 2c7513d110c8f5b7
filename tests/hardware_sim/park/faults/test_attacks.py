"""The attackers of the simulated park: who comes, and that what they may not do is seen."""

import pytest

from gate_agent.events import Event, Received, Turned
from hardware_sim.park.attackers import EVERY, ON
from hardware_sim.park.board.queue import ActorQueue, Delivery, InboxMeter, nobody
from hardware_sim.park.centre.centre import HURRY_MS
from hardware_sim.park.centre.database import Database
from hardware_sim.park.checks.siege import inbox, seen, unchanged
from hardware_sim.park.park import Park, Plan
from hardware_sim.park.run import Day, run
from hardware_sim.park.signature_cache import SignatureCache
from hardware_sim.park.world import World


def park_of(seed: int, plan: Plan) -> Park:
    return Park(seed, plan, SignatureCache(), Database())


@pytest.mark.parametrize("name", EVERY)
def test_each_attacker_alone_changes_the_day_and_violates_nothing(name: str) -> None:
    quiet, attacked = (
        run(3, Plan(attacks=names)) for names in (frozenset[str](), frozenset({name}))
    )
    assert attacked.violations == quiet.violations == ()
    assert attacked.faults > quiet.faults
    assert attacked.hash != quiet.hash


def test_all_of_them_come_unless_others_are_named() -> None:
    assert frozenset(EVERY) == ON == Plan().attacks


def test_a_good_day_has_no_attackers() -> None:
    park = park_of(3, Plan(rates=None, misread=0.0, loss=0.0))
    assert Day(park).run().violations == ()
    assert not park.outsiders


def test_a_turn_that_waits_behind_messages_is_seen() -> None:
    """As with one queue for all, in which the first comes first."""
    meter = InboxMeter()
    told = [meter.queued(Received("", b""), nobody) for _ in range(5)]
    turned = meter.queued(Turned(1), nobody)
    for done in (*told, turned):
        done(Delivery.DONE)
    assert meter.most_messages == 4
    assert meter.owed == 0


def test_a_turn_overtakes_the_messages_of_a_flood() -> None:
    handled: list[Event] = []

    def handle(event: Event, *_: object) -> Delivery:
        handled.append(event)
        return Delivery.DONE

    world = World(1)
    queue = ActorQueue(world, handle)
    queue.message_ms = 4.0
    for _ in range(50):
        queue.put(Received("", b""), nobody)
    queue.put(Turned(1), nobody)
    world.run(1000.0)
    assert handled.index(Turned(1)) == 1
    assert queue.meter.most_messages <= 0


def test_bytes_that_change_something_are_seen() -> None:
    park = park_of(5, Plan(rates=None, misread=0.0, loss=0.0))
    Day(park).run()
    gate = park.gates[0]
    unchanged.at_gate(park, gate, "", b"")
    assert park.world.violations == []
    sent: list[tuple[str, bytes]] = []
    park.on_packet = lambda topic, payload: sent.append((topic, payload))
    park.centre.change_rules("hard")
    park.centre.hurry()
    park.world.run(park.world.now_ms + HURRY_MS)
    # A true message, before it arrives, stands for strange bytes that are believed.
    [packet] = [packet for packet in sent if packet[0].endswith(f"{gate.name}/down/rules")]
    unchanged.at_gate(park, gate, *packet)
    assert any("was changed by" in text for text in park.world.violations)


def test_a_dead_gate_that_is_seen_is_noticed() -> None:
    park = park_of(5, Plan(rates=None, misread=0.0, loss=0.0))
    Day(park).run()
    park.gates[0].die()
    park.gates[0].died_ms = 1000.0
    seen.watch(park)
    assert any("after it had died" in text for text in park.world.violations)
    assert inbox.check(park) == []
