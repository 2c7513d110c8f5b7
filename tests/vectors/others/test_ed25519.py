"""No second signature for one document, at every door that a signature comes in by.

RSA and ECDSA vectors have no door here: gates, the centre and pretix sign with Ed25519 alone.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate_agent.validator.decide import Denied, authenticate
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.manifest import open_manifest
from gate_agent.validator.messages import envelopes
from gate_agent.validator.messages.renewal import ask, check_proof
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets import base45, pretix_ticket
from gate_agent.validator.tickets.pretix_ticket import PretixTicket
from gate_agent.validator.trust import beacon, key_set, rule_book
from gate_agent.validator.trust.keys import KeyUse, PublicKey
from hardware_sim.pretix import secret
from tests.vectors.keyring import GATE, PARK, RING, ROOTS
from tests.vectors.others.wycheproof import groups
from tests.vectors.rows import find_key, good

ORDER = 2**252 + 27742317777372353535851937790883648493
"""Of the group (RFC 8032, 5.1): S below it is the one form of S."""
FIELD = 2**255 - 19


def test_the_vectors_of_ed25519() -> None:
    """`valid` is taken and `invalid` refused. No vector is `acceptable`."""
    wrong = []
    for group in groups("ed25519_test.json"):
        key = PublicKey.of(bytes.fromhex(group["publicKey"]["pk"]), KeyUse.TICKET, PARK)
        for test in group["tests"]:
            signature, message = bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"])
            shown = PretixTicket(
                item=0,
                variation=0,
                subevent=0,
                valid_from=0,
                valid_until=0,
                payload=message,
                signature=signature,
            )
            taken = {key.signed(signature, message), shown.signed_by(key)}
            if taken != {test["result"] == "valid"}:
                wrong.append((test["tcId"], test["flags"], test["result"]))
    assert wrong == []


def _twin(signature: bytes) -> bytes:
    """Return the same R with S + L: the same number of the group."""
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    return signature[:32] + scalar.to_bytes(32, "little")


FORGERIES: dict[str, Callable[[bytes], bytes]] = {
    "S + L": _twin,
    "S = 0": lambda signature: signature[:32] + bytes(32),
    "S = L": lambda signature: signature[:32] + ORDER.to_bytes(32, "little"),
    "highest bit of S": lambda signature: signature[:63] + bytes((signature[63] | 0x80,)),
    "sign of R": lambda signature: signature[:31] + bytes((signature[31] ^ 0x80,)) + signature[32:],
    "R is the identity": lambda signature: bytes((1, *bytes(31))) + signature[32:],
    "R = p, not reduced": lambda signature: FIELD.to_bytes(32, "little") + signature[32:],
    "R = S = 0": lambda _signature: bytes(64),
    "R and S exchanged": lambda signature: signature[32:] + signature[:32],
}


@dataclass(frozen=True)
class Door:
    """A reader of signed bytes. `start`: where the signature begins in `good`. `taken`: whether
    the reader takes the bytes."""

    good: bytes
    start: int
    taken: Callable[[bytes], bool]

    def with_signature(self, forge: Callable[[bytes], bytes]) -> bytes:
        end = self.start + 64
        return self.good[: self.start] + forge(self.good[self.start : end]) + self.good[end:]


def _takes(read: Callable[[bytes], object]) -> Callable[[bytes], bool]:
    def taken(data: bytes) -> bool:
        try:
            read(data)
        except WireError:
            return False
        return True

    return taken


def _ticket() -> Door:
    data = base45.decode(good("tickets")[0]["code"][4:].encode())

    def taken(form: bytes) -> bool:
        answer = authenticate(b"SG1:" + base45.encode(form).encode(), RING)
        assert not isinstance(answer, Denied) or answer == Denied(Reason.FORGED)
        return not isinstance(answer, Denied)

    return Door(data, len(data) - 64, taken)


def _message() -> Door:
    row = good("messages")[0]

    def read(payload: bytes) -> object:
        return envelopes.decode(row["topic"], payload, find_key)

    return Door(bytes.fromhex(row["payload"]), 5, _takes(read))


def _sealed(name: str, read: Callable[[bytes], object], start: int = 4) -> Door:
    return Door(bytes.fromhex(good(name)[0]["sealed"]), start, _takes(read))


def _key_set() -> Door:
    publics = [root.public for root in ROOTS]
    return _sealed("key_sets", lambda data: key_set.open_set(data, publics, PARK), start=5)


def _list() -> Door:
    sealed = next(row["manifest"] for row in good("lists") if "manifest" in row)
    return Door(bytes.fromhex(sealed), 4, _takes(lambda data: open_manifest(data, RING)))


def _proof() -> Door:
    replaced = bytes(32)
    asked = ask(GATE, replaced, bytes(range(32)))

    def read(proof: bytes) -> None:
        check_proof(replace(asked, proof=proof), GATE, replaced)

    return Door(asked.proof, 0, _takes(read))


def _pretix() -> Door:
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    key = PublicKey.of(private.public_key().public_bytes_raw(), KeyUse.TICKET, PARK)
    data = base64.b64decode(secret.sign(private, "a" * 20, item=7)[::-1])

    def taken(form: bytes) -> bool:
        return pretix_ticket.parse(base64.b64encode(form)[::-1]).signed_by(key)

    return Door(data, len(data) - 64, taken)


DOORS: dict[str, Callable[[], Door]] = {
    "ticket": _ticket,
    "message": _message,
    "list": _list,
    "rule book": lambda: _sealed("rules", lambda data: rule_book.open_book(data, RING)),
    "beacon": lambda: _sealed("beacons", lambda data: beacon.open_beacon(data, RING)),
    "key set": _key_set,
    "renewal": _proof,
    "pretix ticket": _pretix,
}


@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.parametrize("door", DOORS)
def test_a_document_has_one_signature(door: str, forgery: str) -> None:
    reader = DOORS[door]()
    assert reader.taken(reader.good)
    assert not reader.taken(reader.with_signature(FORGERIES[forgery]))
