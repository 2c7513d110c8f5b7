"""The libraries that read QR codes, behind a guard each: zxing-cpp, and zbar as a second opinion.

Only bytes that are exactly what the symbol carries come out. Whatever a picture does to a library,
it is a picture without a code.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from gate_agent.drivers.camera.symbols.grid import Corners, Grey
from gate_agent.drivers.camera.symbols.layout import LEVELS, MAX_VERSION
from gate_agent.drivers.camera.symbols.series import in_series

# Not QRCode: Micro QR has no check to speak of, and gives false reads.
_FORMATS = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
_SCALE = 3  # pixels a module of a symbol that is drawn to be read


@dataclass(frozen=True, slots=True)
class Located:
    """A symbol that was seen but not read. `corners`: in the pixels of the picture given."""

    corners: Corners
    version: int


@dataclass(slots=True)
class PassResult:
    """What a pass over a picture gives. `seen`: where the symbols lie whose texts were read.
    `series`: how many symbols were read that are parts of a series, and so have no text."""

    texts: list[bytes] = field(default_factory=list)
    located: list[Located] = field(default_factory=list)
    seen: list[Corners] = field(default_factory=list)
    series: int = 0


def read(grey: Grey, scale: float = 1.0) -> PassResult:
    """Return what zxing-cpp reads and sees.

    `scale`: how many times larger `grey` is than the picture to give places in.
    """
    result = PassResult()
    for symbol in _symbols(grey, errors=True):
        corners = _corners(symbol.position)
        details = symbol.extra  # made anew each time that it is asked
        extra = details if isinstance(details, dict) else {}
        version = _number(extra.get("Version"))
        place = ((corners + 0.5) / scale - 0.5).astype(np.float32)
        if not symbol.valid:
            if 1 <= version <= MAX_VERSION and cv2.contourArea(corners) >= 1:
                result.located.append(Located(place, version))
        elif (text := symbol.bytes) and text not in result.texts:
            if _in_series(symbol, _number(extra.get("DataMask"))):
                result.series += 1
                continue
            result.texts.append(text)
            result.seen.append(place)
    return result


def read_drawn(dark: NDArray[np.bool_]) -> list[bytes]:
    """Return the text of a clean symbol: side × side modules, True dark. Empty if it has none."""
    quiet = np.kron(np.pad(dark, 4), np.ones((_SCALE, _SCALE), dtype=np.bool_))
    return read(np.where(quiet, 0, 255).astype(np.uint8)).texts


def read_second(grey: Grey) -> list[bytes]:
    """Return the texts that zbar reads, none where it is not installed. It guesses character sets,
    so only plain ASCII is believed."""
    zbar = _zbar()
    if zbar is None:
        return []
    try:
        symbols = zbar.decode(np.ascontiguousarray(grey), symbols=[zbar.ZBarSymbol.QRCODE])
    except Exception:  # noqa: BLE001  pyzbar raises what it likes; a series gives ValueError
        return []
    texts = (bytes(symbol.data) for symbol in symbols)
    return list(dict.fromkeys(text for text in texts if text and _plain(text)))


def _plain(text: bytes) -> bool:
    return all(0x20 <= byte < 0x7F for byte in text)


@cache
def _zbar() -> Any:
    """Import zbar when it is first asked for: a live camera never does, and saves its memory."""
    try:
        from pyzbar import pyzbar
    except ImportError:  # the system has no zbar
        return None
    return pyzbar


def _symbols(grey: Grey, *, errors: bool) -> list[zxingcpp.Barcode]:
    try:
        return zxingcpp.read_barcodes(
            np.ascontiguousarray(grey),
            formats=_FORMATS,
            text_mode=zxingcpp.TextMode.Plain,
            return_errors=errors,
        )
    except Exception:  # noqa: BLE001  none was ever seen, and none may stop a lane
        return []


def _corners(position: zxingcpp.Position) -> Corners:
    four = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    return np.array([(point.x, point.y) for point in four], dtype=np.float32)


def _number(value: object) -> int:
    """Return a number that the library wrote as a text; -1 if it is none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else -1


def _in_series(symbol: zxingcpp.Barcode, number: int) -> bool:
    """Return whether a symbol with data mask `number` has no text of its own. A symbol that does
    not let it be told has none either."""
    try:
        image = np.asarray(symbol.to_image(scale=1, add_quiet_zones=False))
    except Exception:  # noqa: BLE001  none was ever seen, and none may stop a lane
        return True
    if symbol.ec_level not in LEVELS or not 0 <= number < 8:
        return True
    return in_series(image == 0, symbol.ec_level, number) is not False
