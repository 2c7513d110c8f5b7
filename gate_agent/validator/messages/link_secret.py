"""The secret that one gate and the centre share, and the authentication code made with it."""

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


class WrongCodeError(WireError):
    """A note that was not made with this secret, for this topic, in answer to this question."""


def link_secret(secret: bytes, gate: str, public: bytes) -> bytes:
    """Return the 32 bytes that the centre and one gate share.

    They are HMAC-SHA-256 (RFC 2104) under the centre's own secret over the gate's name and public
    key: a board with a new key has a new link secret, and the centre needs no table of them.
    """
    text = b"scenic-gate link\0" + gate.encode() + b"\0" + public
    return hmac.digest(secret, text, sha256)


def with_code(topic: str, body: bytes, secret: bytes, unsent: bytes = b"") -> bytes:
    """Return `body` with 8 bytes of HMAC-SHA-256 behind it, over the topic, `unsent` and the body.
    `unsent`: bytes that both sides know and that are not sent: the code of the question that the
    note answers, or the whole number of which only a part is sent."""
    return body + _code(topic, unsent + body, secret)


def open_code(topic: str, payload: bytes, secret: bytes, unsent: bytes = b"") -> bytes:
    """Return the body. Raise WrongCodeError unless its code was made with `secret` for this topic
    and `unsent`."""
    body = payload[:-CODE_BYTES]
    if not hmac.compare_digest(_code(topic, unsent + body, secret), payload[-CODE_BYTES:]):
        raise WrongCodeError("a note with a wrong code")
    return body


def code_of(payload: bytes) -> bytes:
    """Return the code behind a note: it names the note, and cannot be foretold."""
    return payload[-CODE_BYTES:]


def _code(topic: str, text: bytes, secret: bytes) -> bytes:
    code = _keyed(secret).copy()
    code.update(_CONTEXT + topic.encode() + b"\0" + text)
    return code.finalize()[:CODE_BYTES]


@lru_cache(MOST_SECRETS)
def _keyed(secret: bytes) -> HMAC:
    """Return an HMAC that has taken in `secret`, to be copied: that costs twice as much as the text
    of a note."""
    return HMAC(secret, SHA256())
