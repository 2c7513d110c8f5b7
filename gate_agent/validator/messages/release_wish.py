"""PURE. The wish: which release the centre wants a gate to run, and when the gate may switch.

The centre's key signs it, and it says only which of the signed releases is meant: what may run at
all is for the release keys. It is made anew for each request and expires, so that whoever holds
back a newer wish cannot do so for long.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from gate_agent.validator.errors import WireError
from gate_agent.validator.moment import END_MS
from gate_agent.validator.trust.keys import KeyRing, KeyUse
from gate_agent.validator.trust.seal import in_range, open_seal, seal

MAX_WISH_BYTES = 1024
LIFE_MS = 3_600_000
"""So long a wish is good after it was made."""
_CONTEXT = b"scenic-gate release wish\0"
_DIGEST_BYTES = 32
_MOST = 1 << 62


class SwitchTime(StrEnum):
    """When a gate may switch. NIGHT: at rest, in the hours that the board calls its night. REST: at
    rest, at whatever hour. NOW: at once, also in the middle of a passage."""

    NIGHT = "night"
    REST = "rest"
    NOW = "now"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseWish:
    """`number`: counts the wishes of the centre; a gate takes none below the highest that it has
    seen. `as_of_ms`, `expires_ms`, `not_before_ms`: UTC since 1970. `release`: its name.
    `manifest`: SHA-256 of its `release.json`, 32 bytes. `sequence`: of the release."""

    park: str
    gate: str
    number: int
    as_of_ms: int
    expires_ms: int
    release: str
    manifest: bytes
    sequence: int
    when: SwitchTime
    not_before_ms: int = 0

    def seal(self, key_id: bytes, sign: Callable[[bytes], bytes]) -> bytes:
        """Return the wish as it is sent, signed with the centre's key."""
        fields: list[object] = [
            self.park,
            self.gate,
            self.number,
            self.as_of_ms,
            self.expires_ms,
            self.release,
            self.manifest,
            self.sequence,
            self.when.value,
            self.not_before_ms,
        ]
        return seal(_CONTEXT, fields, key_id, sign)

    @property
    def content(self) -> str:
        """Return a digest of what is wished, hexadecimal: the same for each copy of a wish."""
        words = (self.number, self.release, self.manifest.hex(), self.sequence)
        text = f"{words} {self.when.value} {self.not_before_ms}"
        return sha256(text.encode()).hexdigest()[:16]


def open_wish(sealed: bytes, ring: KeyRing, park: str, gate: str) -> ReleaseWish:
    """Return a wish that the centre signed for this gate. Raise WireError.

    Whether it has expired, and whether it is older than another, is for the caller.
    """
    values = open_seal("a wish", _CONTEXT, sealed, MAX_WISH_BYTES, ring, KeyUse.CENTRE)
    if len(values) != 10:
        raise WireError("a wish of another shape")
    of_park, of_gate, number, as_of_ms, expires_ms = values[:5]
    release, manifest, sequence, when, not_before_ms = values[5:]
    if not (
        all(type(text) is str for text in (of_park, of_gate, release, when))
        and in_range(number, 1, _MOST)
        and all(in_range(ms, 0, END_MS) for ms in (as_of_ms, expires_ms, not_before_ms))
        and in_range(sequence, 0, _MOST)
        and type(manifest) is bytes
        and len(manifest) == _DIGEST_BYTES
        and when in {known.value for known in SwitchTime}
        and is_release_name(str(release))
    ):
        raise WireError("a wish with a field out of range")
    if (of_park, of_gate) != (park, gate):
        raise WireError("a wish for another gate")
    assert isinstance(number, int)
    assert isinstance(as_of_ms, int)
    assert isinstance(expires_ms, int)
    assert isinstance(sequence, int)
    assert isinstance(not_before_ms, int)
    assert isinstance(manifest, bytes)
    return ReleaseWish(
        park=park,
        gate=gate,
        number=number,
        as_of_ms=as_of_ms,
        expires_ms=expires_ms,
        release=str(release),
        manifest=manifest,
        sequence=sequence,
        when=SwitchTime(str(when)),
        not_before_ms=not_before_ms,
    )


def is_release_name(text: str) -> bool:
    """Return whether a text can name a release, as `0.2.0-1a2b3c4d5e6f`."""
    version, _, digest = text.rpartition("-")
    letters = "0123456789abcdefghijklmnopqrstuvwxyz.+"
    return (
        0 < len(version) <= 40
        and set(version) <= set(letters)
        and version[0].isdigit()
        and len(digest) == 12
        and set(digest) <= set("0123456789abcdef")
    )
