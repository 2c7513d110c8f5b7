"""Codes that a gate refuses, by what is wrong with them."""

from gate_agent.validator.tickets import base45
from gate_agent.validator.tickets.ticket import to_sign
from tests.vectors import samples
from tests.vectors.keyring import PARK, STRANGER, TICKET, TestKey


def written(data: bytes) -> bytes:
    """The code of a binary form, right or wrong."""
    return b"SG1:" + base45.encode(data).encode()


def binary(name: str) -> bytes:
    """The binary form of one of the good tickets."""
    return base45.decode(samples.codes()[name][4:].encode())


def with_field(bits: int, extra: bytes) -> bytes:
    """A single ticket with presence bits and optional fields as they are given."""
    data = binary("single")
    return written(data[:1] + bytes((bits,)) + data[2:22] + extra + data[22:])


def changed(at: int, value: int, name: str = "single") -> bytes:
    """A good ticket with one byte of its binary form replaced."""
    data = bytearray(binary(name))
    data[at] = value
    return written(bytes(data))


def signed_by(key: TestKey, issuer: str) -> bytes:
    """A single ticket that names the ticket key but carries another signature."""
    signature = key.sign(to_sign(samples.ticket(1), issuer))
    return written(binary("single")[:22] + signature)


def codes() -> dict[str, bytes]:
    """Every one is refused by `authenticate` for one reason."""
    good = samples.codes()["single"].encode()
    data = binary("single")
    stranger = samples.ticket(1, key_id=STRANGER.id)
    return {
        "empty": b"",
        "a web address": b"https://example.org/t/1",
        "the prefix in small letters": b"sg1:" + good[4:],
        "a space in front": b" " + good,
        "the next format's prefix": b"SG2:" + good[4:],
        "only the prefix": b"SG1:",
        "a line end behind": good + b"\r\n",
        "a character missing": good[:-1],
        "a character twice": good[:60] + good[59:],
        "half a code": good[:70],
        "two codes in one": good + good,
        "a small letter": good[:50] + b"a" + good[51:],
        "a byte of 255": good[:50] + b"\xff" + good[51:],
        "a base45 group out of range": good[:4] + b":::" + good[7:],
        "a byte behind": written(data + b"\0"),
        "version 0": changed(0, 0),
        "version 2": changed(0, 2),
        "an unknown presence bit": with_field(0x40, b""),
        "a present field that is missing": with_field(0x01, b""),
        "a field that is not declared": with_field(0x00, b"\0\2"),
        "admits 1 spelled out": with_field(0x01, b"\0\1"),
        "admits 0": with_field(0x01, b"\0\0"),
        "zones 1 spelled out": with_field(0x02, b"\0\1"),
        "no zone": with_field(0x02, b"\0\0"),
        "policy 0 spelled out": with_field(0x04, b"\0"),
        "an unknown entry rule": with_field(0x04, b"\3"),
        "one entry per admission counted": with_field(0x04, b"\x11"),
        "a daily ticket with entries": with_field(0x04, b"\x22"),
        "once with exit required": with_field(0x04, b"\4"),
        "policy bit 3": with_field(0x04, b"\x0a"),
        "issue 0 spelled out": with_field(0x20, b"\0"),
        "an empty window": written(data[:17] + bytes(3) + data[20:]),
        "a key nobody knows": samples.code(stranger, STRANGER).encode(),
        "another key's signature": signed_by(STRANGER, PARK),
        "another park's signature": signed_by(TICKET, "east-lake"),
        "another serial": changed(9, 2),
        "another product": changed(21, 8),
        "one person more": changed(23, 41, "team"),
        "a later end": changed(18, 0xFF),
        "a changed signature": changed(85, data[85] ^ 1),
        "a signature of zeros": written(data[:22] + bytes(64)),
    }
