"""Certificates that browsers take: ECDSA on P-256, of an authority for pages alone.

The park's own authority signs with Ed25519, which no browser verifies. So the console has an
authority of its own, in `tls/`: office computers trust its certificate once, and the server's own
is made anew at each start. Files of a public authority may be named in centre.toml instead.
"""

import ipaddress
import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fleet_manager import https_server
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreConfigError

AUTHORITY, AUTHORITY_KEY = "web-ca.crt", "web-ca.key"
_AUTHORITY_DAYS, _LEAF_DAYS = 10 * 365, 390
_BACKDATED = timedelta(days=1)


def authority_file(centre: Centre) -> Path:
    """Return the certificate that office computers have to trust."""
    return centre.config.folder / "tls" / AUTHORITY


def make_context(centre: Centre) -> ssl.SSLContext:
    """Return the TLS of the console. Raises CentreConfigError for files that cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    web = centre.config.web
    if web.certificate is not None and web.key is not None:
        try:
            context.load_cert_chain(web.certificate, web.key)
        except (OSError, ssl.SSLError) as error:
            raise CentreConfigError(
                f"cannot use {web.certificate} with {web.key}: {error}",
                "web.certificate and web.key name a certificate and its key, PEM",
            ) from None
        return context
    https_server.load_pem(context, _leaf(centre))
    return context


def _leaf(centre: Centre) -> bytes:
    """Return a new key and certificate for the console's names, PEM."""
    key, issuer = _authority(centre)
    own = ec.generate_private_key(ec.SECP256R1())
    now = datetime.fromtimestamp(centre.clock() / 1000, UTC)
    host = centre.config.web_host
    names = [_name(host)]
    names += [_name(extra) for extra in ("localhost", "127.0.0.1", *centre.config.web.hosts)]
    certificate = (
        _builder(host, issuer.subject, own.public_key(), key.public_key(), now, _LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(list(dict.fromkeys(names))), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _pem(own) + certificate.public_bytes(Encoding.PEM)


def _authority(centre: Centre) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """Return the authority for pages; it is made when it is first needed."""
    file = authority_file(centre)
    key_file = file.with_name(AUTHORITY_KEY)
    try:
        if not file.exists():
            _make_authority(centre, file, key_file)
        key = load_pem_private_key(key_file.read_bytes(), None)
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError) as error:
        raise CentreConfigError(
            f"cannot use {file} and {AUTHORITY_KEY} beside it: {error}"
        ) from None
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key, certificate


def _make_authority(centre: Centre, file: Path, key_file: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.fromtimestamp(centre.clock() / 1000, UTC)
    name = f"scenic-gate {centre.config.park} console"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        _builder(name, subject, key.public_key(), key.public_key(), now, _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_SIGNS_CERTIFICATES, critical=True)
        .sign(key, hashes.SHA256())
    )
    file.parent.mkdir(exist_ok=True)
    with os.fdopen(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(_pem(key))
    file.write_bytes(certificate.public_bytes(Encoding.PEM))


_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _builder(
    name: str,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    issuer_public: ec.EllipticCurvePublicKey,
    now: datetime,
    days: int,
) -> x509.CertificateBuilder:
    """Return a certificate with the ids of both keys, without which Python 3.13 takes none."""
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_public), critical=False
        )
    )


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
