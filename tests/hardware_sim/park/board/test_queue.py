"""The actor's queue and its alarm clock, in virtual time."""

from gate_agent.actor.inbox import STALE_MS
from gate_agent.events import Event, Scanned, Turned
from hardware_sim.park.board.queue import ActorQueue, Alarm, Delivery, nobody
from hardware_sim.park.world import World


def _desk(world: World) -> tuple[ActorQueue, list[tuple[float, int, int, float, bool]]]:
    seen: list[tuple[float, int, int, float, bool]] = []

    def handle(event: Event, waited_ms: int, took_ms: float, last: bool) -> Delivery:
        assert isinstance(event, Turned)
        seen.append((world.now_ms, event.lane, waited_ms, took_ms, last))
        return Delivery.DONE

    return ActorQueue(world, handle), seen


def test_a_quick_card_keeps_nobody_waiting() -> None:
    desk, seen = _desk(World(1))
    told: list[Delivery] = []
    desk.put(Turned(1), told.append)
    assert (seen, told) == ([(0.0, 1, 0, 0.0, True)], [Delivery.DONE])


def test_a_slow_card_lets_the_next_wait_in_order() -> None:
    world = World(1)
    desk, seen = _desk(world)
    desk.slow_ms = 100.0
    for lane in (1, 2):
        desk.put(Turned(lane), nobody)
    assert desk.busy
    world.run(1000.0)
    # The second waited for the first one's write, not for its own.
    assert seen == [(100.0, 1, 0, 100.0, False), (200.0, 2, 100, 100.0, True)]
    assert not desk.busy


def test_what_waited_too_long_is_passed_over_at_once() -> None:
    world = World(1)
    handled: list[tuple[float, int]] = []

    def handle(_event: Event, waited_ms: int, _took_ms: float, _last: bool) -> Delivery:
        handled.append((world.now_ms, waited_ms))
        return Delivery.DONE

    desk = ActorQueue(world, handle)
    desk.slow_ms = STALE_MS + 500.0
    for event in (Turned(1), Scanned(1, b"a"), Turned(1)):
        desk.put(event, nobody)
    world.run(10_000.0)
    assert handled == [(2500.0, 0.0), (2500.0, 2500.0), (5000.0, 2500.0)]


def test_what_waits_dies_with_the_process() -> None:
    world = World(1)
    desk, seen = _desk(world)
    desk.slow_ms = 100.0
    told: list[Delivery] = []
    desk.put(Turned(1), told.append)
    desk.clear()
    world.run(1000.0)
    assert (seen, told) == ([], [Delivery.DEAD])


def test_an_alarm_rings_once_at_the_earlier_time() -> None:
    world = World(1)
    rung: list[float] = []
    alarm = Alarm(world, lambda: rung.append(world.now_ms))
    alarm.set(50.0)
    alarm.set(20.0)
    world.run(100.0)
    assert rung == [20.0]
    alarm.set(150.0)
    alarm.cancel()
    world.run(200.0)
    assert rung == [20.0]
