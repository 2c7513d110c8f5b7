"""The holder tag: ticket and person must match, and no plain ID number is kept on a gate."""

import hmac

from gate_agent.validator.errors import WireError

TAG_BYTES = 4
MIN_PEPPER_BYTES = 16


def normalise(number: str) -> str:
    """A document number as it is compared: no separators, capital letters. Raises WireError."""
    kept = "".join(c for c in number if c not in " -.\t\r\n")
    if not 4 <= len(kept) <= 32 or not kept.isascii() or not kept.isalnum():
        raise WireError("a document number that is not 4 to 32 letters and digits")
    return kept.upper()


def holder_tag(pepper: bytes, serial: int, document: str, number: str) -> bytes:
    """Four bytes that bind a ticket's serial to a person's document.

    HMAC-SHA-256 under the park's secret `pepper` over (serial, document type, normalised number):
    a plain salted hash of an ID number falls in hours, because the numbers are few. Raises
    WireError for a pepper under 16 bytes, a document type or a number that is none.
    """
    if len(pepper) < MIN_PEPPER_BYTES:
        raise WireError("a pepper shorter than 16 bytes")
    if not (document.isascii() and document.isprintable()):
        raise WireError("a document type that is not in printable ASCII")
    text = f"{serial}|{document}|{normalise(number)}".encode()
    return hmac.new(pepper, text, "sha256").digest()[:TAG_BYTES]
