"""What a gate with a valid key can say, true or not: records, states, births, claims."""

import random
from collections.abc import Sequence

from gate_agent.trust.identity import Identity
from gate_agent.validator.messages.envelopes import (
    Batch,
    Birth,
    GateState,
    Message,
    encode,
    topic_of,
)
from gate_agent.validator.messages.notes import Claim, NewsRequest, Note, note_topic, write_note
from gate_agent.validator.moment import END_MS, ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind, chain, genesis
from gate_agent.validator.passage import encode as encode_record
from gate_agent.validator.tickets.entry_policy import POLICIES
from hardware_sim.park.park import PARK

_U16, _U32, _U48, _U56, _U63 = ((1 << bits) - 1 for bits in (16, 32, 48, 56, 63))


class Voice:
    """Signs as the gate that the identity belongs to."""

    def __init__(self, gate: str, identity: Identity) -> None:
        self.gate = gate
        self.identity = identity

    def message(self, message: Message) -> tuple[str, bytes]:
        """Return a message as a packet."""
        topic = topic_of(PARK, self.gate, type(message))
        return topic, encode(topic, message, self.identity.key_id, self.identity.sign)

    def note(self, note: Note) -> tuple[str, bytes]:
        """Return a note as a packet."""
        assert self.identity.link is not None
        topic = note_topic(PARK, self.gate, note.topic_end)
        return topic, write_note(topic, note, self.identity.link)


class FalseJournal:
    """A journal of things that never happened, whose chain is right."""

    def __init__(self, rng: random.Random) -> None:
        self.id = rng.randbytes(16)
        self.mark = 0
        self.head = genesis(self.id)

    def batch(self, records: Sequence[Passage]) -> Batch:
        """Return the next records, numbered, as a batch."""
        before, first = self.head, self.mark + 1
        written = []
        for record in records:
            self.mark += 1
            written.append(encode_record(record._replace(seq=self.mark)))
            self.head = chain(self.head, written[-1])
        return Batch(self.id, first, before, tuple(written))


def taken(ticket: bytes, persons: int, admits: int, wall_ms: int) -> Passage:
    """Return the record of an entry, of which only the number is missing."""
    return Passage(
        seq=0,
        kind=PassageKind.TAKEN,
        lane=1,
        direction=Direction.IN,
        wall_ms=wall_ms,
        mono_ms=1000,
        boot=1,
        clock=ClockState.TRUSTED,
        persons=persons,
        ticket=ticket,
        product=1,
        admits=admits,
    )


def odd_record(rng: random.Random, now_ms: int) -> Passage:
    """Return a record whose numbers are at the ends of their ranges."""
    pick = rng.choice
    return Passage(
        seq=0,
        kind=pick(tuple(PassageKind)),
        lane=pick((0, 1, 255)),
        direction=pick(tuple(Direction)),
        wall_ms=pick((0, 1, now_ms, now_ms - 1 << 40, END_MS - 1)) % END_MS,
        mono_ms=pick((0, 1, _U48)),
        boot=pick((0, 1, 2, _U32)),
        clock=pick(tuple(ClockState)),
        persons=pick((0, 1, _U16)),
        ticket=pick((None, bytes(8), b"\xff" * 8, rng.randbytes(8))),
        product=pick((None, 0, 1, _U16)),
        list_version=pick((0, _U32)),
        reason=pick((0, 1, 255)),
        admits=pick((1, _U16)),
        group=pick((None, 0, _U32)),
        reentry=pick((False, True)),
        code=pick((None, bytes(8))),
        detail=pick(("", "=1+1", "\x9b2J", "\u202e", 64 * "x")),
        freshness=pick((0, 1, 2)),
        claim=pick((0, 1, _U56)),
        alone=pick((0, 1, 4)),
    )


def odd_state(rng: random.Random, journal: bytes, now_ms: int) -> GateState:
    """Return a state whose numbers are at the ends of their ranges."""
    pick = rng.choice
    return GateState(
        boot=pick((0, 1, 2, _U32, _U63)),
        wall_ms=pick((0, now_ms, END_MS - 1)),
        clock=pick((0, 1, 2, _U63)),
        waiting=pick((0, _U63)),
        lists=pick(((), (("main", _U63, END_MS - 1),), (("\x00", 0, 0), ("=1", 1, 1)))),
        lanes=pick(((), ((_U63, "free", "\u202e"),) * 40)),
        faults=pick(((), (200 * "x",) * 30, ("\x1b[2J",))),
        rules_version=pick((0, _U63)),
        mono_ms=pick((0, 1, _U48, _U63)),
        vouched_ms=pick((0, END_MS - 1)),
        freshness=pick((0, 2, _U63)),
        keys_version=pick((0, _U63)),
        journal_id=journal,
        head=pick((0, 1, _U63)),
        software=pick(("", "\x9b", 4000 * "9", "0.0.0")),
        beacon_ms=pick((0, now_ms, END_MS - 1)),
    )


def odd_birth(rng: random.Random, journal: bytes) -> Birth:
    """Return a birth whose numbers are at the ends of their ranges."""
    pick = rng.choice
    return Birth(
        journal_id=journal,
        boot=pick((0, 1, 2, _U63)),
        mark=pick((0, _U63)),
        head=pick((0, 1, _U63)),
        lists=pick(((), (("main", _U63),), tuple((f"s{n}", n) for n in range(16)))),
        rules_version=pick((0, _U63)),
        keys_version=pick((0, _U63)),
        nonce=pick((0, _U63)),
    )


def odd_claim(rng: random.Random, journal: bytes, ticket: bytes) -> Claim:
    """Return a claim on a ticket, with odd numbers."""
    pick = rng.choice
    return Claim(
        journal_id=journal,
        number=rng.randrange(1, 1 << 56),
        ticket=ticket,
        persons=pick((1, 2, _U16)),
        admits=pick((1, _U16)),
        policy=pick(tuple(sorted(POLICIES))),
        extra=pick((0, _U16)),
        passback=pick((0, 1, 2)),
        passback_ms=pick((0, _U48)),
        share=pick((0, 1, _U16)),
    )


def odd_request(rng: random.Random) -> NewsRequest:
    """Return a request for news from one end or the other."""
    return NewsRequest(rng.choice((1, _U63)), rng.choice((0, 0, 1, _U63)))
