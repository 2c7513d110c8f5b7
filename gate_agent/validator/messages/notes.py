"""Notes: short messages between one gate and the centre, authenticated with the secret of their
link.

A signed message costs 69 bytes before its body; a passage must reach the other gates in less than
50 bytes with its topic. So a payload is a body in CBOR and 8 bytes of HMAC-SHA-256 under a secret
that only the centre and this gate have. MQTT QoS 0: a lost note is asked for again, or was useful
for a moment only.

An answer is bound to its question: its code covers the code of the question, which is not sent
again. A question has a random number in it, so no two are alike, and an answer fits no other one:
not of an earlier boot, of another card, or of a backup.

    sg1/{park}/{gate}/up/{claim,since}
    sg1/{park}/{gate}/down/{verdict,news,n}
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import ClassVar, cast

from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.envelopes import MAX_PAYLOAD_BYTES, is_name
from gate_agent.validator.messages.link_secret import CODE_BYTES, open_code, with_code
from gate_agent.validator.messages.short_news import SHORT_END
from gate_agent.validator.moment import END_MS
from gate_agent.validator.passage import JOURNAL_ID_BYTES
from gate_agent.validator.tickets.entry_policy import POLICIES
from gate_agent.validator.trust.seal import in_range

MAX_NEWS = 1000

_U16, _U48, _U63 = 1 << 16, 1 << 48, 1 << 63

IN, OUT, FORGIVEN = 0, 1, 2
"""Kinds of news: persons went in, went out, or were forgiven an entry that keeps them out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """up/claim: the gate asks whether `persons` may come in on this ticket now.

    `journal_id`: 16 bytes. `number`: of the claim within the journal, higher than every earlier
    one. `ticket`: 8 bytes, see `Ticket.id`. `admits`, `policy` (the byte on a ticket), `extra`,
    `passback` (a `Passback`), `passback_ms`: the entitlement by which the gate judges, so that the
    centre judges by the same. `share`: how many persons each gate may let in without the centre's
    answer. `nonce`: 32 random bits, so that no two claims are alike.
    """

    topic_end: ClassVar[str] = "up/claim"
    journal_id: bytes
    number: int
    ticket: bytes
    persons: int
    admits: int
    policy: int
    extra: int
    passback: int
    passback_ms: int
    share: int
    nonce: int = 0


@dataclass(frozen=True, slots=True)
class ClaimReply:
    """down/verdict: `persons` may come in, at most those of the claim; or 0 and the `reason`. With
    persons, a reason is a warning that did not stop them. `reentry`: a person of this ticket has
    been in today."""

    topic_end: ClassVar[str] = "down/verdict"
    number: int
    persons: int
    reason: int
    reentry: bool


@dataclass(frozen=True, slots=True)
class NewsRequest:
    """up/since: the gate asks for all news after `number`. `nonce`: random, repeated in the
    answer."""

    topic_end: ClassVar[str] = "up/since"
    nonce: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """down/news: the passages at other gates of the station from number `after`, exclusive, to
    `upto`, inclusive. `entries`: (ticket, IN, OUT or FORGIVEN, persons, wall_ms); a number without
    an entry is a passage of this gate. `head`: the newest number. `nonce`: of the request, else
    0."""

    topic_end: ClassVar[str] = "down/news"
    nonce: int
    after: int
    upto: int
    head: int
    entries: tuple[tuple[bytes, int, int, int], ...]


Note = Claim | ClaimReply | NewsRequest | News
_TYPES: dict[str, type[Note]] = {
    kind.topic_end: kind for kind in (Claim, ClaimReply, NewsRequest, News)
}
UP = (Claim.topic_end, NewsRequest.topic_end)
DOWN = (ClaimReply.topic_end, News.topic_end, SHORT_END)


def is_note(topic: str) -> bool:
    """Return whether a topic is that of a note: MQTT QoS 0, no signature."""
    return topic.rpartition("/")[2] in _LAST


_LAST = {end.rpartition("/")[2] for end in (*UP, *DOWN)}


def note_topic(park: str, gate: str, end: str) -> str:
    """Return the topic `sg1/{park}/{gate}/{end}`, as `sg1/{park}/{gate}/down/n`."""
    return f"sg1/{park}/{gate}/{end}"


def note_topics(park: str, gate: str) -> tuple[str, ...]:
    """Return the topics of notes that a gate subscribes to."""
    return tuple(note_topic(park, gate, end) for end in DOWN)


