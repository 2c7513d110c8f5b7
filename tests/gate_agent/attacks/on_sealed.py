"""Attacks on what one list key seals: lists, rule books and beacons."""

from dataclasses import replace

from gate_agent.validator.messages.envelopes import ListOffer, topic_of
from gate_agent.validator.messages.trust_messages import BeaconMessage, RulesOffer
from gate_agent.validator.trust import beacon, seal
from gate_agent.validator.trust.rule_book import MAX_BOOK_BYTES
from tests.gate_agent.attacks.documents import (
    BEACON,
    BEACON_MS,
    BOOK,
    FORGED,
    GOOD,
    LENGTH,
    MANIFEST,
    NEXT,
    NEXT_BEACON,
    NEXT_BOOK,
    NOT_NEWER,
    NOW_MS,
    NUMBER,
    OTHER,
    RANGE,
    ROTATED,
    SHAPE,
    UNKNOWN,
    Attack,
    Document,
    Name,
    any_beacon,
    any_book,
    any_manifest,
    beacon_of,
    fields_of,
    flipped,
    hear,
    moved,
    offer,
    pulled,
    rules_of,
)
from tests.gate_agent.lists.pulls import VOID, mixed
from tests.gate_agent.samples import (
    CENTRE_KEY,
    GATE,
    PARK,
    STRANGER,
    sealed_list,
)
from tests.gate_agent.trust.key_sets import NEW_LIST

