"""Topics and messages between gate and centre. `encode` and `decode` are the only door.

A payload is version u8 = 1, key id 4 bytes, Ed25519 signature (RFC 8032) 64 bytes, then a body in
CBOR (RFC 8949). The signature covers a fixed context, the topic and the body, so a message cannot
be moved to another topic, and no CBOR is decoded before its signature has been verified: the body
of down/keys, which carries signatures of its own, is one byte string, read by hand. MQTT 3.1.1, QoS
1, nothing retained.

    sg1/{park}/{gate}/up/{birth,state,passages,want,renew}       the gate's key
    sg1/{park}/{gate}/down/{ack,list,chunk,rules,beacon,keys,renew,renewed}
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, get_args

from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages import renewal, shape
from gate_agent.validator.messages.renewal import Renew, Renewed, RenewOrder
from gate_agent.validator.messages.trust_messages import BeaconMessage, KeysOffer, RulesOffer
from gate_agent.validator.moment import END_MS
from gate_agent.validator.passage import HASH_BYTES, JOURNAL_ID_BYTES
from gate_agent.validator.trust.keys import KEY_ID_BYTES, SIGNATURE_BYTES, KeyUse, PublicKey

VERSION = 1
MAX_PAYLOAD_BYTES = 48 * 1024
MAX_CHUNK_BYTES = 40 * 1024
MAX_BATCH_RECORDS = 200
MAX_BATCH_BYTES = 40 * 1024
MAX_SERIES = 16

_CONTEXT = b"scenic-gate message\0"
_HEAD = 1 + KEY_ID_BYTES + SIGNATURE_BYTES
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,19}")


def is_name(text: str) -> bool:
    """Return whether `text` can name a park, station or gate: 1 to 20 of a-z, 0-9 and -, not -
    first."""
    return _NAME.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """up/birth, on every connect: what the gate has already; a question for the centre's mark, and
    for what the gate lacks. Nobody can tell an old one from a new one, so nothing is stored of it.

    `journal_id`: 16 bytes. `boot`: number of the board's boot. `mark`: highest sequence number that
    the centre has acknowledged. `head`: the journal's newest. `lists`: series and version of each
    list in force. `rules_version`, `keys_version`: of the rule book and the key set in force, 0 for
    none. `nonce`: random; acknowledgements repeat it.
    """

    topic_end: ClassVar[str] = "up/birth"
    journal_id: bytes
    boot: int
    mark: int
    head: int
    lists: tuple[tuple[str, int], ...]
    rules_version: int = 0
    keys_version: int = 0
    nonce: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GateState:
    """up/state, every minute and on change: the health of a gate and its lanes, as the gate sees
    it.

    `wall_ms`, `mono_ms`: UTC since 1970 and time since the boot. `clock`: a `ClockState`.
    `waiting`: number of records that the centre has not acknowledged. `lists`: series, version and
    as-of time in ms of each list in force. `lanes`: number, mode and phase. `faults`: one text for
    each. `vouched_ms`: when the centre last confirmed the lists in force. `freshness`: a
    `Freshness`. `journal_id`, `head`: of its journal, and the number of the newest record.
    `software`: version of this program. `beacon_ms`: time of the newest beacon that this boot has
    received, 0 for none: it proves that the state is not older.
    """

    topic_end: ClassVar[str] = "up/state"
    boot: int
    wall_ms: int
    clock: int
    waiting: int
    lists: tuple[tuple[str, int, int], ...]
    lanes: tuple[tuple[int, str, str], ...]
    faults: tuple[str, ...]
    rules_version: int = 0
    mono_ms: int = 0
    vouched_ms: int = 0
    freshness: int = 0
    keys_version: int = 0
    journal_id: bytes = bytes(JOURNAL_ID_BYTES)
    head: int = 0
    software: str = ""
    beacon_ms: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """up/passages: consecutive records from number `first` on. `before`: chain hash before the
    first of them, 32 bytes. `oldest`: number of the oldest record that the gate still has. `nonce`:
    of its newest birth; the acknowledgement repeats it."""

    topic_end: ClassVar[str] = "up/passages"
    journal_id: bytes
    first: int
    before: bytes
    records: tuple[bytes, ...]
    oldest: int = 1
    nonce: int = 0


@dataclass(frozen=True, slots=True)
class ListRequest:
    """up/want: request the body that leads from version `base` to `version`, from byte `offset` on.
    If the centre no longer has that body, it offers the newest that leads from `base`."""

    topic_end: ClassVar[str] = "up/want"
    series: str
    version: int
    base: int
    offset: int


@dataclass(frozen=True, slots=True)
class Ack:
    """down/ack: every record up to number `mark` of this journal is durable at the centre. `nonce`:
    of the birth or batch that it answers, 0 for one that answers none."""

    topic_end: ClassVar[str] = "down/ack"
    journal_id: bytes
    mark: int
    nonce: int = 0


@dataclass(frozen=True, slots=True)
class ListOffer:
    """down/list: a list can be fetched. `manifest`: sealed with the list key. `instead`: the
    version that was requested and no longer exists, 0 for none."""

    topic_end: ClassVar[str] = "down/list"
    manifest: bytes
    instead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """down/chunk: `data` belongs at byte `offset` of the body that leads from `base` to
    `version`."""

    topic_end: ClassVar[str] = "down/chunk"
    series: str
    version: int
    base: int
    offset: int
    data: bytes


Message = (
    Birth | GateState | Batch | ListRequest | Renew
    | Ack | ListOffer | Chunk | RulesOffer | BeaconMessage | KeysOffer | RenewOrder | Renewed
)  # fmt: skip
_TYPES: dict[str, type[Message]] = {kind.topic_end: kind for kind in get_args(Message)}
DOWN: tuple[type[Message], ...] = tuple(
    kind for end, kind in _TYPES.items() if end.startswith("down/")
)
"""The messages that a gate subscribes to."""


def topic_of(park: str, gate: str, kind: type[Message]) -> str:
    """Return the topic of a kind of message, `sg1/{park}/{gate}/up/birth`: at most 64
    characters."""
    return f"sg1/{park}/{gate}/{kind.topic_end}"


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of a topic."""

    park: str
    gate: str
    kind: type[Message]


