"""Notes: short messages between one gate and the centre, under the secret of their link.

A signed message costs 69 bytes before it says anything; what a passage tells the other gates must
cost less than 50 with its topic. So a payload is a body and 8 bytes of HMAC-SHA-256 under a secret
that only the centre and this gate hold. MQTT QoS 0: what is lost is asked for again, or was only
good for a moment.

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
"""What news are about: persons went in, went out, or were let off what keeps them out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """up/claim: may these persons come in on this ticket now?

    `number`: names the claim within the journal; above every claim made before. `admits`,
    `policy` (as the byte on a ticket), `extra`, `passback` and `passback_ms`: what the gate judges
    by, so that both judge alike. `share`: what each gate may give away alone.
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


@dataclass(frozen=True, slots=True)
class ClaimReply:
    """down/verdict: `persons` may come in, at most those that were claimed; or 0 and the `reason`.
    With persons, a reason says that they are let in although. `reentry`: one has been in today."""

    topic_end: ClassVar[str] = "down/verdict"
    number: int
    persons: int
    reason: int
    reentry: bool


@dataclass(frozen=True, slots=True)
class NewsRequest:
    """up/since: tell me what came after news `number`. `nonce`: comes back in the answer."""

    topic_end: ClassVar[str] = "up/since"
    nonce: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """down/news: what other gates of the station had from number `after`, exclusive, to `upto`,
    inclusive: (ticket, IN, OUT or FORGIVEN, persons, wall_ms). A number without an entry is a
    passage of this gate. `head`: the newest number there is. `nonce`: of the question, else 0."""

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
    """Whether a topic is one of a note: MQTT QoS 0, and no signature."""
    return topic.rpartition("/")[2] in _LAST


_LAST = {end.rpartition("/")[2] for end in (*UP, *DOWN)}


def note_topic(park: str, gate: str, end: str) -> str:
    """`sg1/{park}/{gate}/down/n`."""
    return f"sg1/{park}/{gate}/{end}"


def note_topics(park: str, gate: str) -> tuple[str, ...]:
    """What a gate subscribes to."""
    return tuple(note_topic(park, gate, end) for end in DOWN)


def read_note_topic(topic: str) -> tuple[str, str, str]:
    """(park, gate, end). Raises WireError for a topic that is not a note's."""
    parts = topic.split("/", 3)
    if len(parts) != 4 or parts[0] != "sg1" or not (is_name(parts[1]) and is_name(parts[2])):
        raise WireError("a topic that is not ours")
    if parts[3] not in _TYPES and parts[3] != SHORT_END:
        raise WireError("a topic that is not ours")
    return parts[1], parts[2], parts[3]


def write_note(topic: str, note: Note, secret: bytes) -> bytes:
    """The payload to publish on `topic`."""
    body = cbor.write([_plain(getattr(note, field.name)) for field in fields(note)])
    return with_code(topic, body, secret)


def read_note(topic: str, payload: bytes, secret: bytes) -> Note:
    """The note in `payload`. Raises WireError unless it was made with this secret for this topic,
    and is written the one way. `down/n` has a reader of its own."""
    kind = _TYPES.get(read_note_topic(topic)[2])
    if kind is None or not CODE_BYTES < len(payload) <= MAX_PAYLOAD_BYTES:
        raise WireError("a note of impossible length or kind")
    body = open_code(topic, payload, secret)
    values = cbor.read(body)
    if type(values) is not list or cbor.write(values) != body:
        raise WireError("a note that is not written the one way")
    if len(values) != len(fields(kind)) or not _CHECKS[kind](*values):
        raise WireError("a note with a field out of range")
    if kind is News:
        values[-1] = tuple(map(tuple, values[-1]))
    names = [field.name for field in fields(kind)]
    return cast(Callable[..., Note], kind)(**dict(zip(names, values, strict=True)))


def _plain(value: object) -> object:
    return [list(entry) for entry in value] if isinstance(value, tuple) else value


def _good_claim(
    journal_id: object, number: object, ticket: object, persons: object, admits: object,
    policy: object, extra: object, passback: object, passback_ms: object, share: object,
) -> bool:  # fmt: skip
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
