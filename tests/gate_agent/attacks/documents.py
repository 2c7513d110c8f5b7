"""Documents that a gate takes from the centre, good ones and ways to make others of them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gate_agent.events import Received
from gate_agent.validator import cbor
from gate_agent.validator.messages.envelopes import ListOffer, Message, encode, topic_of
from gate_agent.validator.messages.trust_messages import BeaconMessage, KeysOffer, RulesOffer
from gate_agent.validator.trust import beacon, key_set, rule_book, seal
from gate_agent.validator.trust.beacon import Beacon
from gate_agent.validator.trust.key_set import KeyRow
from gate_agent.validator.trust.keys import KeyUse
from gate_agent.validator.trust.rule_book import RuleBook, Rules, TooOld
from tests.gate_agent.conftest import Gate
from tests.gate_agent.lists.pulls import VOID, mixed, pull
from tests.gate_agent.samples import (
    CENTRE_KEY,
    GATE,
    LIST_KEY,
    NOW_S,
    PARK,
    ROOT_KEYS,
    Key,
    SealedList,
    sealed_list,
)
from tests.gate_agent.trust.key_sets import FIRST, NEW_LIST, sealed

NOW_MS = NOW_S * 1000
FAR_MS = NOW_MS + 10**11
NUMBER = 5
"""Version of every document that is in force before an attack."""
BEACON_MS = NOW_MS + 1000
HOUR_MS = 3_600_000


class Document(StrEnum):
    """What a gate takes from the centre. RELEASE: software is installed by hand or by Ansible, and
    no message carries it; its cells are to be filled with the first message that does."""

    LIST = "list"
    RULES = "rules"
    KEYS = "keys"
    BEACON = "beacon"
    RELEASE = "release"


Step = Callable[[Gate], None]


@dataclass(frozen=True)
class Attack:
    """`act`: what the attacker does to the gate after `prepare`. `line`: what the gate says."""

    act: Step
    line: str
    prepare: Step = lambda _gate: None


# --- good documents ------------------------------------------------------------------------------


def rules_of(version: int, as_of_ms: int = NOW_MS, signer: Key = LIST_KEY) -> bytes:
    """Return a book that denies product 7 on a list that nobody has confirmed for an hour."""
    strict = Rules(fresh_ms=60_000, stale_ms=HOUR_MS, too_old=TooOld.DENY)
    book = RuleBook(version, as_of_ms, products={7: strict})
    return rule_book.seal(book, signer.id, signer.private.sign)


def beacon_of(
    time_ms: int,
    *,
    main: int = NUMBER,
    rules: int = NUMBER,
    keys: int = NUMBER,
    signer: Key = LIST_KEY,
) -> bytes:
    """Return a beacon of that time that names these versions."""
    of = Beacon(time_ms, (("main", main),), rules, keys)
    return beacon.seal(of, signer.id, signer.private.sign)


def withdrawal(version: int = NUMBER + 1) -> bytes:
    """Return a key set without the list key in force: another one signs from now on."""
    return sealed(version, FIRST[0], KeyRow(use=KeyUse.LIST, public=NEW_LIST.public), FIRST[2])


def at_work(gate: Gate) -> None:
    """Bring the gate to `NUMBER` of every document. It must have a list of that version."""
    gate.link_up()
    gate.hear(KeysOffer(sealed(NUMBER)))
    gate.hear(RulesOffer(rules_of(NUMBER)))
    gate.hear(BeaconMessage(beacon_of(BEACON_MS)))


# --- ways to attack ------------------------------------------------------------------------------


def offer(listing: SealedList) -> Step:
    """Return the step that offers the list, without its body."""
    return lambda gate: gate.hear(ListOffer(listing.sealed, 0))


def pulled(listing: SealedList) -> Step:
    """Return the step that offers the list and sends its body as the gate asks for it."""

    def step(gate: Gate) -> None:
        pull(gate, listing)

    return step


def hear(message: Message, signer: Key = CENTRE_KEY, topic: str | None = None) -> Step:
    """Return the step that sends a message; `topic`: another than this gate's."""
    return lambda gate: gate.hear(message, signer, topic)


