"""X.509 certificates for the broker, the centre and the gates, all below the park's own authority.

The common name is the identity: gate id = certificate name = MQTT user name = client id.
"""

import ipaddress
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fleet_manager.keys.vault import Vault

CENTRE_NAME = "centre"
_AUTHORITY_DAYS = 20 * 365
LEAF_DAYS = 5 * 365
# A board without a clock of its own may believe it is some time ago.
_BACK = timedelta(days=1)
_Builder = x509.CertificateBuilder


def authority(vault: Vault, park: str, now: datetime) -> bytes:
    """The authority's own certificate, PEM. Made once, at `init`."""
    public = Ed25519PublicKey.from_public_bytes(vault.authority_public)
    builder = _builder(_authority_name(park), park, public, vault, now, _AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(ca=True), critical=True)
    return vault.sign_certificate(builder).public_bytes(Encoding.PEM)


def client(vault: Vault, park: str, name: str, public: bytes, now: datetime) -> bytes:
    """A certificate for somebody who connects to the broker, PEM."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return _leaf(vault, park, subject, public, now, ExtendedKeyUsageOID.CLIENT_AUTH, lambda b: b)


def server(vault: Vault, park: str, host: str, public: bytes, now: datetime) -> bytes:
    """A certificate for a broker that is reached as `host`, a name or an address, PEM.

    Raises ValueError for a host that a certificate cannot hold.
    """
    names: list[x509.GeneralName] = []
    try:
        names.append(x509.IPAddress(ipaddress.ip_address(host)))
    except ValueError:
        names.append(x509.DNSName(host))
    if host == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])

    def add_names(builder: _Builder) -> _Builder:
        return builder.add_extension(x509.SubjectAlternativeName(names), critical=False)

    return _leaf(vault, park, subject, public, now, ExtendedKeyUsageOID.SERVER_AUTH, add_names)


def _leaf(
    vault: Vault,
    park: str,
    subject: x509.Name,
    public: bytes,
    now: datetime,
    purpose: x509.ObjectIdentifier,
    extend: Callable[[_Builder], _Builder],
) -> bytes:
    key = Ed25519PublicKey.from_public_bytes(public)
    builder = _builder(subject, park, key, vault, now, LEAF_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
    builder = builder.add_extension(_usage(ca=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    return vault.sign_certificate(extend(builder)).public_bytes(Encoding.PEM)


def _authority_name(park: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"scenic-gate {park}")])


def _builder(
    subject: x509.Name, park: str, public: Ed25519PublicKey, vault: Vault, now: datetime, days: int
) -> _Builder:
    issuer_key = Ed25519PublicKey.from_public_bytes(vault.authority_public)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(_authority_name(park))
        .public_key(public)
        .serial_number(_serial(public, now))
        .not_valid_before(now - _BACK)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
        )
    )


def _serial(public: Ed25519PublicKey, now: datetime) -> int:
    """20 bytes at most, and never 0 (RFC 5280, 4.1.2.2). Of what makes two certificates of one
    authority differ, so that whoever asks twice in a moment is answered the same."""
    text = public.public_bytes_raw() + now.isoformat().encode()
    return int.from_bytes(b"\1" + sha256(text).digest()[:18])


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
