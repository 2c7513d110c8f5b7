"""PURE. The enrolment of a board by a one-time token: its text, the request and the answer.

    fleet-manager gate invite     makes a token for one gate, good for a while
    gate-agent enrol TOKEN        draws the gate's key on the board and asks the centre's door

The token holds the fingerprint of the park's certificate authority, so the board knows the centre,
and a secret, so the centre knows the board. The secret itself never travels: the request is
authenticated under it (HMAC-SHA-256, RFC 2104), and signed with the new key, which proves that the
sender has it. Request and answer are JSON within TLS.
"""

import base64
import hmac
import json
import re
from dataclasses import dataclass
from hashlib import sha256

from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.envelopes import is_name
from gate_agent.validator.trust.keys import SIGNATURE_BYTES, KeyUse, PublicKey

PREFIX = "SGE1:"
ID_BYTES, SECRET_BYTES, FINGERPRINT_BYTES = 8, 16, 16
PUBLIC_BYTES, CODE_BYTES = 32, 32
MAX_HOST_CHARS = 253
MAX_TOKEN_CHARS = 700
MAX_BODY_BYTES = 32_768
GATE_FILE = "gate.json"
"""The file of an identity that `site_json` is written to."""
_CHECK_BYTES = 4
_CONTEXT = b"scenic-gate enrolment\0"
_HEX = re.compile(r"[0-9a-f]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentToken:
    """What `gate invite` prints. `id`: 8 bytes, which name it. `secret`: 16 bytes. `fingerprint`:
    the first 16 bytes of the SHA-256 of the authority's certificate (DER). `host`, `port`: the
    centre's door. `expires_s`: UTC seconds."""

    id: bytes
    secret: bytes
    fingerprint: bytes
    park: str
    gate: str
    host: str
    port: int
    expires_s: int

    def to_text(self) -> str:
        """Return the token in capitals and digits, which a QR code holds best."""
        fixed = self.expires_s.to_bytes(4) + self.port.to_bytes(2)
        fixed += self.id + self.secret + self.fingerprint
        texts = (self.park.encode(), self.gate.encode(), self.host.encode())
        body = fixed + b"".join(bytes([len(text)]) + text for text in texts)
        whole = body + sha256(_CONTEXT + body).digest()[:_CHECK_BYTES]
        return PREFIX + base64.b32encode(whole).decode().rstrip("=")


def read_token(text: str) -> EnrolmentToken:
    """Return the token in a text; white space and small letters do no harm. Raises WireError."""
    if len(text) > MAX_TOKEN_CHARS:
        raise WireError("not a token: too long")
    letters = "".join(text.split()).upper()
    if not letters.startswith(PREFIX):
        raise WireError(f"not a token: one begins with {PREFIX}")
    letters = letters.removeprefix(PREFIX)
    try:
        whole = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except ValueError:
        raise WireError("not a token: a letter is wrong or missing") from None
    body, check = whole[:-_CHECK_BYTES], whole[-_CHECK_BYTES:]
    if sha256(_CONTEXT + body).digest()[:_CHECK_BYTES] != check:
        raise WireError("not a token: a letter is wrong or missing")
    return _token_of(body)


def _token_of(body: bytes) -> EnrolmentToken:
    at = 6 + ID_BYTES + SECRET_BYTES + FINGERPRINT_BYTES
    fixed, rest = body[:at], body[at:]
    texts: list[str] = []
    while rest:
        size = rest[0]
        texts.append(rest[1 : size + 1].decode("ascii", "replace"))
        rest = rest[size + 1 :]
    if len(texts) != 3 or not (is_name(texts[0]) and is_name(texts[1]) and texts[2]):
        raise WireError("not a token of this version")
    return EnrolmentToken(
        expires_s=int.from_bytes(fixed[:4]),
        port=int.from_bytes(fixed[4:6]),
        id=fixed[6:14],
        secret=fixed[14:30],
        fingerprint=fixed[30:46],
        park=texts[0],
        gate=texts[1],
        host=texts[2],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolRequest:
    """What a board asks. `token_id`: 8 bytes. `public`: 32 bytes of Ed25519, the gate's key.
    `proof`: the signature of that key over `proof_text`. `code`: HMAC under the token's secret."""

    park: str
    gate: str
    token_id: bytes
    public: bytes
    proof: bytes
    code: bytes

    def to_json(self) -> bytes:
        """Return the body to send."""
        return _json(
            {
                "park": self.park,
                "gate": self.gate,
                "token": self.token_id.hex(),
                "public": self.public.hex(),
                "proof": self.proof.hex(),
                "code": self.code.hex(),
            }
        )

    def check(self, secret: bytes) -> None:
        """Raise WireError unless the sender has the token's secret and the private key."""
        text = proof_text(self.park, self.gate, self.token_id, self.public)
        if not hmac.compare_digest(hmac.digest(secret, text, sha256), self.code):
            raise WireError("the token's secret is another")
        if not PublicKey.of(self.public, KeyUse.GATE, self.gate).signed(self.proof, text):
            raise WireError("the new key did not sign the request")


def proof_text(park: str, gate: str, token_id: bytes, public: bytes) -> bytes:
    """Return the bytes that the new key signs and that the code covers."""
    return _CONTEXT + park.encode() + b"\0" + gate.encode() + b"\0" + token_id + public


def read_request(data: bytes) -> EnrolRequest:
    """Return the request in a body. Raises WireError."""
    fields = _object(data)
    park, gate = _text(fields, "park"), _text(fields, "gate")
    if not (is_name(park) and is_name(gate)):
        raise WireError("an enrolment with an impossible name")
    return EnrolRequest(
        park=park,
        gate=gate,
        token_id=_bytes(fields, "token", ID_BYTES),
        public=_bytes(fields, "public", PUBLIC_BYTES),
        proof=_bytes(fields, "proof", SIGNATURE_BYTES),
        code=_bytes(fields, "code", CODE_BYTES),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """What the centre answers: the texts of the bundle's files but the key. `host`, `port`: the
    broker's. `time_zone`: the park's, as Asia/Shanghai."""

    park: str
    gate: str
    host: str
    port: int
    time_zone: str
    certificate: str
    authority: str
    ring: str
    pepper: str
    link: str

    def to_json(self) -> bytes:
        """Return the body to send."""
        return _json({name: getattr(self, name) for name in self.__slots__})


def read_enrolled(data: bytes) -> Enrolled:
    """Return the answer in a body. Raises WireError."""
    fields = _object(data)
    port = fields.get("port")
    if type(port) is not int or not 0 < port < 1 << 16:
        raise WireError("an answer with a field of another kind: port")
    names = [name for name in Enrolled.__slots__ if name != "port"]
    texts = {name: _text(fields, name) for name in names}
    return Enrolled(**texts, port=port)


def _json(fields: dict[str, object]) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()


def _object(data: bytes) -> dict[str, object]:
    if len(data) > MAX_BODY_BYTES:
        raise WireError("a body that is too long")
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError):
        raise WireError("a body that is not JSON") from None
    if not isinstance(fields, dict):
        raise WireError("a body that is not a JSON object")
    return fields


def _text(fields: dict[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise WireError(f"a field is missing or of another kind: {name}")
    return value


def _bytes(fields: dict[str, object], name: str, size: int) -> bytes:
    text = _text(fields, name)
    if len(text) != 2 * size or not _HEX.fullmatch(text):
        raise WireError(f"a field is missing or of another kind: {name}")
    return bytes.fromhex(text)


def site_json(park: str, gate: str, host: str, port: int, time_zone: str) -> bytes:
    """Return the content of GATE_FILE: what a board's first gate.toml needs, so that nobody types
    it again. `host`, `port`: the broker's."""
    facts = {"park": park, "id": gate, "host": host, "port": port, "time_zone": time_zone}
    return json.dumps(facts, ensure_ascii=False).encode() + b"\n"