SEALED: dict[Name, Attack] = {
    # Arbitrary software: content that nobody trusted signed for this use.
    ("arbitrary", Document.LIST, "stranger"): Attack(
        offer(sealed_list(NUMBER + 1, signer=STRANGER)), f"{MANIFEST} {UNKNOWN}"
    ),
    ("arbitrary", Document.LIST, "key of another use"): Attack(
        offer(sealed_list(NUMBER + 1, signer=CENTRE_KEY)), f"{MANIFEST} {UNKNOWN}"
    ),
    ("arbitrary", Document.LIST, "changed manifest"): Attack(
        hear(ListOffer(flipped(NEXT.sealed), 0)), f"{MANIFEST} {FORGED}"
    ),
    ("arbitrary", Document.LIST, "changed body"): Attack(
        pulled(replace(NEXT, body=flipped(NEXT.body))),
        "a list body that is not the one its manifest names",
    ),
    ("arbitrary", Document.RULES, "stranger"): Attack(
        hear(RulesOffer(rules_of(NUMBER + 1, signer=STRANGER))), f"{BOOK} {UNKNOWN}"
    ),
    ("arbitrary", Document.RULES, "key of another use"): Attack(
        hear(RulesOffer(rules_of(NUMBER + 1, signer=CENTRE_KEY))), f"{BOOK} {UNKNOWN}"
    ),
    ("arbitrary", Document.RULES, "changed"): Attack(
        hear(RulesOffer(flipped(NEXT_BOOK))), f"{BOOK} {FORGED}"
    ),
    ("arbitrary", Document.BEACON, "stranger"): Attack(
        hear(BeaconMessage(beacon_of(NOW_MS + 2000, signer=STRANGER))), f"{BEACON} {UNKNOWN}"
    ),
    ("arbitrary", Document.BEACON, "changed"): Attack(
        hear(BeaconMessage(flipped(NEXT_BEACON))), f"{BEACON} {FORGED}"
    ),
    # Rollback: an older document, or a higher number over older content.
    ("rollback", Document.LIST, "older"): Attack(
        offer(sealed_list(NUMBER - 1)), f"a list {NOT_NEWER}"
    ),
    ("rollback", Document.LIST, "same number, other content"): Attack(
        offer(sealed_list(NUMBER, VOID)), f"a list {NOT_NEWER}"
    ),
    ("rollback", Document.LIST, "higher number, earlier time"): Attack(
        offer(sealed_list(NUMBER + 1, as_of_ms=NOW_MS - 1)), f"a list {NOT_NEWER}"
    ),
    ("rollback", Document.RULES, "older"): Attack(
        hear(RulesOffer(rules_of(NUMBER - 1))), f"{BOOK} {NOT_NEWER}"
    ),
    ("rollback", Document.RULES, "higher number, earlier time"): Attack(
        hear(RulesOffer(rules_of(NUMBER + 1, NOW_MS - 1))), f"{BOOK} {NOT_NEWER}"
    ),
    ("rollback", Document.BEACON, "earlier"): Attack(
        hear(BeaconMessage(beacon_of(BEACON_MS - 1))), "a beacon that is not newer than the last"
    ),
    # Endless data: more bytes than a gate reads.
    ("endless-data", Document.LIST, ""): Attack(
        hear(ListOffer(NEXT.sealed + bytes(600), 0)), f"{MANIFEST} {LENGTH}"
    ),
    ("endless-data", Document.LIST, "a body of 4 MiB and a byte"): Attack(
        hear(
            ListOffer(
                any_manifest(
                    [*fields_of(NEXT.sealed)[:7], (4 << 20) + 1, *fields_of(NEXT.sealed)[8:]]
                ),
                0,
            )
        ),
        f"{MANIFEST} {RANGE}",
    ),
    ("endless-data", Document.RULES, ""): Attack(
        hear(RulesOffer(NEXT_BOOK.ljust(MAX_BOOK_BYTES + 1, b"\0"))), f"{BOOK} {LENGTH}"
    ),
    ("endless-data", Document.BEACON, ""): Attack(
        hear(BeaconMessage(NEXT_BEACON.ljust(beacon.MAX_BEACON_BYTES + 1, b"\0"))),
        f"{BEACON} {LENGTH}",
    ),
    # Extraneous dependencies: rightly signed, with more in it than belongs there.
    ("extraneous", Document.LIST, "a field"): Attack(
        hear(ListOffer(any_manifest([*fields_of(NEXT.sealed), 0]), 0)), f"{MANIFEST} {SHAPE}"
    ),
    ("extraneous", Document.RULES, "a field"): Attack(
        hear(RulesOffer(any_book([*fields_of(NEXT_BOOK), [], 0]))), f"{BOOK} {SHAPE}"
    ),
    ("extraneous", Document.BEACON, "a field"): Attack(
        hear(BeaconMessage(any_beacon([*fields_of(NEXT_BEACON), 0]))), f"{BEACON} {SHAPE}"
    ),
    ("extraneous", Document.BEACON, "a series twice"): Attack(
        hear(BeaconMessage(any_beacon([NOW_MS + 2000, [["main", NUMBER]] * 2, NUMBER, NUMBER]))),
        f"{BEACON} {RANGE}",
    ),
    # Mix-and-match: true pieces that do not belong together.
    ("mix-and-match", Document.LIST, "a body of another version"): Attack(
        pulled(
            replace(
                OTHER, body=mixed(NUMBER + 1, seed=3).body.ljust(len(OTHER.body))[: len(OTHER.body)]
            )
        ),
        "a list body that is not the one its manifest names",
    ),
    ("mix-and-match", Document.LIST, "changes to another list"): Attack(
        pulled(mixed(NUMBER + 1, mixed(NUMBER, seed=8), seed=2)), "a list"
    ),
    ("mix-and-match", Document.LIST, "signature of another version"): Attack(
        hear(ListOffer(OTHER.sealed[: seal.HEAD_BYTES] + NEXT.sealed[seal.HEAD_BYTES :], 0)),
        f"{MANIFEST} {FORGED}",
    ),
    ("mix-and-match", Document.RULES, "signature of another version"): Attack(
        hear(RulesOffer(rules_of(NUMBER + 2)[: seal.HEAD_BYTES] + NEXT_BOOK[seal.HEAD_BYTES :])),
        f"{BOOK} {FORGED}",
    ),
    ("mix-and-match", Document.RULES, "a book under the keys of the next set"): Attack(
        hear(RulesOffer(rules_of(NUMBER + 1, signer=NEW_LIST))), f"{BOOK} {UNKNOWN}"
    ),
    ("mix-and-match", Document.BEACON, "newer than the lists that it names"): Attack(
        hear(BeaconMessage(beacon_of(NOW_MS + 2000, main=NUMBER - 1))),
        f"a beacon that names list main {NUMBER - 1}: {NUMBER} is in force",
    ),
    # Threshold: some of the keys, but not enough of them.
    ("threshold", Document.LIST, "list key without the centre's"): Attack(
        hear(ListOffer(NEXT.sealed, 0), STRANGER), f"a message {UNKNOWN}"
    ),
    ("threshold", Document.RULES, "list key without the centre's"): Attack(
        hear(RulesOffer(NEXT_BOOK), STRANGER), f"a message {UNKNOWN}"
    ),
    ("threshold", Document.BEACON, "list key without the centre's"): Attack(
        hear(BeaconMessage(NEXT_BEACON), STRANGER), f"a message {UNKNOWN}"
    ),
    # Rotation: the key that was replaced signs on.
    ("old-key", Document.LIST, ""): Attack(
        offer(sealed_list(NUMBER + 2)), f"{MANIFEST} {UNKNOWN}", ROTATED
    ),
    ("old-key", Document.RULES, ""): Attack(
        hear(RulesOffer(rules_of(NUMBER + 2))), f"{BOOK} {UNKNOWN}", ROTATED
    ),
    ("old-key", Document.BEACON, ""): Attack(
        hear(BeaconMessage(beacon_of(NOW_MS + 2000))), f"{BEACON} {UNKNOWN}", ROTATED
    ),
    # Replay: what was good once.
    ("replay", Document.LIST, ""): Attack(
        pulled(sealed_list(NUMBER)),
        f"a list {NOT_NEWER}",
        pulled(sealed_list(NUMBER + 1, VOID)),
    ),
    ("replay", Document.RULES, ""): Attack(
        hear(RulesOffer(rules_of(NUMBER))), f"{BOOK} {NOT_NEWER}", hear(RulesOffer(NEXT_BOOK))
    ),
    ("replay", Document.BEACON, ""): Attack(
        hear(BeaconMessage(beacon_of(BEACON_MS))), "a beacon that is not newer than the last"
    ),
    # The wrong place: another kind of document under the same key; gates and parks are below.
    ("wrong-place", Document.LIST, "a beacon"): Attack(
        hear(ListOffer(NEXT_BEACON, 0)), f"{MANIFEST} {FORGED}"
    ),
    ("wrong-place", Document.RULES, "a list"): Attack(
        hear(RulesOffer(NEXT.sealed)), f"{BOOK} {FORGED}"
    ),
    ("wrong-place", Document.BEACON, "a rule book"): Attack(
        hear(BeaconMessage(NEXT_BOOK)), f"{BEACON} {FORGED}"
    ),
}
"""One attempt each: the rightly signed successor in `GOOD`, but for one thing."""

for _document in (Document.LIST, Document.RULES, Document.BEACON):
    _message = GOOD[_document]
    _kind = type(_message)
    _south, _east = topic_of(PARK, "south-1", _kind), topic_of("east-lake", GATE, _kind)
    SEALED |= {
        ("wrong-place", _document, "another gate's message"): Attack(
            moved(_message, _south), f"a message {FORGED}"
        ),
        ("wrong-place", _document, "another park's message"): Attack(
            moved(_message, _east), f"a message {FORGED}"
        ),
        ("wrong-place", _document, "another gate's topic"): Attack(
            hear(_message, topic=_south), f"a message {UNKNOWN}"
        ),
        ("wrong-place", _document, "another park's topic"): Attack(
            hear(_message, topic=_east), "a message for a gate of another park"
        ),
    }
