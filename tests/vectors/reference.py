"""A second implementation of the formats, written from docs/wire.md and not from the validator.

It shares no code with the product and needs nothing but the standard library: what both agree on
is what the document says.
"""

import hmac
import struct
from hashlib import sha256
from typing import Any, NamedTuple

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


class Refused(Exception):
    """The text does not follow docs/wire.md."""


def head(major: int, number: int) -> bytes:
    """A CBOR initial byte with its argument in the shortest form."""
    for short, limit, size in ((24, 1 << 8, 1), (25, 1 << 16, 2), (26, 1 << 32, 4)):
        if number < 24:
            return bytes((major << 5 | number,))
        if number < limit:
            return bytes((major << 5 | short,)) + number.to_bytes(size, "big")
    return bytes((major << 5 | 27,)) + number.to_bytes(8, "big")


def cbor(value: Any) -> bytes:
    """Core deterministic encoding, RFC 8949, 4.2.1. A tuple (18, x) is x under tag 18."""
    if value is None or value is False or value is True:
        return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[value]
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    if isinstance(value, dict):
        pairs = sorted((cbor(key), cbor(item)) for key, item in value.items())
        return head(5, len(value)) + b"".join(key + item for key, item in pairs)
    tag, inner = value
    return head(6, tag) + cbor(inner)


def base45(text: str) -> bytes:
    """RFC 9285, refusing everything that no encoder writes."""
    if any(one not in DIGITS for one in text) or len(text) % 3 == 1:
        raise Refused(text)
    data = b""
    for at in range(0, len(text), 3):
        group = [DIGITS.index(one) for one in text[at : at + 3]]
        size = 2 if len(group) == 3 else 1
        number = sum(digit * 45**place for place, digit in enumerate(group))
        if number >= 256**size:
            raise Refused(text)
        data += number.to_bytes(size, "big")
    return data


class Expanded(NamedTuple):
    """A code with its fields by name, the bytes under its signature, and the COSE_Sign1."""

    fields: dict[str, Any]
    to_verify: bytes
    cose: bytes


OPTIONAL = (  # name, bytes, default, claim
    ("admits", 2, 1, -70002),
    ("zones", 2, 1, -70003),
    ("entry_policy", 1, 0, -70004),
    ("group", 4, None, -70005),
    ("holder_tag", 4, None, -70006),
    ("issue", 1, 0, -70007),
)


def known_policy(byte: int) -> bool:
    """Whether the byte is one of the 31 entry policies."""
    rule, exit_required, entries = byte & 3, byte >> 2 & 1, byte >> 4
    if byte & 8:
        return False
    if rule == 0:
        return not exit_required and not entries
    return (rule == 1 and entries >= 2) or (rule == 2 and not entries)


def optional_fields(
    data: bytes, present: int, fields: dict[str, Any], claims: dict[int, Any]
) -> int:
    """Read the fields that `present` names. Returns how many bytes they took. Raises Refused for
    one that says what its absence says."""
    at = 0
    for bit, (name, size, default, claim) in enumerate(OPTIONAL):
        fields[name] = default
        if present >> bit & 1:
            raw = data[at : at + size]
            at += size
            fields[name] = raw if name == "holder_tag" else int.from_bytes(raw, "big")
            if fields[name] == default:
                raise Refused(name)
            claims[claim] = fields[name]
    return at