def read_note_topic(topic: str) -> tuple[str, str, str]:
    """Return (park, gate, end). Raise WireError for a topic that is not a note's."""
    parts = topic.split("/", 3)
    if len(parts) != 4 or parts[0] != "sg1" or not (is_name(parts[1]) and is_name(parts[2])):
        raise WireError("a topic that is not ours")
    if parts[3] not in _TYPES and parts[3] != SHORT_END:
        raise WireError("a topic that is not ours")
    return parts[1], parts[2], parts[3]


def write_note(topic: str, note: Note, secret: bytes, question: bytes = b"") -> bytes:
    """Return the payload to publish on `topic`. `question`: the code of the note that it answers,
    8 bytes; empty for a note that answers none."""
    body = cbor.write([_plain(getattr(note, field.name)) for field in fields(note)])
    return with_code(topic, body, secret, question)


def read_note(topic: str, payload: bytes, secret: bytes, question: bytes = b"") -> Note:
    """Return the note in `payload`, which answers the note with the code `question`; empty for a
    note that answers none. `down/n` has a reader of its own, `read_short`.

    Raise WireError unless the payload was made with this secret for this topic and this question,
    is written the one way, and every field is in its range.
    """
    kind = _TYPES.get(read_note_topic(topic)[2])
    if kind is None or not CODE_BYTES < len(payload) <= MAX_PAYLOAD_BYTES:
        raise WireError("a note of impossible length or kind")
    body = open_code(topic, payload, secret, question)
    values = cbor.read(body)
    if type(values) is not list or cbor.write(values) != body:
        raise WireError("a note that is not written the one way")
    names = [field.name for field in fields(kind)]
    if len(values) != len(names):
        raise WireError("a note with another number of fields")
    named = dict(zip(names, values, strict=True))
    if not _CHECKS[kind](**named):
        raise WireError("a note with a field out of range")
    if kind is News:
        named["entries"] = tuple(map(tuple, named["entries"]))
    note = cast(Callable[..., Note], kind)(**named)
    if _is_answer(note) != bool(question):
        raise WireError("an answer without its question, or news that answer none")
    return note


def _is_answer(note: Note) -> bool:
    return isinstance(note, ClaimReply) or (isinstance(note, News) and note.nonce != 0)


def _plain(value: object) -> object:
    return [list(entry) for entry in value] if isinstance(value, tuple) else value


def _good_claim(
    *,
    journal_id: object,
    number: object,
    ticket: object,
    persons: object,
    admits: object,
    policy: object,
    extra: object,
    passback: object,
    passback_ms: object,
    share: object,
    nonce: object,
) -> bool:
    return (
        _bytes(journal_id, JOURNAL_ID_BYTES)
        and in_range(number, 1, 1 << 56)
        and _bytes(ticket, 8)
        and in_range(persons, 1, _U16)
        and in_range(admits, 1, _U16)
        and type(policy) is int
        and policy in POLICIES
        and in_range(extra, 0, _U16)
        and in_range(passback, 0, 3)
        and in_range(passback_ms, 0, _U48)
        and in_range(share, 0, _U16)
        and in_range(nonce, 0, 1 << 32)
    )


def _good_verdict(number: object, persons: object, reason: object, reentry: object) -> bool:
    return (
        in_range(number, 1, 1 << 56)
        and in_range(persons, 0, _U16)
        and in_range(reason, 0, 256)
        and type(reentry) is bool
        and (persons != 0 or reason != 0)
    )


def _good_since(nonce: object, number: object) -> bool:
    return in_range(nonce, 1, _U63) and in_range(number, 0, _U63)


def _good_news(nonce: object, after: object, upto: object, head: object, entries: object) -> bool:
    return (
        in_range(nonce, 0, _U63)
        and type(after) is type(upto) is type(head) is int
        and 0 <= after <= upto <= head < _U63
        and type(entries) is list
        and len(entries) <= min(MAX_NEWS, upto - after)
        and all(map(_good_entry, entries))
    )


def _good_entry(entry: object) -> bool:
    return (
        type(entry) is list
        and len(entry) == 4
        and _bytes(entry[0], 8)
        and in_range(entry[1], 0, 3)
        and in_range(entry[2], 0, _U16)
        and in_range(entry[3], 0, END_MS)
    )


def _bytes(value: object, size: int) -> bool:
    return type(value) is bytes and len(value) == size


_CHECKS: dict[type[Note], Callable[..., bool]] = {
    Claim: _good_claim,
    ClaimReply: _good_verdict,
    NewsRequest: _good_since,
    News: _good_news,
}
