"""Keys that sign the vectors. Everybody can make them: never trust one of them at a gate."""

from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate_agent.validator.trust.keys import KeyRing, KeyUse, PublicKey, key_id

PARK = "west-lake"
GATE = "north-1"


class TestKey:
    """A private key whose seed is SHA-256 of `scenic-gate test key: ` and its name."""

    __test__ = False

    def __init__(self, name: str, use: KeyUse, owner: str) -> None:
        self.name, self.use, self.owner = name, use, owner
        self.seed = sha256(f"scenic-gate test key: {name}".encode()).digest()
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        self.sign = private.sign
        self.public = private.public_key().public_bytes_raw()
        self.id = key_id(self.public)
        self.key = PublicKey.of(self.public, use, owner)


TICKET = TestKey("ticket", KeyUse.TICKET, PARK)
LIST = TestKey("list", KeyUse.LIST, PARK)
CENTRE = TestKey("centre", KeyUse.CENTRE, PARK)
GATE_KEY = TestKey("gate", KeyUse.GATE, GATE)
STRANGER = TestKey("stranger", KeyUse.TICKET, PARK)
ROOTS = tuple(TestKey(f"root {number}", KeyUse.ROOT, PARK) for number in (1, 2, 3))

TRUSTED = (TICKET, LIST, CENTRE, GATE_KEY, *ROOTS)
EVERY = (*TRUSTED, STRANGER)
RING = KeyRing(one.key for one in TRUSTED)