def expand(code: str, issuer: str) -> Expanded:
    """The whole of the ticket section, signature check left out."""
    if not code.startswith("SG1:") or not 133 <= len(code) <= 154:
        raise Refused(code)
    data = base45(code[4:])
    version, present, key, serial, issued_at = struct.unpack(">BB4sII", data[:14])
    if version != 1 or present > 0x3F:
        raise Refused(code)
    start = int.from_bytes(data[14:17], "big", signed=True)
    length = int.from_bytes(data[17:20], "big")
    not_before = (issued_at // 60 + start) * 60
    fields: dict[str, Any] = {
        "key_id": key,
        "serial": serial,
        "issued_at": issued_at,
        "not_before": not_before,
        "expires_at": not_before + 60 * length,
        "product": int.from_bytes(data[20:22], "big"),
    }
    claims: dict[int, Any] = {
        1: issuer,
        4: fields["expires_at"],
        5: not_before,
        6: issued_at,
        7: serial.to_bytes(4, "big"),
        -70001: fields["product"],
    }
    at = 22 + optional_fields(data[22:], present, fields, claims)
    if not (length and fields["admits"] and fields["zones"]):
        raise Refused(code)
    if len(data) - at != 64 or not known_policy(fields["entry_policy"]):
        raise Refused(code)
    protected = cbor({1: -8, 4: key})
    payload = cbor(claims)
    return Expanded(
        fields,
        cbor(["Signature1", protected, b"", payload]),
        cbor((18, [protected, {}, payload, data[at:]])),
    )


def record(fields: list[Any]) -> bytes:
    """A passage record from all of its twenty-three fields."""
    defaults = [0, None, None, None, 0, 0, 1, None, False, False, None, "", 0, 0, 0]
    while len(fields) > 8 and fields[-1] == defaults[len(fields) - 9]:
        fields = fields[:-1]
    return cbor(fields)


def chain(journal: bytes, records: list[bytes]) -> list[bytes]:
    """The hash after each record."""
    now, found = sha256(b"scenic-gate journal" + journal).digest(), []
    for one in records:
        now = sha256(now + one).digest()
        found.append(now)
    return found


def message_to_verify(topic: str, body: bytes) -> bytes:
    """What a message's signature covers."""
    return b"scenic-gate message\0" + topic.encode() + b"\0" + body


def gaps(numbers: list[int]) -> bytes:
    """Ascending numbers in blocks of Rice's code."""
    packed = b""
    before = -1
    for start in range(0, len(numbers), 1024):
        block = []
        for number in numbers[start : start + 1024]:
            block.append(number - before - 1)
            before = number
        sizes = [sum((gap >> k) + 1 + k for gap in block) for k in range(32)]
        k = sizes.index(min(sizes))
        unary = bits_to_bytes("".join("0" * (gap >> k) + "1" for gap in block))
        low = bits_to_bytes("".join(f"{gap % 2**k:0{k}b}" for gap in block if k))
        packed += struct.pack(">BHH", k, len(block) - 1, len(unary)) + unary + low
    return packed


def bits_to_bytes(text: str) -> bytes:
    """A text of 0 and 1, padded with 0."""
    text += "0" * (-len(text) % 8)
    return bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))


WORDS = ("unknown", "valid", "void", "suspended")


def list_body(positions: dict[str, list[int]], tables: list[dict[int, Any]]) -> bytes:
    """What travels."""
    return cbor([*(gaps(positions[word]) for word in WORDS), *tables])


