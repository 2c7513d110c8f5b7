"""A gate with a valid key that says whatever it likes: messages of all kinds, with numbers from
both ends of their ranges."""

import random
from typing import Any

from fleet_manager.daemon.packets import Packet
from fleet_manager.keys.vault import Vault
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.claim_number import claim_number
from gate_agent.validator.messages.envelopes import (
    Ack,
    Batch,
    Birth,
    GateState,
    ListOffer,
    ListRequest,
    Message,
)
from gate_agent.validator.messages.notes import Claim, NewsRequest, Note, note_topic, write_note
from gate_agent.validator.messages.renewal import Renew, ask
from gate_agent.validator.moment import END_MS
from gate_agent.validator.passage import Direction, Passage, PassageKind, encode
from gate_agent.validator.tickets.entry_policy import POLICIES
from tests.fleet_manager.boards import Board
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id

PARK = "west-lake"
TICKETS = [ticket_id(number) for number in range(3)]
_U16, _U32, _U48, _U63 = 1 << 16, 1 << 32, 1 << 48, 1 << 63
_TEXTS = ("", "\0", "a" * 64, "\x9b\u202e", "景" * 21, "main", "other")


class Insider:
    """Draws messages by a seeded generator, and signs them with the gate's own key and secret."""

    def __init__(self, board: Board, vault: Vault, rng: random.Random) -> None:
        self.board = board
        self._rng = rng
        self._secret = vault.link_secret(board.name, board.bundle.public)
        self._pens: list[Scribe] = []

    def packet(self) -> Packet:
        """Return a valid packet of any kind."""
        kinds = (
            self._birth,
            self._state,
            self._batch,
            self._batch,
            self._batch,
            self._claim,
            self._since,
            self._want,
            self._renew,
            self._not_its_own,
        )
        while True:
            message = self._rng.choice(kinds)()
            try:
                if isinstance(message, Claim | NewsRequest):
                    return self._note(message)
                return self.board.sign(message)
            except WireError:  # no payload of it could be valid
                continue

    def _note(self, note: Note) -> Packet:
        topic = note_topic(PARK, self.board.name, note.topic_end)
        return topic, write_note(topic, note, self._secret)

    def _number(self, end: int, start: int = 0) -> int:
        """Return a number of start to end, exclusive: mostly one of the two ends."""
        ends = (start, start + 1, end - 1, end - 2, start + (end - start) // 2)
        return self._rng.choice(ends)

    def _time(self) -> int:
        times = (0, 1, NOON - 86_400_000, NOON, NOON + 1, END_MS - 86_400_000, END_MS - 1)
        return self._rng.choice(times)

    def _boot(self) -> int:
        return self._rng.choice((0, 7, 8, _U32 - 1, self._rng.randrange(_U32)))

    def _flag(self) -> bool:
        return self._rng.random() < 0.5

    def _pen(self) -> Scribe:
        if not self._pens or self._rng.random() < 0.05:
            name = self._rng.choice((bytes(16), b"\xff" * 16, self._rng.randbytes(16)))
            self._pens.append(Scribe(self.board.name, name))
        return self._rng.choice(self._pens)

    def _birth(self) -> Birth:
        return Birth(
            journal_id=self._rng.choice((self._pen().journal_id, self._rng.randbytes(16))),
            boot=self._rng.choice((self._boot(), _U63 - 1)),
            mark=self._number(_U63),
            head=self._number(_U63),
            lists=tuple((self._rng.choice(_TEXTS), self._number(_U63)) for _ in range(3)),
            rules_version=self._number(_U63),
            keys_version=self._number(_U63),
        )

    def _state(self) -> GateState:
        series = self._rng.choice(_TEXTS)
        return GateState(
            boot=self._rng.choice((self._boot(), _U63 - 1)),
            wall_ms=self._time(),
            clock=self._rng.choice((0, 1, 2, _U63 - 1)),
            waiting=self._number(_U63),
            lists=((series, self._number(_U63), self._time()),),
            lanes=((self._number(_U63), self._rng.choice(_TEXTS), self._rng.choice(_TEXTS)),),
            faults=(self._rng.choice(_TEXTS),),
            rules_version=self._number(_U63),
            mono_ms=self._rng.choice((0, 5000, _U48 - 1, _U63 - 1)),
            vouched_ms=self._time(),
            freshness=self._number(_U63),
            keys_version=self._number(_U63),
        )

    def _batch(self) -> Batch:
        """Return records that continue a journal; sometimes again, with a gap, or with one that
        cannot be read."""
        pen = self._pen()
        first = len(pen.records) + 1
        for _ in range(self._rng.randint(1, 4)):
            pen.append(self._record(len(pen.records) + 1))
        if self._rng.random() < 0.03:
            pen.append(self._rng.randbytes(20))
        if self._rng.random() < 0.2:
            first = self._rng.randint(1, len(pen.records))
        batch = pen.batch(first)
        if self._rng.random() < 0.05:
            return Batch(batch.journal_id, self._number(_U63, 1), batch.before, batch.records)
        return batch

    def _record(self, seq: int) -> bytes:
        values: dict[str, Any] = {
            "kind": self._rng.choice(list(PassageKind)),
            "lane": self._number(256),
            "direction": self._rng.choice(list(Direction)),
            "wall_ms": self._time(),
            "mono_ms": self._rng.choice((0, 1000, _U48 - 1)),
            "boot": self._boot(),
            "clock": self._rng.randrange(3),
            "persons": self._rng.choice((0, 1, 2, _U16 - 1)),
            "ticket": self._rng.choice((None, *TICKETS)),
            "product": self._rng.choice((None, 0, 1, _U16 - 1)),
            "grant": self._rng.choice((None, 1, seq - 1)) if seq > 1 else None,
            "list_version": self._number(_U32),
            "reason": self._number(256),
            "admits": self._rng.choice((1, 2, _U16 - 1)),
            "group": self._rng.choice((None, 0, _U32 - 1)),
            "reentry": self._flag(),
            "provisional": self._flag(),
            "code": self._rng.choice((None, bytes(8))),
            "detail": self._rng.choice(_TEXTS),
            "freshness": self._rng.randrange(3),
            "claim": self._rng.choice((0, 1, claim_number(seq, 1), (1 << 56) - 1)),
            "alone": self._rng.randrange(5),
        }
        return encode(Passage(seq=seq, **values))

    def _claim(self) -> Claim:
        return Claim(
            journal_id=self._rng.choice((self._pen().journal_id, self._rng.randbytes(16))),
            number=self._rng.choice((1, claim_number(9, 1), (1 << 56) - 1)),
            ticket=self._rng.choice(TICKETS),
            persons=self._number(_U16, 1),
            admits=self._number(_U16, 1),
            policy=self._rng.choice(list(POLICIES)),
            extra=self._number(_U16),
            passback=self._rng.randrange(3),
            passback_ms=self._number(_U48),
            share=self._number(_U16),
        )

    def _since(self) -> NewsRequest:
        return NewsRequest(self._number(_U63, 1), self._number(_U63))

    def _want(self) -> ListRequest:
        series = self._rng.choice(_TEXTS)
        versions = (0, 1, 2, _U63 - 1)
        return ListRequest(
            series, self._rng.choice(versions), self._rng.choice(versions), self._number(_U63)
        )

    def _renew(self) -> Renew:
        if self._flag():
            good = ask(self.board.name, self.board.bundle.public, self._rng.randbytes(32))
            box_key = self._rng.choice((good.box_key, bytes(32), b"\xff" * 32))
            return Renew(good.public, box_key, good.proof)
        return Renew(self._rng.choice((bytes(32), b"\xff" * 32)), bytes(32), bytes(64))

    def _not_its_own(self) -> Message:
        return self._rng.choice((Ack(bytes(16), self._number(_U63)), ListOffer(b"", 0)))
