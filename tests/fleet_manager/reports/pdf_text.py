"""Read the texts of a PDF as reportlab writes it: compressed streams, fonts with a map."""

import base64
import re
import zlib
from collections.abc import Iterator

_OBJECT = re.compile(rb"(\d+) 0 obj\s*(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_FONTS = re.compile(rb"/(F\d+\+\d+) (\d+) 0 R")
_TOKEN = re.compile(rb"/(F\d+(?:\+\d+)?) [\d.]+ Tf|\(((?:\\.|[^\\()])*)\) Tj", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def texts(data: bytes) -> list[str]:
    """Return every text that is shown, in the order of the pages' programs."""
    objects = {int(number): body for number, body in _OBJECT.findall(data)}
    fonts = {
        name: _map(objects, int(number))
        for body in objects.values()
        for name, number in _FONTS.findall(body)
    }
    streams = [_stream(body) for body in objects.values()]
    return [text for stream in streams if b" Tj" in stream for text in _shown(stream, fonts)]


def _shown(stream: bytes, fonts: dict[bytes, dict[int, str]]) -> Iterator[str]:
    """Give the texts of a page's program."""
    font: dict[int, str] = {}
    for name, text in _TOKEN.findall(stream):
        if name:
            font = fonts.get(name, {})
        else:
            yield "".join(font.get(code, "?") for code in _ESCAPE.sub(_unescaped, text))


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code, 8)]) if len(code) == 3 else _LETTERS.get(code, code)


def _stream(body: bytes) -> bytes:
    found = _STREAM.search(body)
    if found is None:
        return b""
    data = found[1]
    if b"/ASCII85Decode" in body:
        data = base64.a85decode(data.strip().removesuffix(b"~>"))
    return zlib.decompress(data) if b"/FlateDecode" in body else data


def _map(objects: dict[int, bytes], font: int) -> dict[int, str]:
    found = re.search(rb"/ToUnicode (\d+) 0 R", objects.get(font, b""))
    if found is None:
        return {}
    pairs = re.findall(rb"^<(\w\w)> <(\w{4})>", _stream(objects[int(found[1])]), re.MULTILINE)
    return {int(code, 16): chr(int(char, 16)) for code, char in pairs if char != b"0000"}
