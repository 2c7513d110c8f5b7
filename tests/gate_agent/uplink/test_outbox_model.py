"""Gate and centre over a network that loses, doubles and reorders: in the end both agree."""

import random
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from gate_agent.uplink import outbox
from gate_agent.uplink.outbox import (
    LONGEST_WAIT_MS,
    WINDOW_RECORDS,
    Acknowledged,
    AskMark,
    OutboxEffect,
    OutboxState,
    SendRecords,
)
from gate_agent.validator.messages.envelopes import Ack
from tests.gate_agent.uplink.two_wires import TwoWires


class Centre:
    """Stores only what follows on what it has; its mark is durable, its memory is not."""

    def __init__(self) -> None:
        self.mark = 0
        self.backup = 0

    def take(self, first: int, count: int) -> int:
        if first <= self.mark + 1:
            self.mark = max(self.mark, first + count - 1)
        return self.mark


class World(TwoWires[tuple[SendRecords | None, int], Ack]):
    """Both ends, and the messages between them: a batch or a birth with its nonce; what the centre
    answers. `recorded`: every answer that ever was, for who sends old ones again."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.state = OutboxState(acked=0)
        self.centre = Centre()
        self.head = 0
        self.durable = 0
        self.now_ms = 0
        self.nonce = 0
        self.recorded_acks: list[Ack] = []

    def take(self, result: tuple[OutboxState, tuple[OutboxEffect, ...]]) -> None:
        self.state, effects = result
        for effect in effects:
            match effect:
                case SendRecords(first, count):
                    assert first >= 1
                    assert first + count - 1 <= self.head
                    self.up.append((effect, self.state.nonce))
                case Acknowledged(mark):
                    self.durable = mark
                case AskMark():
                    self.introduce()
                case _:
                    raise AssertionError(effect)
        assert self.state.sent - self.state.acked <= WINDOW_RECORDS
        assert self.state.acked <= self.state.sent <= self.head
        assert self.state.acked == self.durable
        due = outbox.deadline_ms(self.state)
        assert due is None or due <= self.now_ms + LONGEST_WAIT_MS

    # What can happen, good and bad.

    def record(self) -> None:
        self.head += self.rng.choice((1, 1, 1, 5, 300, 1500))
        self.take(outbox.recorded(self.state, self.head, self.now_ms))

    def cut(self) -> None:
        self.up.clear()
        self.down.clear()
        self.state = outbox.link_down(self.state)

    def connect(self) -> None:
        self.introduce()
        self.take(outbox.link_up(self.state, self.head, self.now_ms))

    def introduce(self) -> None:
        self.nonce += 1
        self.state = outbox.introduced(self.state, self.nonce, self.now_ms)
        self.up.append((None, self.nonce))

    def announce(self) -> None:
        """The centre has connected, and nobody has asked."""
        self.say(Ack(bytes(16), self.centre.mark))

    def say(self, ack: Ack) -> None:
        self.down.append(ack)
        self.recorded_acks.append(ack)

    def replay(self) -> None:
        """Somebody sends any answer of any time again."""
        if self.recorded_acks:
            self.down.append(self.rng.choice(self.recorded_acks))

    def wait(self) -> None:
        self.now_ms += self.rng.choice((1, 500, 2000, 40_000))
        self.take(outbox.time_passed(self.state, self.head, self.now_ms))

    def centre_reads(self) -> None:
        if self.up:
            sent, nonce = self.up.pop(0)
            if sent is not None:
                self.centre.take(sent.first, sent.count)
            self.say(Ack(bytes(16), self.centre.mark, nonce))

    def gate_reads(self) -> None:
        if self.down:
            ack = self.down.pop(0)
            self.take(
                outbox.acknowledged(self.state, ack, oldest=1, head=self.head, now_ms=self.now_ms)
            )

    def back_up(self) -> None:
        self.centre.backup = self.centre.mark

    def restore(self) -> None:
        self.cut()
        self.centre.mark = self.centre.backup

    def restore_unseen(self) -> None:
        """The centre is another one between two messages; when it connects it says so."""
        self.centre.mark = self.centre.backup
        self.announce()


ACTS: list[Callable[[World], None]] = [
    World.record, World.record, World.cut, World.connect, World.wait,
    World.centre_reads, World.centre_reads, World.gate_reads, World.gate_reads,
    World.lose, World.double, World.reorder, World.back_up, World.restore,
    World.restore_unseen, World.announce, World.replay, World.replay,
]  # fmt: skip


@settings(max_examples=300)
@given(seed=st.integers(0, 1 << 32), acts=st.lists(st.sampled_from(ACTS), max_size=60))
def test_when_the_faults_stop_the_centre_has_everything(
    seed: int, acts: list[Callable[[World], None]]
) -> None:
    world = World(random.Random(seed))
    for act in acts:
        act(world)
    if not world.state.linked:
        world.connect()
    for _ in range(5000):
        if world.up:
            world.centre_reads()
        elif world.down:
            world.gate_reads()
        elif (due := outbox.deadline_ms(world.state)) is not None:
            world.now_ms = max(world.now_ms, due)
            world.take(outbox.time_passed(world.state, world.head, world.now_ms))
        else:
            break
    assert world.centre.mark == world.durable == world.head
    assert outbox.deadline_ms(world.state) is None
    before = world.state
    for ack in world.recorded_acks:
        world.down.append(ack)
        world.gate_reads()
        assert (world.state.acked, world.state.sent) == (before.acked, before.sent)
