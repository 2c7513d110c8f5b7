"""A gate on the bench: real journal, real uplink, a clock moved by hand, devices that remember."""

import random
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from gate_agent.actor.build import build_core
from gate_agent.actor.unit import LaneUnit
from gate_agent.effects import Show, Sign
from gate_agent.errors import DriverFault
from gate_agent.events import LinkUp, Received, Scanned
from gate_agent.folder import DiskFolder
from gate_agent.health import Health
from gate_agent.journal.journal import Journal
from gate_agent.lane.state import Lane
from gate_agent.lists.list_files import ListFiles
from gate_agent.ports import Folder, Put
from gate_agent.time_bound import TimeBound
from gate_agent.trust.documents import TrustDocuments
from gate_agent.trust.identity import Identity
from gate_agent.trust.key_renewal import KeyRenewal
from gate_agent.validator.decide import LaneRules
from gate_agent.validator.messages.envelopes import (
    Ack,
    Chunk,
    ListOffer,
    Message,
    decode,
    encode,
    topic_of,
)
from gate_agent.validator.moment import ClockState, Moment
from gate_agent.validator.passage import Direction, Passage, PassageKind
from gate_agent.validator.passage import decode as decode_passage
from gate_agent.validator.reasons import Reason
from gate_agent.validator.trust.keys import KeyUse, PublicKey
from tests.gate_agent.samples import (
    CENTRE_KEY,
    GATE,
    GATE_KEY,
    NOW_S,
    PARK,
    PEPPER,
    RING,
    ZONE,
    Key,
    SealedList,
    sealed_list,
)


@dataclass
class HandClock:
    """Time that stands still until it is moved."""

    wall_ms: int = NOW_S * 1000
    mono_ms: int = 5000
    boot: int = 77
    state: ClockState = ClockState.TRUSTED
    doubt: str = ""
    lower_bounds: list[int] = field(default_factory=list)
    beacon_times: list[int] = field(default_factory=list)
    issue_times: list[int] = field(default_factory=list)
    resets: list[int] = field(default_factory=list)

    def now(self) -> Moment:
        return Moment(self.wall_ms, self.mono_ms, self.boot, self.state, self.wall_ms)

    def raise_lower_bound(self, passed_ms: int) -> None:
        self.lower_bounds.append(passed_ms)

    @property
    def bound(self) -> TimeBound:
        return TimeBound(self.wall_ms)

    def take_beacon_time(self, time_ms: int) -> None:
        self.beacon_times.append(time_ms)

    def reset_lower_bound(self, passed_ms: int) -> None:
        self.resets.append(passed_ms)

    def take_issue_time(self, issued_ms: int, ticket: bytes) -> None:
        self.issue_times.append(issued_ms)

    def move(self, ms: int) -> None:
        self.wall_ms += ms
        self.mono_ms += ms


class _Part:
    def start(self, put: Put) -> None: ...
    def stop(self) -> None: ...


class RecordingArm(_Part):
    """Counts the commands; `seen` runs at each of them. `broken`: it raises instead."""

    def __init__(self) -> None:
        self.releases = 0
        self.broken = False
        self.seen: Callable[[], None] = lambda: None

    def release(self) -> None:
        if self.broken:
            raise DriverFault("cannot pulse the relay")
        self.seen()
        self.releases += 1


class RecordingDisplay(_Part):
    """Remembers what it showed; `seen` runs each time. `broken`: it raises instead."""

    def __init__(self) -> None:
        self.shown: list[Show] = []
        self.broken = False
        self.seen: Callable[[Show], None] = lambda _: None

    def show(self, show: Show) -> None:
        if self.broken:
            raise DriverFault("cannot light the lamp")
        self.shown.append(show)
        self.seen(show)

    @property
    def last(self) -> Show:
        return self.shown[-1]


