"""The secret of the link between one gate and the centre, and the short code made with it."""

import hmac
from functools import lru_cache
from hashlib import sha256

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from gate_agent.validator.errors import WireError

SECRET_BYTES = 32
CODE_BYTES = 8
MOST_SECRETS = 1024
_CONTEXT = b"scenic-gate note\0"


def link_secret(secret: bytes, gate: str, public: bytes) -> bytes:
    """The 32 bytes that the centre and one gate share: from the centre's secret, the gate's name
    and its public key, so that a board with a new key has a new one and no table is needed."""
    text = b"scenic-gate link\0" + gate.encode() + b"\0" + public
    return hmac.digest(secret, text, sha256)


def with_code(topic: str, body: bytes, secret: bytes, unsaid: bytes = b"") -> bytes:
    """`body` with 8 bytes of HMAC-SHA-256 behind it, over the topic, `unsaid` and the body."""
    return body + _code(topic, unsaid + body, secret)


def open_code(topic: str, payload: bytes, secret: bytes, unsaid: bytes = b"") -> bytes:
    """The body. Raises WireError unless whoever holds `secret` made it for this topic."""
    body = payload[:-CODE_BYTES]
    if not hmac.compare_digest(_code(topic, unsaid + body, secret), payload[-CODE_BYTES:]):
        raise WireError("a note with a wrong code")
    return body


def _code(topic: str, text: bytes, secret: bytes) -> bytes:
    code = _keyed(secret).copy()
    code.update(_CONTEXT + topic.encode() + b"\0" + text)
    return code.finalize()[:CODE_BYTES]


@lru_cache(MOST_SECRETS)
def _keyed(secret: bytes) -> HMAC:
    """To be copied: taking in the key costs twice what the text of a note does."""
    return HMAC(secret, SHA256())