@lru_cache(256)
def read_topic(topic: str) -> Address:
    """Return the parts of a topic. Raise WireError for any topic but those of `topic_of`."""
    parts = topic.split("/", 3)
    if len(parts) == 4 and parts[0] == "sg1" and is_name(parts[1]) and is_name(parts[2]):
        kind = _TYPES.get(parts[3])
        if kind is not None:
            return Address(parts[1], parts[2], kind)
    raise WireError("a topic that is not ours")


def encode(
    topic: str, message: Message, key_id: bytes, sign_bytes: Callable[[bytes], bytes]
) -> bytes:
    """Return the payload to publish on `topic`, signed by `sign_bytes` with the key `key_id`.

    Raise WireError if it would be longer than 48 KiB, or if a text is not Unicode (texts of the
    operating system can contain lone surrogates).
    """
    try:
        body = shape.write(message)
    except UnicodeEncodeError:
        raise WireError("a message with a text that is not Unicode") from None
    payload = bytes((VERSION,)) + key_id + sign_bytes(_signed(topic, body)) + body
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise WireError("a message of more than 48 KiB")
    return payload


def signer_of(payload: bytes) -> bytes:
    """Return the id of the key that claims to have signed a payload; only `decode` verifies it."""
    return payload[1 : 1 + KEY_ID_BYTES]


def decode(
    topic: str, payload: bytes, find_key: Callable[[KeyUse, bytes, str], PublicKey | None]
) -> Message:
    """Return the message in `payload` if a key that may publish on `topic` signed it.

    `find_key(use, key_id, gate)` returns the gate's own key for up/…, the centre's for down/….
    Raise WireError for every other payload.
    """
    address = read_topic(topic)
    if not _HEAD < len(payload) <= MAX_PAYLOAD_BYTES or payload[0] != VERSION:
        raise WireError("a message of impossible length or version")
    if address.kind is KeysOffer:
        return _read_keys(payload[_HEAD:])
    use = KeyUse.GATE if address.kind.topic_end.startswith("up/") else KeyUse.CENTRE
    key = find_key(use, signer_of(payload), address.gate)
    if key is None:
        raise WireError("a message signed with an unknown key")
    body = payload[_HEAD:]
    if not key.signed(payload[1 + KEY_ID_BYTES : _HEAD], _signed(topic, body)):
        raise WireError("a message with a wrong signature")
    return _read_body(address.kind, body)


def _signed(topic: str, body: bytes) -> bytes:
    return _CONTEXT + topic.encode() + b"\0" + body


def _read_keys(body: bytes) -> KeysOffer:
    """Return the one message whose envelope nobody verifies; so no decoder sees its body."""
    offer = KeysOffer(cbor.read_single_string(body))
    if shape.write(offer) != body:
        raise WireError("a message that is not written the one way")
    return offer


def _read_body(kind: type[Message], body: bytes) -> Message:
    message = shape.read("a message", kind, body)
    _check(message)
    return message


def _check(message: Message) -> None:
    """Raise WireError for a field that no sender of this protocol would send."""
    renewal.check(message)
    if (
        isinstance(message, Birth | GateState | Batch | Ack)
        and len(message.journal_id) != JOURNAL_ID_BYTES
    ):
        raise WireError("a message with a journal id of another length")
    if isinstance(message, GateState):
        as_of_ms = [as_of for _, _, as_of in message.lists]
        if max(message.wall_ms, message.vouched_ms, message.beacon_ms, *as_of_ms) >= END_MS:
            raise WireError("a state from after the year 9998")
    if isinstance(message, Birth | GateState) and len(message.lists) > MAX_SERIES:
        raise WireError("a message with too many lists")
    if isinstance(message, Batch) and not (
        len(message.before) == HASH_BYTES
        and 0 < len(message.records) <= MAX_BATCH_RECORDS
        and message.first >= message.oldest > 0
    ):
        raise WireError("a batch that is empty, too long or without its chain hash")