class RecordingLink(_Part):
    """Remembers what it was given."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.keys: list[tuple[Path, Path]] = []

    def rekey(self, certificate: Path, private: Path) -> None:
        self.keys.append((certificate, private))

    def publish(self, topic: str, payload: bytes) -> None:
        self.sent.append((topic, payload))


class Gate:
    """One gate with one or more lanes, and the other end of each of its wires."""

    def __init__(
        self,
        folder: Path,
        *lanes: Lane,
        clock: HandClock | None = None,
        pepper: bytes | None = PEPPER,
        zone: int = 0,
        files: Folder | None = None,
        secret: bytes | None = None,
    ) -> None:
        self.folder = folder
        self.clock = clock or HandClock()
        self.health = Health()
        self.link = RecordingLink()
        self.path = folder / "journal.db"
        ids = count(1)
        self.journal = Journal.open(self.path, ZONE, lambda size: next(ids).to_bytes(size, "big"))
        identity = Identity(
            folder,
            GATE_KEY.id,
            GATE_KEY.private.sign,
            RING,
            pepper,
            link=secret,
            public=GATE_KEY.public,
        )
        self.files = ListFiles(files or DiskFolder(folder / "lists"))
        documents = TrustDocuments.on_disk(folder)
        seeds = random.Random(7)
        self.own = KeyRenewal(GATE, identity, documents, self.health, seeds.randbytes)
        lanes = lanes or (Lane(1, Direction.IN, has_arm=True),)
        self.arms = {lane.number: RecordingArm() for lane in lanes}
        self.displays = {lane.number: RecordingDisplay() for lane in lanes}
        self.units = [
            LaneUnit(
                lane,
                LaneRules(lane.direction, zone, ZONE),
                self.arms[lane.number] if lane.has_arm else None,
                (self.displays[lane.number],),
            )
            for lane in lanes
        ]
        self.core = build_core(
            PARK,
            GATE,
            self.units,
            own=self.own,
            journal=self.journal,
            documents=documents,
            list_files=self.files,
            clock=self.clock,
            link=self.link,
            health=self.health,
            draw=random.Random(self.clock.boot).randbytes,
        )
        self.agent, self.uplink = self.core.agent, self.core.uplink
        self.trust, self.lists = self.core.trust, self.core.lists

    @property
    def arm(self) -> RecordingArm:
        return self.arms[1]

    @property
    def display(self) -> RecordingDisplay:
        return self.displays[1]

    @property
    def signs(self) -> list[Sign]:
        return [show.sign for show in self.display.shown]

    def start(self, listing: SealedList | None = None) -> "Gate":
        if listing is not None:
            listing.save(self.files)
            self.journal.is_new = False  # a gate that got this list has been at work
        self.core.start()
        return self

    def scan(self, scanned: bytes, lane: int = 1) -> None:
        self.agent.step(Scanned(lane, scanned))

    def wait(self, ms: int) -> None:
        """Lets `ms` pass as the daemon does: tick whenever something is due."""
        end = self.clock.mono_ms + ms
        while (due := self.agent.deadline_ms()) is not None and due <= end:
            self.clock.move(max(0, due - self.clock.mono_ms))
            self.agent.tick()
        self.clock.move(end - self.clock.mono_ms)

    def committed(self) -> list[Passage]:
        """The records as somebody else reads them: through a connection of its own."""
        with sqlite3.connect(self.path) as db:
            rows = db.execute("SELECT record FROM passages ORDER BY seq").fetchall()
        db.close()
        return [decode_passage(record) for (record,) in rows]

    def kinds(self) -> list[str]:
        return [row.kind.key for row in self.committed() if row.kind is not PassageKind.BOOT]

    def denied(self) -> list[str]:
        """The reasons of the refusals."""
        return [
            Reason(row.reason).key for row in self.committed() if row.kind is PassageKind.DENIED
        ]

    def hear(self, message: Message, signer: Key = CENTRE_KEY, topic: str | None = None) -> None:
        """A message from the centre, or from somebody who says so."""
        topic = topic or topic_of(PARK, GATE, type(message))
        self.agent.step(Received(topic, encode(topic, message, signer.id, signer.private.sign)))

    def _find_key(self, use: KeyUse, name: bytes, gate: str) -> PublicKey | None:
        for public in (GATE_KEY.public, self.own.identity.public):
            key = PublicKey.of(public, KeyUse.GATE, GATE)
            if use is KeyUse.GATE and gate == GATE and key.id == name:
                return key
        return None

    def said(self) -> list[Message]:
        """What the gate has said since the last time, as the centre understands it."""
        messages = [decode(topic, payload, self._find_key) for topic, payload in self.link.sent]
        self.link.sent.clear()
        return messages

    def link_up(self) -> None:
        self.agent.step(LinkUp())

    def ack(self, mark: int) -> None:
        """The centre's answer to the newest birth, or to a batch since."""
        self.hear(Ack(self.journal.journal_id, mark, self.uplink._outbox.nonce))

    def offer(self, listing: SealedList, instead: int = 0) -> None:
        self.hear(ListOffer(listing.sealed, instead))

    def send_chunk(self, listing: SealedList, offset: int, size: int) -> None:
        data = listing.body[offset : offset + size]
        of = listing.manifest
        self.hear(
            Chunk(series=of.series, version=of.version, base=of.base, offset=offset, data=data)
        )

    def close(self) -> None:
        self.journal.close()


MakeGate = Callable[..., Gate]


@pytest.fixture
def make_gate(tmp_path: Path) -> Iterator[MakeGate]:
    """`Gate(tmp_path, …)`, closed at the end. Call it again for a restart on the same file."""
    made: list[Gate] = []

    def make(*lanes: Lane, folder: Path = tmp_path, **options: Any) -> Gate:
        if made and made[-1].folder == folder:
            made[-1].close()
        made.append(Gate(folder, *lanes, **options))
        return made[-1]

    yield make
    for gate in made:
        gate.close()


@pytest.fixture
def gate(make_gate: MakeGate) -> Gate:
    """A gate with one tripod lane and a list of a hundred valid tickets, at work."""
    return make_gate().start(sealed_list())
