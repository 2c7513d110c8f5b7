"""The gate's own key, and the one that follows it. Part of the actor; runs on its thread.

What the board was enrolled with stays untouched. A renewed key is one file with everything that
belongs to it: key, certificate, secret of the link; so a power cut leaves the old or the new one.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gate_agent.errors import JournalError
from gate_agent.health import Health
from gate_agent.trust.documents import TrustDocuments
from gate_agent.trust.identity import AUTHORITY, Identity, to_pem
from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages import renewal
from gate_agent.validator.messages.renewal import KEY_BYTES, Renew, Renewed, RenewOrder
from gate_agent.validator.trust.keys import key_id

OWN, NEXT = "own", "next"
FAULT = "own key"
_MAGIC = b"scenic-gate own key "

Certified = Callable[[bytes, bytes], None]
"""Raises WireError unless the certificate (DER) is this gate's, for that public key."""


@dataclass(frozen=True, slots=True)
class _Own:
    """`number`: how often the key was renewed. `enrolled`: the key that it followed at first, so
    that a board that is enrolled anew does not go on with an old one."""

    number: int
    enrolled: bytes
    link: bytes
    seed: bytes


def current(enrolled: Identity, documents: TrustDocuments) -> Identity:
    """Return what the gate is now: with its newest key, or as it was enrolled."""
    newest: tuple[_Own, Path] | None = None
    for path, data in documents.copies(OWN):
        try:
            own = _unpack(data)
        except WireError:
            continue
        if own.enrolled == enrolled.public and (newest is None or own.number > newest[0].number):
            newest = own, path
    if newest is None:
        return enrolled
    own, path = newest
    key = Ed25519PrivateKey.from_private_bytes(own.seed)
    public = key.public_key().public_bytes_raw()
    return replace(
        enrolled,
        key_id=key_id(public),
        sign=key.sign,
        public=public,
        link=own.link,
        renewed=path,
        renewals=own.number,
    )


class KeyRenewal:
    """`identity`: what the gate is now. `draw` returns so many random bytes. `certified`: by the
    authority whose certificate is in the identity's folder, if it is not given."""

    def __init__(
        self,
        gate: str,
        enrolled: Identity,
        documents: TrustDocuments,
        health: Health,
        draw: Callable[[int], bytes],
        certified: Certified | None = None,
    ) -> None:
        self.identity = current(enrolled, documents)
        self._gate = gate
        self._enrolled = enrolled
        self._documents = documents
        self._health = health
        self._draw = draw
        self._certified = certified or certified_by((enrolled.folder / AUTHORITY).read_bytes, gate)

    def receive(self, message: RenewOrder | Renewed) -> Renew | None:
        """Handle an order to renew the key, or the answer with its certificate; return what to send
        to the centre. Raises WireError; then nothing has changed. What cannot be made durable is a
        fault, and the centre sends it again."""
        try:
            if isinstance(message, RenewOrder):
                answer = self._ordered(message)
            else:
                answer = None
                self._renewed(message)
        except JournalError as error:
            self._health.fault(FAULT, str(error))
            return None
        self._health.recover(FAULT)
        return answer

    def _ordered(self, order: RenewOrder) -> Renew | None:
        """Draw the next key, once, and return the request for its certificate. It is on disk before
        it is sent: the centre accepts one key, and no other after it."""
        replaced = self.identity.public
        if order.public != replaced:
            return None
        seed = self._next()
        if seed is None:
            seed = self._draw(KEY_BYTES)
            body = cbor.write([replaced, seed])
            self._documents.save(NEXT, sha256(body).digest() + body)
        return renewal.ask(self._gate, replaced, seed)

    def _renewed(self, message: Renewed) -> None:
        """Check everything first; then disk; then the new key is in force."""
        if message.public == self.identity.public:
            return
        seed = self._next()
        if seed is None or renewal.public_of(seed) != message.public:
            raise WireError("a certificate for a key that this gate has not drawn")
        self._certified(message.certificate, message.public)
        link = renewal.open_box(message.box, self._gate, seed)
        number = self.identity.renewals + 1
        own = _Own(number, self._enrolled.public, link, seed)
        self._documents.save(OWN, _pack(own, message.certificate))
        self.identity = current(self._enrolled, self._documents)
        self._health.count("own key renewed")

    def _next(self) -> bytes | None:
        """Return the seed of the key drawn to follow the one in force; None if none was."""
        for _path, data in self._documents.copies(NEXT):
            head, body = data[:32], data[32:]
            if sha256(body).digest() != head:
                continue
            fields = cbor.read(body)
            if type(fields) is list and fields[0] == self.identity.public:
                return bytes(fields[1])
        return None


def _pack(own: _Own, certificate: bytes) -> bytes:
    """Return a PEM file, for TLS; in front of it what PEM does not hold."""
    values = (own.enrolled.hex(), own.link.hex(), own.seed.hex())
    text = f"{own.number} {' '.join(values)}\n".encode()
    key = Ed25519PrivateKey.from_private_bytes(own.seed)
    body = text + to_pem(key) + ssl.DER_cert_to_PEM_cert(certificate).encode()
    return _MAGIC + sha256(body).hexdigest().encode() + b"\n" + body


def _unpack(data: bytes) -> _Own:
    head, _, body = data.partition(b"\n")
    if head != _MAGIC + sha256(body).hexdigest().encode():
        raise WireError("the file of the gate's own key is damaged")
    number, enrolled, link, seed = body.partition(b"\n")[0].decode().split(" ")
    return _Own(int(number), *(bytes.fromhex(value) for value in (enrolled, link, seed)))


def certified_by(authority: Callable[[], bytes], gate: str) -> Certified:
    """Return a check by the park's authority, whose certificate (PEM) `authority` reads when it is
    needed."""

    def check(certificate: bytes, public: bytes) -> None:
        from cryptography import x509
        from cryptography.exceptions import InvalidSignature

        try:
            parsed = x509.load_der_x509_certificate(certificate)
            parsed.verify_directly_issued_by(x509.load_pem_x509_certificate(authority()))
            key = parsed.public_key()
        except (OSError, ValueError, TypeError, InvalidSignature):
            raise WireError("a certificate that is not by the park's authority") from None
        names = parsed.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        if [name.value for name in names] != [gate]:
            raise WireError("a certificate for another gate")
        if not isinstance(key, Ed25519PublicKey) or key.public_bytes_raw() != public:
            raise WireError("a certificate for another key")

    return check
