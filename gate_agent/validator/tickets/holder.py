"""The holder tag binds a ticket to a person without keeping an identity number on a gate."""

import hmac

from gate_agent.validator.errors import WireError

ID_CARD = "id-card"
DOCUMENTS = (ID_CARD, "passport", "permit", "other")
"""Kinds of documents that people are asked for; a tag of another kind is another tag."""
TAG_BYTES = 4
MIN_PEPPER_BYTES = 16


def normalise(number: str) -> str:
    """Return a document number as it is compared: without separators, in capital letters. Raise
    WireError unless it has 4 to 32 letters and digits."""
    characters = "".join(c for c in number if c not in " -.\t\r\n")
    if not 4 <= len(characters) <= 32 or not characters.isascii() or not characters.isalnum():
        raise WireError("a document number that is not 4 to 32 letters and digits")
    return characters.upper()


def holder_tag(pepper: bytes, serial: int, document: str, number: str) -> bytes:
    """Return the four bytes that bind a ticket's serial to a person's document.

    The tag is HMAC-SHA-256 (RFC 2104) under the park's secret `pepper` over (serial, document type,
    normalised number), cut to four bytes: a plain salted hash of an identity number is broken
    within hours, because there are so few numbers. Raise WireError for a pepper under 16 bytes, a
    document type that is not printable ASCII, or a number of another form.
    """
    if len(pepper) < MIN_PEPPER_BYTES:
        raise WireError("a pepper shorter than 16 bytes")
    if not (document.isascii() and document.isprintable()):
        raise WireError("a document type that is not in printable ASCII")
    text = f"{serial}|{document}|{normalise(number)}".encode()
    return hmac.new(pepper, text, "sha256").digest()[:TAG_BYTES]