def moved(message: Message, signed_for: str) -> Step:
    """Return the step that sends the centre's message for the topic `signed_for` to this gate."""

    def step(gate: Gate) -> None:
        payload = encode(signed_for, message, CENTRE_KEY.id, CENTRE_KEY.private.sign)
        gate.agent.step(Received(topic_of(PARK, GATE, type(message)), payload))

    return step


def any_manifest(fields: list[object]) -> bytes:
    """Return a manifest of any shape under the list key."""
    return seal.seal(b"scenic-gate list manifest\0", fields, LIST_KEY.id, LIST_KEY.private.sign)


def any_book(fields: list[object]) -> bytes:
    """Return a rule book of any shape under the list key."""
    return seal.seal(b"scenic-gate rule book\0", fields, LIST_KEY.id, LIST_KEY.private.sign)


def any_beacon(fields: list[object]) -> bytes:
    """Return a beacon of any shape under the list key."""
    return seal.seal(b"scenic-gate beacon\0", fields, LIST_KEY.id, LIST_KEY.private.sign)


def any_key_set(fields: list[object]) -> bytes:
    """Return a key set of any shape under two roots."""
    written = cbor.write(fields)
    signatures = [key_set.sign(written, pair.public, pair.private.sign) for pair in ROOT_KEYS[:2]]
    return key_set.seal(written, signatures)


def fields_of(document: bytes) -> list[object]:
    """Return the fields of what the list key sealed."""
    return seal.read_fields("a document", document[seal.HEAD_BYTES :])


def key_fields() -> list[Any]:
    """Return the fields of the next key set."""
    return seal.read_fields("a key set", key_set.split(sealed(NUMBER + 1))[1])


def flipped(document: bytes) -> bytes:
    """Return the document with its last bit changed."""
    return document[:-1] + bytes((document[-1] ^ 1,))


def in_turn(*steps: Step) -> Step:
    """Return the step that takes all of them, one after the other."""

    def step(gate: Gate) -> None:
        for each in steps:
            each(gate)

    return step


ROTATED = in_turn(
    hear(KeysOffer(withdrawal())),
    pulled(sealed_list(NUMBER + 1, signer=NEW_LIST)),
    hear(RulesOffer(rules_of(NUMBER + 1, signer=NEW_LIST))),
    hear(BeaconMessage(beacon_of(NOW_MS + 1500, main=NUMBER + 1, signer=NEW_LIST))),
)
"""The list key is replaced, and everything has come again under the new one."""

NEXT = sealed_list(NUMBER + 1, VOID)
OTHER = mixed(NUMBER + 1, seed=2)
NEXT_BOOK = rules_of(NUMBER + 1)
NEXT_SET = sealed(NUMBER + 1)
NEXT_BEACON = beacon_of(NOW_MS + 2000)
GOOD: dict[Document, Message] = {
    Document.LIST: ListOffer(NEXT.sealed, 0),
    Document.RULES: RulesOffer(NEXT_BOOK),
    Document.KEYS: KeysOffer(NEXT_SET),
    Document.BEACON: BeaconMessage(NEXT_BEACON),
}
"""What may follow each document: every attack differs from it in one thing."""

UNKNOWN, FORGED = "signed with an unknown key", "with a wrong signature"
NOT_NEWER = "that is not newer than the one in force"
SHAPE, RANGE, LENGTH = "of another shape", "with a field out of range", "of impossible length"
FEW = "a key set that fewer than 2 of the root keys signed"
FEW_OWN = "a key set that fewer than 2 of its own root keys signed"
MANIFEST, BOOK, BEACON, SET = "a list manifest", "a rule book", "a beacon", "a key set"

Name = tuple[str, Document, str]
"""An attack by TUF's name, the document, and what the attacker varies; "" for the only way."""
