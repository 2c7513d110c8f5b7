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

from gate_agent.drivers.camera.symbols.grid import Corners, Grey, fit, modules, sampled
from gate_agent.drivers.camera.symbols.layout import MAX_VERSION, Layout, layout, mask
from gate_agent.drivers.camera.symbols.repair import repair

_SERIES = 0b0011
"""The mode that begins a symbol which is a part of a series: alone it is not what was encoded."""

# Not QRCode: Micro QR has no check to speak of, and gives false reads.
_FORMATS = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
_CORNER = 9  # modules along the edge of the corner where a symbol begins
_STANDS_OUT = 0.3  # of the contrast there
_SCALE = 3  # pixels a module of a symbol that is drawn to be read


@dataclass(frozen=True, slots=True)
class Located:
    """A symbol that was seen but not read. `corners`: in the pixels of the picture given."""

    corners: Corners
    version: int


@dataclass(slots=True)
class Found:
    """What one pass gives. `seen`: where the symbols lie whose texts were read."""

    texts: list[bytes] = field(default_factory=list)
    located: list[Located] = field(default_factory=list)
    seen: list[Corners] = field(default_factory=list)


def read(grey: Grey, scale: float = 1.0) -> Found:
    """zxing-cpp. `scale`: how many times larger `grey` is than the picture to give places in."""
    found = Found()
    for symbol in _symbols(grey, errors=True):
        corners = _corners(symbol.position)
        extra = symbol.extra if isinstance(symbol.extra, dict) else {}
        version = _number(extra.get("Version"))
        place = ((corners + 0.5) / scale - 0.5).astype(np.float32)
        if not symbol.valid:
            if 1 <= version <= MAX_VERSION and cv2.contourArea(corners) >= 1:
                found.located.append(Located(place, version))
        elif symbol.bytes and symbol.bytes not in found.texts:
            if _in_series(grey, corners, version, _number(extra.get("DataMask"))):
                continue
            found.texts.append(symbol.bytes)
            found.seen.append(place)
    return found


def read_drawn(dark: NDArray[np.bool_]) -> list[bytes]:
    """The text of a clean symbol, given module by module."""
    quiet = np.kron(np.pad(dark, 4), np.ones((_SCALE, _SCALE), dtype=np.bool_))
    return read(np.where(quiet, 0, 255).astype(np.uint8)).texts


def read_second(grey: Grey) -> list[bytes]:
    """zbar, where it is installed. It guesses character sets, so only plain ASCII is believed."""
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
    """Imported when it is first asked: a live camera never does, and saves its memory."""
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
    """A number that the library wrote as a text; -1 if it is none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else -1


def _in_series(grey: Grey, corners: Corners, version: int, number: int) -> bool:
    """zxing-cpp's Python part does not tell that a symbol belongs to a series, but its first four
    modules do. They are looked at quickly, and exactly if they look so or are not clear."""
    if not (1 <= version <= 40 and 0 <= number < 8):
        return False
    plan = layout(version)
    places = plan.path[:4]
    turned = mask(number, plan.side).reshape(-1)[places]
    seen, clear = _glance(grey, corners, plan)
    looks_so = _mode(seen ^ turned) == _SERIES
    if (clear and not looks_so) or version > MAX_VERSION:
        return looks_so
    found = fit(grey, corners, plan)
    if found is None:
        return looks_so
    for bent in (False, True):
        mended = repair(modules(found, plan, bent=bent)[0], plan)
        if mended is not None:
            return _mode(mended.modules.reshape(-1)[places] ^ turned) == _SERIES
    return looks_so


def _mode(bits: NDArray[np.bool_]) -> int:
    return int(np.packbits(bits)[0] >> 4)


def _glance(grey: Grey, corners: Corners, plan: Layout) -> tuple[NDArray[np.bool_], bool]:
    """The first four data modules, True dark, and whether that is sure: they stand out, and the
    known modules in their corner are where they should be."""
    side = plan.side
    line = np.arange(side - _CORNER, side) + 0.5
    near = np.stack(np.meshgrid(line, line), axis=-1)
    finder = np.array([[(3.5, 3.5), (1.5, 1.5)]])  # dark, light
    level = grey.astype(np.float32)
    dark, light = sampled(level, corners, side, finder)[0]
    block = sampled(level, corners, side, near)
    middle, half = (block.max() + block.min()) / 2, (block.max() - block.min()) / 2
    depth = (middle - block) / max(half, 1) * (1 if dark < light else -1)
    known = plan.signs[-_CORNER:, -_CORNER:]
    wrong = np.count_nonzero((depth * known)[known != 0] <= 0)
    first = depth[plan.path[:4] // side - side, plan.path[:4] % side - side]
    return first > 0, bool(wrong == 0 and known.any() and np.abs(first).min() > _STANDS_OUT)
