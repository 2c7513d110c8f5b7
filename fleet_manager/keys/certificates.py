"""Issue X.509 certificates for broker, centre and gates, signed by the park's own authority.

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
# Certificates begin in the past: the clock of a board without a battery may be behind.
_BACKDATED = timedelta(days=1)
_Builder = x509.CertificateBuilder


def authority(vault: Vault, park: str, now: datetime) -> bytes:
    """Return the authority's own certificate, PEM. It is made once, at `init`."""
    public = Ed25519PublicKey.from_public_bytes(vault.authority_public)
    builder = _builder(_authority_name(park), park, public, vault, now, _AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(ca=True), critical=True)
    return vault.sign_certificate(builder).public_bytes(Encoding.PEM)


def client(vault: Vault, park: str, name: str, public: bytes, now: datetime) -> bytes:
    """Return a certificate for a client of the broker, PEM. `public`: 32 bytes, Ed25519."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return _leaf(vault, park, subject, public, now, purpose=ExtendedKeyUsageOID.CLIENT_AUTH)


def server(vault: Vault, park: str, host: str, public: bytes, now: datetime) -> bytes:
    """Return a certificate for a broker that is reached as `host`, a name or an address, PEM.

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

    purpose = ExtendedKeyUsageOID.SERVER_AUTH
    return _leaf(vault, park, subject, public, now, purpose=purpose, extend=add_names)


def _leaf(
    vault: Vault,
    park: str,
    subject: x509.Name,
    public: bytes,
    now: datetime,
    *,
    purpose: x509.ObjectIdentifier,
    extend: Callable[[_Builder], _Builder] = lambda builder: builder,
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
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
        )
    )


def _serial(public: Ed25519PublicKey, now: datetime) -> int:
    """Return a serial number: positive and at most 20 bytes long (RFC 5280, 4.1.2.2).

    It is a hash of the key and the time, so that a gate that repeats its request in the same
    moment gets the same certificate.
    """
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
