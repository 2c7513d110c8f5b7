"""A gate fetches from a centre that forgets, over a network that loses: in the end it has it."""

import random
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from gate_agent.lists import fetch
from gate_agent.lists.fetch import FetchState, Result, SendMessage, StoreChunk
from gate_agent.validator.lists.manifest import ListKind, Manifest
from gate_agent.validator.messages.envelopes import Chunk, ListRequest
from tests.gate_agent.uplink.two_wires import TwoWires

SIZES = (1, 37, 500)


class World(TwoWires[ListRequest, Chunk | tuple[Manifest, int]]):
    """Both ends of one series, and the messages between them. A body is (version, base); its bytes
    follow from that. The centre can make bodies of the newest version only."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.state = FetchState()
        self.now_ms = 0
        self.newest = 1
        self.bodies: set[tuple[int, int]] = set()
        self.have = 0
        self.kept = b""
        self.of: Manifest | None = None
        self.fetched: list[int] = []

    def body(self, version: int, base: int) -> bytes:
        return random.Random(f"{version} {base}").randbytes(500 if base == 0 else 90)

    def manifest(self, base: int) -> Manifest:
        self.bodies.add((self.newest, base))
        size = len(self.body(self.newest, base))
        return Manifest(
            series="main",
            kind=ListKind.SERIALS,
            version=self.newest,
            as_of_ms=0,
            base=base,
            first=0,
            count=0,
            body_bytes=size,
            body=bytes(32),
            result=bytes(32),
        )

    def take(self, result: Result) -> None:
        before = self.state
        self.state, effects = result
        for effect in effects:
            match effect:
                case SendMessage(ListRequest() as want):
                    assert self.state.linked
                    self.up.append(want)
                case StoreChunk(_, offset, data, whole):
                    of = before.bodies["main"].manifest
                    if offset == 0:
                        self.kept = b""
                    assert offset == len(self.kept)
                    self.kept += data
                    self.of = of
                    if whole:
                        assert self.kept == self.body(of.version, of.base)
                        assert of.base in (0, self.have)
                        assert of.version > self.have
                        self.have = of.version
                        self.fetched.append(of.version)
                        self.kept = b""
                case _:
                    raise AssertionError(effect)
        assert len(self.state.bodies) <= 1

    # What can happen, good and bad.

    def change(self) -> None:
        """A newer version, and an offer of what changed."""
        self.newest += 1
        if self.rng.random() < 0.5:
            self.bodies.clear()
        self.down.append((self.manifest(self.newest - 1), 0))

    def offer(self) -> None:
        """What the gate's own state leads to."""
        if self.have < self.newest:
            self.down.append((self.manifest(self.rng.choice((0, self.have))), 0))

    def restart(self) -> None:
        """Of what was being fetched, some bytes are on disk."""
        self.cut()
        part = self.state.bodies.get("main")
        self.state = FetchState()
        if part is not None and self.kept and part.manifest == self.of:
            self.kept = self.kept[: self.rng.randint(0, len(self.kept))]
            self.state = fetch.resumed(self.state, part.manifest, part.sealed, len(self.kept))
        else:
            self.kept = b""

    def cut(self) -> None:
        self.up.clear()
        self.down.clear()
        self.state = fetch.link_down(self.state)

    def connect(self) -> None:
        self.take(fetch.link_up(self.state, self.now_ms))
        self.offer()

    def wait(self) -> None:
        self.now_ms += self.rng.choice((1, 500, 2000, 40_000))
        self.take(fetch.time_passed(self.state, self.now_ms))

    def centre_reads(self) -> None:
        if not self.up:
            return
        want = self.up.pop(0)
        if (want.version, want.base) in self.bodies:
            data = self.body(want.version, want.base)[want.offset :][: self.rng.choice(SIZES)]
            if data:
                self.down.append(
                    Chunk(
                        series="main",
                        version=want.version,
                        base=want.base,
                        offset=want.offset,
                        data=data,
                    )
                )
        elif want.base < self.newest:
            self.down.append((self.manifest(want.base), want.version))

    def gate_reads(self) -> None:
        if not self.down:
            return
        message = self.down.pop(0)
        if isinstance(message, Chunk):
            self.take(fetch.chunk_arrived(self.state, message, self.now_ms))
        elif message[0].version > self.have:
            manifest, instead = message
            self.take(
                fetch.offered(self.state, manifest, b"sealed", instead, self.have, self.now_ms)
            )


ACTS: list[Callable[[World], None]] = [
    World.change, World.offer, World.cut, World.connect, World.wait, World.restart,
    World.centre_reads, World.centre_reads, World.gate_reads, World.gate_reads,
    World.lose, World.double, World.reorder,
]  # fmt: skip


@settings(max_examples=300)
@given(seed=st.integers(0, 1 << 32), acts=st.lists(st.sampled_from(ACTS), max_size=60))
def test_when_the_faults_stop_the_gate_has_the_newest(
    seed: int, acts: list[Callable[[World], None]]
) -> None:
    world = World(random.Random(seed))
    for act in acts:
        act(world)
    world.cut()
    world.connect()
    for _ in range(3000):
        if world.down:
            world.gate_reads()
        elif world.up:
            world.centre_reads()
        elif world.have == world.newest and not world.state.bodies:
            break
        elif (due := fetch.deadline_ms(world.state)) is not None:
            world.now_ms = max(world.now_ms, due)
            world.take(fetch.time_passed(world.state, world.now_ms))
        else:
            world.now_ms += 60_000  # the next state
            world.offer()
    assert world.have == world.newest
    assert world.fetched == sorted(set(world.fetched)), "a version was fetched twice"
