"""PURE. Sign deliveries as Standard Webhooks 1.0 says, symmetric signatures (`v1`).

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hmac
from collections.abc import Sequence
from hashlib import sha256

PREFIX = "whsec_"


def secret_text(secret: bytes) -> str:
    """Return a secret as a receiver is given it."""
    return PREFIX + base64.b64encode(secret).decode("ascii")


def signed_headers(
    event_id: str, at_s: int, body: bytes, secrets: Sequence[bytes]
) -> dict[str, str]:
    """Return the headers of a delivery. `at_s`: of this attempt, UTC seconds. `secrets`: the one in
    force first; during a rotation the one before as well."""
    signed = f"{event_id}.{at_s}.".encode() + body
    signatures = [
        "v1," + base64.b64encode(hmac.digest(secret, signed, sha256)).decode("ascii")
        for secret in secrets
    ]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(signatures),
    }
