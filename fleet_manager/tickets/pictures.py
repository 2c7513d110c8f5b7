"""A ticket code as a QR picture, its number below. The same code gives the same bytes, whenever it
is drawn."""

import io
import re
import struct
import zlib
from enum import StrEnum
from html import escape

import segno

from fleet_manager.errors import CentreError

QUIET_ZONE = 4
MODULE_PIXELS = 8
_NUMBER_MODULES = 5  # of height below the code
_GLYPHS = {
    "0": "01110 10001 10011 10101 11001 10001 01110",
    "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00110 01000 10000 11111",
    "3": "11110 00001 00001 01110 00001 00001 11110",
    "4": "00010 00110 01010 10010 11111 00010 00010",
    "5": "11111 10000 11110 00001 00001 10001 01110",
    "6": "00110 01000 10000 11110 10001 10001 01110",
    "7": "11111 00001 00010 00100 01000 01000 01000",
    "8": "01110 10001 10001 01110 10001 10001 01110",
    "9": "01110 10001 10001 01111 00001 00010 01100",
    " ": "000 000 000 000 000 000 000",
}
"""Digits of 5 by 7 dots, so that a picture needs no font."""


class Level(StrEnum):
    """How much damage a picture survives: L 7 %, M 15 %, Q 25 %. M or Q on paper."""

    L = "l"
    M = "m"
    Q = "q"


class Format(StrEnum):
    """A kind of picture file."""

    PNG = "png"
    SVG = "svg"


def inline_svg(text: str) -> str:
    """Return a QR code of any text as an element for a page: dark on light in every theme."""
    code = segno.make(text, micro=False)
    return str(code.svg_inline(scale=4, border=QUIET_ZONE, dark="#000", light="#fff"))


def element(svg: bytes) -> str:
    """Return an SVG file that `draw` made as an element for a page."""
    text = svg.decode()
    return text[text.index("<svg") :]


def draw(
    code: str,
    kind: Format,
    level: Level = Level.M,
    module_pixels: int = MODULE_PIXELS,
    number: str = "",
) -> bytes:
    """Return the picture as a file's bytes: PNG in two colours, SVG in units of pixels.

    `module_pixels`: the side of a module. `number`: digits and spaces that stand below the
    picture, for people.

    Raises CentreError for a code that is not in the alphanumeric mode of QR codes.
    """
    try:
        qr = segno.make_qr(code, error=level.value, mode="alphanumeric", boost_error=False)
    except ValueError:
        raise CentreError("cannot draw that code: it has characters that no ticket has") from None
    out = io.BytesIO()
    if kind is Format.SVG:
        qr.save(out, kind="svg", scale=module_pixels, border=QUIET_ZONE, light="#fff")
        return _svg_with(out.getvalue(), number, module_pixels)
    if not number:
        qr.save(out, kind="png", scale=module_pixels, border=QUIET_ZONE)
        return out.getvalue()
    rows = [
        "".join(str(dark) * module_pixels for dark in row)
        for row in qr.matrix_iter(border=QUIET_ZONE)
        for _ in range(module_pixels)
    ]
    return _png([*rows, *_dots(number, len(rows[0]), _NUMBER_MODULES * module_pixels)])


def _dots(number: str, width: int, height: int) -> list[str]:
    """Return the number in the middle of rows of "0" and "1", as large as it fits.

    `width` and `height`: of the rows together, in pixels; a number that is too wide is cut off.
    """
    lines = ["0".join(_GLYPHS[digit].split()[at] for digit in number) for at in range(7)]
    scale = max(1, min(width // (len(lines[0]) + 2), height // 9))
    drawn = ["".join(dot * scale for dot in line) for line in lines for _ in range(scale)]
    drawn = [line[:width].center(width, "0") for line in drawn]
    return [*drawn, *["0" * width] * max(0, height - len(drawn))]


def _png(rows: list[str]) -> bytes:
    """Return the file of rows of "0" and "1": a bit a pixel, 1 is black.

    PNG, ISO 15948: colour type 0, depth 1, filter 0.
    """
    width = len(rows[0])
    padded = -width % 8
    white = (1 << width) - 1
    size = (width + padded) // 8
    body = b"".join(b"\0" + ((int(row, 2) ^ white) << padded).to_bytes(size, "big") for row in rows)
    head = struct.pack(">IIBBBBB", width, len(rows), 1, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(body, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


def _svg_with(picture: bytes, number: str, module_pixels: int) -> bytes:
    """Return the picture, made higher, with the number in it as a text."""
    if not number:
        return picture
    text = picture.decode()
    size = re.search(r'width="(\d+)" height="(\d+)"', text)
    assert size is not None, "segno says how large it is"
    width, height = int(size[1]), int(size[2])
    more = height + _NUMBER_MODULES * module_pixels
    text = text.replace(size[0], f'width="{width}" height="{more}"', 1)
    letters = min(3.5 * module_pixels, 1.5 * width / len(number))
    below = (
        f'<path fill="#fff" d="M0 {height}h{width}v{more - height}H0z"/>'
        f'<text x="{width / 2:g}" y="{height + 2.5 * module_pixels:g}" text-anchor="middle"'
        f' font-family="monospace" font-size="{letters:g}">{escape(number)}</text></svg>'
    )
    return text.replace("</svg>", below, 1).encode()
