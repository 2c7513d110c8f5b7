"""Ask the centre's door over HTTPS, knowing nothing but the fingerprint of the park's authority."""

import base64
import hashlib
import http.client
import json
import ssl
from collections.abc import Callable

from gate_agent.errors import GateError
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.enrolment import (
    FINGERPRINT_BYTES,
    MAX_BODY_BYTES,
    Enrolled,
    EnrolmentToken,
    EnrolRequest,
    read_enrolled,
)

TIMEOUT_S = 15.0
_MAX_AUTHORITY_BYTES = 8192
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


class DoorRefusal(GateError):
    """The centre has refused the enrolment."""


def ask(token: EnrolmentToken, request: EnrolRequest) -> Enrolled:
    """Send a request to the door that a token names; return the centre's answer.

    The authority's certificate is fetched first, and believed for its fingerprint alone. Raises
    DoorRefusal with the centre's reason, and GateError if the centre cannot be asked.
    """
    authority = _fetch_authority(token)
    context = ssl.create_default_context(cadata=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
    status, body = _ask(token, context, "POST", "/enrol", request.to_json(), MAX_BODY_BYTES)
    if status != 200:
        raise DoorRefusal(f"the centre refuses: {_reason(status, body)}", _hint(body))
    try:
        return read_enrolled(body)
    except WireError as error:
        raise GateError(f"cannot read the centre's answer: {error}") from None


def _fetch_authority(token: EnrolmentToken) -> str:
    """Return the authority's certificate, PEM. Raises GateError unless its fingerprint is the
    token's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is believed here but the fingerprint
    status, body = _ask(token, context, "GET", "/ca", None, _MAX_AUTHORITY_BYTES)
    text = body.decode("ascii", "replace").strip()
    wrong = GateError(
        f"{token.host}:{token.port} is not the centre of park {token.park}: its authority has "
        "another fingerprint than the token",
        "is the host right? a token is good for its own park alone",
    )
    if status != 200 or not (text.startswith(_BEGIN) and text.endswith(_END)):
        raise wrong
    try:
        der = base64.b64decode(text.removeprefix(_BEGIN).removesuffix(_END))
    except ValueError:
        raise wrong from None
    if hashlib.sha256(der).digest()[:FINGERPRINT_BYTES] != token.fingerprint:
        raise wrong
    return text + "\n"


def _ask(
    token: EnrolmentToken,
    context: ssl.SSLContext,
    method: str,
    path: str,
    body: bytes | None,
    most: int,
) -> tuple[int, bytes]:
    """Return status and body of the answer. Raises GateError, which says what could not be done."""
    connection = http.client.HTTPSConnection(
        token.host, token.port, timeout=TIMEOUT_S, context=context
    )
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read(most)
    except ssl.SSLCertVerificationError as error:
        raise GateError(
            f"{token.host}:{token.port} has a certificate that does not fit: "
            f"{error.verify_message}",
            "is this board's clock right, and is the host in centre.toml the one in the token?",
        ) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise GateError(
            f"cannot reach the centre's door at {token.host}:{token.port}: {reason}",
            "does fleet-manager-door run there, and does the network let port "
            f"{token.port} through?",
        ) from None
    finally:
        connection.close()


def _reason(status: int, body: bytes) -> str:
    return _said(body, "reason") or f"HTTP status {status}"


def _hint(body: bytes) -> str:
    return _said(body, "hint")


def _said(body: bytes, name: str) -> str:
    try:
        text = json.loads(body).get(name, "")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return "".join(c if c.isprintable() else "?" for c in str(text))[:300]


Ask = Callable[[EnrolmentToken, EnrolRequest], Enrolled]
"""How a request is sent: `ask`, or the test's."""
