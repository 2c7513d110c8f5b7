"""A ticket code as a QR picture. The same code gives the same bytes, whenever it is drawn."""

import io
from enum import StrEnum

import segno

from fleet_manager.errors import CentreError

QUIET_ZONE = 4
MODULE_PIXELS = 8


class Level(StrEnum):
    """How much damage a picture survives: L 7 %, M 15 %, Q 25 %. M or Q on paper."""

    L = "l"
    M = "m"
    Q = "q"


class Format(StrEnum):
    """A kind of picture file."""

    PNG = "png"
    SVG = "svg"


def draw(
    code: str, kind: Format, level: Level = Level.M, module_pixels: int = MODULE_PIXELS
) -> bytes:
    """The picture as a file's bytes; PNG in two colours, SVG in units of pixels.

    Raises CentreError for a code that is not in the alphanumeric mode of QR codes.
    """
    try:
        qr = segno.make_qr(code, error=level.value, mode="alphanumeric", boost_error=False)
    except ValueError:
        raise CentreError("cannot draw that code: it has characters that no ticket has") from None
    out = io.BytesIO()
    if kind is Format.PNG:
        qr.save(out, kind="png", scale=module_pixels, border=QUIET_ZONE)
    else:
        qr.save(out, kind="svg", scale=module_pixels, border=QUIET_ZONE, light="#fff")
    return out.getvalue()
