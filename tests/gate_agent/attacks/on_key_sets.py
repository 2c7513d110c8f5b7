"""Attacks on the key set, which two of three root keys sign."""

from gate_agent.validator.messages.envelopes import topic_of
from gate_agent.validator.messages.trust_messages import KeysOffer
from gate_agent.validator.trust import key_set
from gate_agent.validator.trust.key_set import MAX_SET_BYTES
from tests.gate_agent.attacks.documents import (
    FEW,
    FEW_OWN,
    LENGTH,
    NEXT_BOOK,
    NEXT_SET,
    NOT_NEWER,
    NOW_MS,
    NUMBER,
    RANGE,
    SET,
    SHAPE,
    Attack,
    Document,
    Name,
    any_key_set,
    flipped,
    hear,
    key_fields,
    withdrawal,
)
from tests.gate_agent.samples import (
    CENTRE_KEY,
    GATE,
    LIST_KEY,
    PARK,
    ROOT_KEYS,
    STRANGER,
    key,
)
from tests.gate_agent.trust.key_sets import LAST, NEW_ROOTS, sealed

ROOT, ROOT_2 = ROOT_KEYS[:2]
FOUR_ROOTS = sorted([*(root.public for root in ROOT_KEYS), STRANGER.public])

KEY_SETS: dict[Name, Attack] = {
    # Arbitrary software: content that nobody trusted signed for this use.
    ("arbitrary", Document.KEYS, "strangers"): Attack(
        hear(KeysOffer(sealed(NUMBER + 1, by=(STRANGER, key(77))))), FEW
    ),
    ("arbitrary", Document.KEYS, "keys of other uses"): Attack(
        hear(KeysOffer(sealed(NUMBER + 1, by=(LIST_KEY, CENTRE_KEY)))), FEW
    ),
    ("arbitrary", Document.KEYS, "changed"): Attack(hear(KeysOffer(flipped(NEXT_SET))), FEW),
    # Rollback: an older document, or a higher number over older content.
    ("rollback", Document.KEYS, "older"): Attack(
        hear(KeysOffer(sealed(NUMBER - 1))), f"{SET} {NOT_NEWER}"
    ),
    ("rollback", Document.KEYS, "same number, other content"): Attack(
        hear(KeysOffer(withdrawal(NUMBER))), f"{SET} {NOT_NEWER}"
    ),
    ("rollback", Document.KEYS, "higher number, earlier time"): Attack(
        hear(KeysOffer(sealed(NUMBER + 1, as_of_ms=NOW_MS - 1))), f"{SET} {NOT_NEWER}"
    ),
    # Fast-forward: a number so high that nothing can follow.
    ("fast-forward", Document.KEYS, "one root key"): Attack(
        hear(KeysOffer(sealed(LAST, by=(ROOT,)))), FEW
    ),
    ("fast-forward", Document.KEYS, "the list key"): Attack(
        hear(KeysOffer(sealed(LAST, by=(LIST_KEY, ROOT)))), FEW
    ),
    # Endless data: more bytes than a gate reads.
    ("endless-data", Document.KEYS, ""): Attack(
        hear(KeysOffer(NEXT_SET.ljust(MAX_SET_BYTES + 1, b"\0"))), f"{SET} {LENGTH}"
    ),
    # Extraneous dependencies: rightly signed, with more in it than belongs there.
    ("extraneous", Document.KEYS, "a field"): Attack(
        hear(KeysOffer(any_key_set([*key_fields(), 0]))), f"{SET} {SHAPE}"
    ),
    ("extraneous", Document.KEYS, "a fourth root"): Attack(
        hear(KeysOffer(any_key_set([*key_fields()[:3], FOUR_ROOTS, key_fields()[4]]))),
        f"{SET} {RANGE}",
    ),
    ("extraneous", Document.KEYS, "a key of a gate"): Attack(
        hear(
            KeysOffer(
                any_key_set(
                    [*key_fields()[:4], [*key_fields()[4], ["gate", STRANGER.public, 0, 0, 0]]]
                )
            )
        ),
        f"{SET} {RANGE}",
    ),
    ("extraneous", Document.KEYS, "a key twice"): Attack(
        hear(KeysOffer(any_key_set([*key_fields()[:4], [*key_fields()[4], key_fields()[4][0]]]))),
        "a key set with a key twice",
    ),
    # Mix-and-match: true pieces that do not belong together.
    ("mix-and-match", Document.KEYS, "signatures of two versions"): Attack(
        hear(
            KeysOffer(
                key_set.seal(
                    key_set.split(NEXT_SET)[1],
                    [key_set.split(NEXT_SET)[0][0], key_set.split(sealed(NUMBER + 2))[0][1]],
                )
            )
        ),
        FEW,
    ),
    # Threshold: some of the keys, but not enough of them.
    ("threshold", Document.KEYS, "nobody"): Attack(hear(KeysOffer(sealed(NUMBER + 1, by=()))), FEW),
    ("threshold", Document.KEYS, "one root key"): Attack(
        hear(KeysOffer(sealed(NUMBER + 1, by=(ROOT,)))), FEW
    ),
    ("threshold", Document.KEYS, "one root key twice"): Attack(
        hear(KeysOffer(sealed(NUMBER + 1, by=(ROOT, ROOT)))), SET
    ),
    ("threshold", Document.KEYS, "one root key and a stranger's"): Attack(
        hear(KeysOffer(sealed(NUMBER + 1, by=(ROOT, STRANGER)))), FEW
    ),
    ("threshold", Document.KEYS, "two old roots, one new"): Attack(
        hear(KeysOffer(sealed(NUMBER + 1, roots=NEW_ROOTS, by=(ROOT, ROOT_2, NEW_ROOTS[0])))),
        FEW_OWN,
    ),
    ("threshold", Document.KEYS, "one old root, all new"): Attack(
        hear(KeysOffer(sealed(NUMBER + 1, roots=NEW_ROOTS, by=(ROOT, *NEW_ROOTS)))), FEW
    ),
    # Rotation: the key that was replaced signs on.
    ("old-key", Document.KEYS, ""): Attack(
        hear(KeysOffer(sealed(NUMBER + 2, by=ROOT_KEYS))),
        FEW,
        hear(KeysOffer(sealed(NUMBER + 1, roots=NEW_ROOTS, by=(ROOT, ROOT_2, *NEW_ROOTS[:2])))),
    ),
    # Replay: what was good once.
    ("replay", Document.KEYS, ""): Attack(
        hear(KeysOffer(sealed(NUMBER))), f"{SET} {NOT_NEWER}", hear(KeysOffer(NEXT_SET))
    ),
    # The wrong place: a set counts for every gate of the park, so its envelope is not verified.
    ("wrong-place", Document.KEYS, "another gate's topic"): Attack(
        hear(KeysOffer(NEXT_SET), topic=topic_of(PARK, "south-1", KeysOffer)),
        "a message for a gate of another park",
    ),
    ("wrong-place", Document.KEYS, "another park's topic"): Attack(
        hear(KeysOffer(NEXT_SET), topic=topic_of("east-lake", GATE, KeysOffer)),
        "a message for a gate of another park",
    ),
    ("wrong-place", Document.KEYS, "another park's set"): Attack(
        hear(KeysOffer(sealed(NUMBER + 1, park="east-lake"))), "a key set of another park"
    ),
    ("wrong-place", Document.KEYS, "a rule book"): Attack(hear(KeysOffer(NEXT_BOOK)), SET),
}
"""One attempt each: the set `NEXT_SET`, but for one thing."""
