"""The renewal of a gate's own key over the network: three messages, and the box for the new link
secret.

    down/renew    the centre orders another key in place of the one it names
    up/renew      the gate has made one; signed, like every message, with the key in force
    down/renewed  its certificate, and the link secret that belongs to it, in a box

The proof shows that the sender has the new private key. The box is ECIES as in ISO/IEC 18033-2:
X25519 (RFC 7748), HKDF-SHA-256 (RFC 5869), ChaCha20-Poly1305 (RFC 8439); brokers and other gates
must not learn the secret. The modules of the library for it are imported when a key is renewed:
once in years.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.link_secret import SECRET_BYTES
from gate_agent.validator.trust.keys import SIGNATURE_BYTES, KeyUse, PublicKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

KEY_BYTES = 32
MAX_CERTIFICATE_BYTES = 2048
BOX_BYTES = KEY_BYTES + SECRET_BYTES + 16
_PROOF = b"scenic-gate renewal\0"
_BOX = b"scenic-gate box\0"
_NONCE = bytes(12)


@dataclass(frozen=True, slots=True)
class RenewOrder:
    """down/renew: make a new key in place of `public`, 32 bytes. A gate that has another key has
    obeyed already, and ignores the order."""

    topic_end: ClassVar[str] = "down/renew"
    public: bytes


@dataclass(frozen=True, slots=True)
class Renew:
    """up/renew: `public`, 32 bytes of Ed25519, shall be this gate's key. `box_key`: 32 bytes of
    X25519, which the answer is encrypted to. `proof`: signature of the new key over
    `proof_text`."""

    topic_end: ClassVar[str] = "up/renew"
    public: bytes
    box_key: bytes
    proof: bytes


@dataclass(frozen=True, slots=True)
class Renewed:
    """down/renewed: `certificate` (X.509, DER) for `public`. `box`: contains its link secret."""

    topic_end: ClassVar[str] = "down/renewed"
    public: bytes
    certificate: bytes
    box: bytes


def check(message: object) -> None:
    """Raise WireError if a field of a renewal message has an impossible length."""
    match message:
        case RenewOrder(public):
            sizes = len(public) == KEY_BYTES
        case Renew(public, box_key, proof):
            sizes = (len(public), len(box_key)) == (KEY_BYTES, KEY_BYTES)
            sizes = sizes and len(proof) == SIGNATURE_BYTES
        case Renewed(public, certificate, box):
            sizes = (len(public), len(box)) == (KEY_BYTES, BOX_BYTES)
            sizes = sizes and 0 < len(certificate) <= MAX_CERTIFICATE_BYTES
        case _:
            return
    if not sizes:
        raise WireError("a renewal with a field of another length")


def ask(gate: str, replaced: bytes, seed: bytes) -> Renew:
    """Return the message of a gate whose new Ed25519 key comes from `seed`, 32 bytes. `replaced`:
    the public key in force. The same seed gives the same message."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    box_key = _box_private(seed).public_key().public_bytes_raw()
    proof = key.sign(proof_text(gate, replaced, box_key))
    return Renew(key.public_key().public_bytes_raw(), box_key, proof)


def proof_text(gate: str, replaced: bytes, box_key: bytes) -> bytes:
    """Return the bytes that the new key signs: they name the gate, the key that is replaced, and
    the key of the box."""
    return _PROOF + gate.encode() + b"\0" + replaced + box_key


def check_proof(message: Renew, gate: str, replaced: bytes) -> None:
    """Raise WireError unless the sender of `message` has the new private key."""
    key = PublicKey.of(message.public, KeyUse.GATE, gate)
    if not key.signed(message.proof, proof_text(gate, replaced, message.box_key)):
        raise WireError("a renewal whose new key did not sign it")


def seal_box(secret: bytes, gate: str, message: Renew, ephemeral: bytes) -> bytes:
    """Return the box that holds `secret` (32 bytes) for the sender of `message`. `ephemeral`: 32
    random bytes, for this message alone. Raise WireError if the box key is no X25519 key."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    own = X25519PrivateKey.from_private_bytes(ephemeral)
    public = own.public_key().public_bytes_raw()
    key = _box_secret(own, message.box_key, public + message.box_key)
    return public + ChaCha20Poly1305(key).encrypt(_NONCE, secret, _about(gate, message.public))


def open_box(box: bytes, gate: str, seed: bytes) -> bytes:
    """Return the secret in `box`, for the gate whose new key comes from `seed`. Raise WireError."""
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    own = _box_private(seed)
    ephemeral, sealed = box[:KEY_BYTES], box[KEY_BYTES:]
    key = _box_secret(own, ephemeral, ephemeral + own.public_key().public_bytes_raw())
    try:
        return ChaCha20Poly1305(key).decrypt(_NONCE, sealed, _about(gate, public_of(seed)))
    except InvalidTag:
        raise WireError("a renewal whose box was not made for this key") from None


def public_of(seed: bytes) -> bytes:
    """Return the public half of the Ed25519 key that comes from `seed`, 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _about(gate: str, public: bytes) -> bytes:
    return _BOX + gate.encode() + b"\0" + public


def _box_private(seed: bytes) -> "X25519PrivateKey":
    """Return the X25519 key of the box. It is derived from the new key, so that a gate has one
    secret to store, not two."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    return X25519PrivateKey.from_private_bytes(sha256(_BOX + seed).digest())


def _box_secret(own: "X25519PrivateKey", other: bytes, salt: bytes) -> bytes:
    """Return the key of the cipher, by X25519 and HKDF-SHA-256. Raise WireError if `other` is no
    X25519 key."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(other))
    except ValueError:
        raise WireError("a renewal with a box key that is none") from None
    return HKDF(SHA256(), 32, salt, _BOX).derive(shared)
