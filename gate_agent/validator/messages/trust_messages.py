"""Messages that carry signed documents of trust. `envelopes` says how they travel."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class RulesOffer:
    """down/rules: the rule book, sealed with the list key."""

    topic_end: ClassVar[str] = "down/rules"
    book: bytes


@dataclass(frozen=True, slots=True)
class BeaconMessage:
    """down/beacon: the time and the newest versions, sealed with the list key."""

    topic_end: ClassVar[str] = "down/beacon"
    beacon: bytes


@dataclass(frozen=True, slots=True)
class KeysOffer:
    """down/keys: the key set, signed by root keys. Those signatures alone count: a gate without the
    centre's new key could not verify the envelope's."""

    topic_end: ClassVar[str] = "down/keys"
    key_set: bytes