def list_bits(statuses: list[str]) -> bytes:
    """Two bits a serial, the lowest serial in the lowest bits."""
    packed = bytearray((len(statuses) + 3) // 4)
    for at, word in enumerate(statuses):
        packed[at // 4] |= WORDS.index(word) << 2 * (at % 4)
    return bytes(packed)


def list_result(bits: bytes, tables: list[dict[int, Any]]) -> bytes:
    """The hash of a list, whatever way it came."""
    return sha256(cbor([bits, *tables])).digest()


def code_digest(salt: bytes, code: str) -> bytes:
    """By which a list knows a code."""
    return sha256(b"scenic-gate code\0" + salt + code.encode()).digest()[:10]


def code_table(
    salt: bytes,
    tagged: bool,
    kinds: list[list[int]],
    signers: list[list[Any]],
    codes: dict[str, tuple[int, int, bytes]],
) -> bytes:
    """A list of codes: each with its status, kind and holder tag."""
    top = cbor([salt, tagged, kinds, signers])
    rows = sorted((code_digest(salt, code), said) for code, said in codes.items())
    index = [sum(digest[0] <= place for digest, _ in rows) for place in range(256)]
    packed = struct.pack(">I", len(top)) + top + struct.pack(">256I", *index)
    for digest, (status, kind, tag) in rows:
        packed += digest[1:] + struct.pack(">H", status * 16_384 + kind) + (tag if tagged else b"")
    return packed


def status(bits: bytes, first: int, count: int, serial: int) -> str:
    """What a list says of a serial."""
    at = serial - first
    if at < 0:
        return "unknown"
    if at >= count:
        return "beyond"
    return WORDS[bits[at // 4] >> 2 * (at % 4) & 3]


def to_verify(kind: str, fields: list[Any]) -> bytes:
    """What a seal covers: `rule book`, `beacon`."""
    return b"scenic-gate " + kind.encode() + b"\0" + cbor(fields)


def rules(
    version: int,
    as_of_ms: int,
    default: list[Any],
    own: dict[int, list[Any]],
    names: dict[int, list[str]],
) -> list[Any]:
    """The fields of a rule book."""
    fields = [version, as_of_ms, default, [[product, *own[product]] for product in sorted(own)]]
    if names:
        fields.append([[product, *names[product]] for product in sorted(names)])
    return fields


def key_set_entries(sealed: bytes, fields: list[Any]) -> list[tuple[bytes, bytes]]:
    """Key ids and signatures in front of a key set's fields."""
    end = 1 + 68 * sealed[0]
    entries = [sealed[at : at + 68] for at in range(1, end, 68)]
    if entries != sorted(set(entries)) or sealed[end:] != cbor(fields):
        raise Refused("a key set")
    return [(entry[:4], entry[4:]) for entry in entries]


def manual_code(pepper: bytes, key_id: bytes, serial: int, issue: int) -> str:
    """The number that is printed below a ticket's code."""
    said = b"scenic-gate manual code\0" + key_id + struct.pack(">IB", serial, issue)
    check = struct.unpack(">Q", hmac.digest(pepper, said, "sha256")[:8])[0] % 10**6
    return f"{serial}{check:06}"


def holder_tag(pepper: bytes, serial: int, document: str, number: str) -> bytes:
    """The four bytes that bind a ticket to a document."""
    plain = "".join(one for one in number if one not in " -.\t\r\n").upper()
    text = str(serial) + "|" + document + "|" + plain
    return hmac.digest(pepper, text.encode("ascii"), sha256)[:4]


def link_secret(secret: bytes, gate: str, public: bytes) -> bytes:
    """What the centre and one gate share."""
    return hmac.digest(secret, b"scenic-gate link\0" + gate.encode() + b"\0" + public, sha256)


def note(topic: str, fields: list[Any], secret: bytes, question: bytes) -> bytes:
    """The payload of a note. `question`: the code of the note that it answers, or empty."""
    body = cbor(fields)
    text = b"scenic-gate note\0" + topic.encode() + b"\0" + question + body
    return body + hmac.digest(secret, text, sha256)[:8]


def short_news(topic: str, fields: list[Any], secret: bytes) -> bytes:
    """The payload of one passage: number, ticket, out, persons."""
    number, ticket, out, persons = fields
    body: bytes = struct.pack(">H", number % 1024 * 64 + 32 * out + persons) + ticket
    text = b"scenic-gate note\0" + topic.encode() + b"\0" + struct.pack(">Q", number) + body
    return body + hmac.digest(secret, text, sha256)[:8]


def proof_text(gate: str, replaced: bytes, box_key: bytes) -> bytes:
    """What a gate's new key signs."""
    return b"scenic-gate renewal\0" + gate.encode() + b"\0" + replaced + box_key


_P = 2**255 - 19


def x25519(scalar: bytes, point: bytes = b"\x09" + bytes(31)) -> bytes:
    """RFC 7748, section 5: the Montgomery ladder."""
    k = int.from_bytes(scalar, "little") & ~7 & ~(1 << 255) | 1 << 254
    u = int.from_bytes(point, "little") & ~(1 << 255)
    a, b, c, d = 1, 0, u, 1
    for bit in reversed(range(255)):
        if k >> bit & 1:
            a, b, c, d = c, d, a, b
        p, q, r, s = a + b, a - b, c + d, c - d
        pp, qq = p * p % _P, q * q % _P
        e, f, g = pp - qq, s * p, r * q
        c, d = (f + g) ** 2 % _P, u * (f - g) ** 2 % _P
        a, b = pp * qq % _P, e * (pp + 121665 * e) % _P
        if k >> bit & 1:
            a, b, c, d = c, d, a, b
    return (a * pow(b, _P - 2, _P) % _P).to_bytes(32, "little")


def chacha20(key: bytes, counter: int, nonce: bytes) -> bytes:
    """RFC 8439, section 2.3: one block."""
    start = [
        0x61707865, 0x3320646E, 0x79622D32, 0x6B206574,
        *struct.unpack("<8L", key), counter, *struct.unpack("<3L", nonce),
    ]  # fmt: skip
    x = list(start)

    def turn(a: int, b: int, c: int, d: int) -> None:
        for one, two, three, left in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[one] = x[one] + x[two] & 0xFFFFFFFF
            x[three] ^= x[one]
            x[three] = (x[three] << left | x[three] >> 32 - left) & 0xFFFFFFFF

    for _ in range(10):
        for column in range(4):
            turn(column, column + 4, column + 8, column + 12)
        for row in range(4):
            turn(row, 4 + (row + 1) % 4, 8 + (row + 2) % 4, 12 + (row + 3) % 4)
    return struct.pack("<16L", *(one + two & 0xFFFFFFFF for one, two in zip(x, start, strict=True)))


def poly1305(key: bytes, text: bytes) -> bytes:
    """RFC 8439, section 2.5."""
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for at in range(0, len(text), 16):
        total = (total + int.from_bytes(text[at : at + 16] + b"\1", "little")) * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def open_box(box: bytes, gate: str, public: bytes, box_seed: bytes) -> bytes:
    """The link secret that was sealed for a gate's new key."""
    ephemeral, sealed, tag = box[:32], box[32:64], box[64:]
    prk = hmac.digest(ephemeral + x25519(box_seed), x25519(box_seed, ephemeral), sha256)
    key = hmac.digest(prk, b"scenic-gate box\0\1", sha256)
    about = b"scenic-gate box\0" + gate.encode() + b"\0" + public
    padded = about + bytes(-len(about) % 16) + sealed + struct.pack("<QQ", len(about), len(sealed))
    if poly1305(chacha20(key, 0, bytes(12))[:32], padded) != tag:
        raise Refused("the box was not made for this key")
    pad = chacha20(key, 1, bytes(12))
    return bytes(one ^ two for one, two in zip(sealed, pad, strict=False))
