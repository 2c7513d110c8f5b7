"""What is kept back or pushed to its end, and the cells of the table that are empty."""

from collections.abc import Callable
from dataclasses import astuple

from gate_agent.events import LinkDown
from gate_agent.validator.messages.trust_messages import BeaconMessage, RulesOffer
from tests.gate_agent.attacks.documents import (
    FAR_MS,
    HOUR_MS,
    NOW_MS,
    NUMBER,
    OTHER,
    Attack,
    Document,
    Name,
    Step,
    beacon_of,
    hear,
    in_turn,
    pulled,
    rules_of,
)
from tests.gate_agent.attacks.on_key_sets import KEY_SETS
from tests.gate_agent.attacks.on_sealed import SEALED
from tests.gate_agent.conftest import Gate
from tests.gate_agent.lists.pulls import VOID
from tests.gate_agent.samples import Key, code, sealed_list, ticket
from tests.gate_agent.trust.key_sets import LAST

# --- nothing is wrong, and something is missing --------------------------------------------------


def _beacons(*, main: int = NUMBER, rules: int = NUMBER, keys: int = NUMBER) -> Step:
    """Two beacons that name something newer, while the document itself is kept back."""
    return in_turn(
        *(
            hear(BeaconMessage(beacon_of(NOW_MS + at, main=main, rules=rules, keys=keys)))
            for at in (2000, 62_000)
        )
    )


def _drip(gate: Gate) -> None:
    """Send a newer list a byte at a time, each before the gate would give up waiting."""
    gate.offer(OTHER)
    for at in range(3):
        gate.wait(1900)
        gate.send_chunk(OTHER, at, 1)
    _beacons(main=NUMBER + 1)(gate)


def _silence(gate: Gate) -> None:
    """Keep every beacon back for more than an hour; then a visitor comes."""
    gate.agent.step(LinkDown())
    gate.wait(HOUR_MS + 2000)
    gate.scan(code(ticket(1)))


HELD_BACK: dict[Name, Attack] = {
    ("freeze", Document.LIST, ""): Attack(
        _beacons(main=NUMBER + 1), f"list main {NUMBER} is in force, the centre has {NUMBER + 1}"
    ),
    ("freeze", Document.RULES, ""): Attack(
        _beacons(rules=NUMBER + 1), f"rules {NUMBER} are in force, the centre has {NUMBER + 1}"
    ),
    ("freeze", Document.KEYS, ""): Attack(
        _beacons(keys=NUMBER + 1), f"key set {NUMBER} is in force, the centre has {NUMBER + 1}"
    ),
    ("freeze", Document.BEACON, ""): Attack(_silence, "list_too_old"),
    ("slow", Document.LIST, ""): Attack(
        _drip, f"list main {NUMBER} is in force, the centre has {NUMBER + 1}"
    ),
}
"""`line` is a fault of the gate, or the reason of a refusal."""


# --- whoever has the list key --------------------------------------------------------------------

HEALED: dict[Name, tuple[Step, Callable[[Key], Step]]] = {
    ("fast-forward", Document.LIST, ""): (
        pulled(sealed_list(LAST, VOID, as_of_ms=FAR_MS)),
        lambda signer: pulled(sealed_list(NUMBER + 1, signer=signer)),
    ),
    ("fast-forward", Document.RULES, ""): (
        hear(RulesOffer(rules_of(LAST, FAR_MS))),
        lambda signer: hear(RulesOffer(rules_of(NUMBER + 1, signer=signer))),
    ),
    ("fast-forward", Document.BEACON, ""): (
        hear(BeaconMessage(beacon_of(FAR_MS))),
        lambda signer: hear(BeaconMessage(beacon_of(NOW_MS + 2000, signer=signer))),
    ),
}
"""What the thief of the list key does, and what the centre sends, signed by a list key."""

NO_RELEASE = "no message carries software"
_ONE_MESSAGE = "one message carries all of it: what comes late is kept back, see freeze"
NOT_THERE: dict[tuple[str, Document], str] = {
    ("slow", document): _ONE_MESSAGE
    for document in (Document.RULES, Document.KEYS, Document.BEACON)
}
NAMES = tuple(dict.fromkeys(name for name, *_ in (*SEALED, *KEY_SETS, *HELD_BACK)))
NOT_THERE |= {(name, Document.RELEASE): NO_RELEASE for name in NAMES}


def in_force(gate: Gate, document: Document) -> object:
    """Return what the gate believes of one document."""
    match document:
        case Document.LIST:
            listing = gate.lists.listing(ticket(7))
            return gate.lists.in_force(), None if listing is None else astuple(listing)
        case Document.RULES:
            return gate.trust.rules
        case Document.KEYS:
            return gate.trust.keys, list(gate.trust.ring)
        case Document.BEACON:
            return gate.trust.vouching, gate.clock.beacon_times, gate.clock.lower_bounds
        case Document.RELEASE:
            return NO_RELEASE
