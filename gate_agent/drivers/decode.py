"""QR codes out of pictures, with OpenCV and pyzbar.

A picture is read plainly first, then with one preparation after another until something is read.
On photographs the plain pass reads two thirds of what all passes together do; doubling helps small
symbols, thresholds against the neighbourhood help uneven light, smoothing before a threshold helps
noise, inversion reads dark-mode screens (the reader by itself reads none), turning by 45° helps
where its search for lines misses a diagonal symbol.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np
from numpy.typing import NDArray
from pyzbar.pyzbar import ZBarSymbol, decode
from pyzbar.pyzbar_error import PyZbarError

from gate_agent.errors import DriverFault

# One core is for the lane; OpenCV would take them all for a frame of 640 × 480.
cv2.setNumThreads(1)
# Its own lines on stderr repeat what our errors say, with places in its sources.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

MAX_SIDE = 1280
"""Larger pictures are shrunk for the first passes: a symbol that fills a phone's camera does not
need its twelve megapixels, and the passes stay within a fraction of a second."""

MAX_FULL_SIDE = 4096
MAX_FILE_BYTES = 64 << 20

Grey = NDArray[np.uint8]
Preparation = Callable[[Grey], Grey]


def texts_in(
    image: NDArray[np.generic], preparations: Iterable[Preparation] | None = None
) -> list[bytes]:
    """The texts of the QR codes in any picture; empty if none can be read.

    `image`: height × width (× 1, 3 blue-green-red, or 4 with alpha). `preparations`: the passes to
    try after the plain one, in order; None: all there are.
    """
    whole = grey_of(image)
    if not whole.size:
        return []
    grey = _shrunk(whole, MAX_SIDE)
    for prepare in (_plain, *(PREPARATIONS if preparations is None else preparations)):
        texts = _read(prepare, grey)
        if texts:
            return texts
    if preparations is None and grey.shape != whole.shape:
        return _read(_plain, _shrunk(whole, MAX_FULL_SIDE))
    return []


def decode_file(path: Path) -> tuple[list[bytes], float]:
    """The texts in a picture file, and how many ms the search took. Raises DriverFault."""
    image = read_picture(path)
    start_s = perf_counter()
    return texts_in(image), (perf_counter() - start_s) * 1000


def read_picture(path: Path) -> NDArray[np.generic]:
    """The picture in a file, as it was saved. Raises DriverFault if there is none."""
    try:
        if not path.is_file():
            raise DriverFault(f"cannot read {path}: not a file", transient=False)
        if path.stat().st_size > MAX_FILE_BYTES:
            raise DriverFault(
                f"cannot read {path}: larger than {MAX_FILE_BYTES >> 20} MiB", transient=False
            )
        data = path.read_bytes()
    except (OSError, ValueError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else None
        raise DriverFault(
            f"cannot read {path}: {(why or str(fault)).lower()}", transient=False
        ) from fault
    image = None
    if data:
        try:
            # Padded: OpenCV refuses whole WebP files that are shorter than their largest header.
            padded = np.frombuffer(data.ljust(64, b"\0"), dtype=np.uint8)
            image = cv2.imdecode(padded, cv2.IMREAD_UNCHANGED)
        except cv2.error:
            pass  # its text is about OpenCV's sources; ours follows
    if image is None:
        raise DriverFault(
            f"cannot read {path}: not a picture that can be read",
            "use PNG, JPEG, BMP, WebP or TIFF of at most 64 megapixels",
            transient=False,
        )
    return np.asarray(image)


def grey_of(image: NDArray[np.generic]) -> Grey:
    """The picture in grey, 0 to 255; transparent is white; empty for what is no picture."""
    if image.ndim == 2:
        image = image[:, :, None]
    if image.ndim != 3 or not image.size or image.dtype.kind not in "buif":
        return np.zeros((0, 0), dtype=np.uint8)
    if image.shape[2] not in (1, 3, 4):
        return np.zeros((0, 0), dtype=np.uint8)
    pixels = _bytes_of(image)
    if pixels.shape[2] == 1:
        return np.ascontiguousarray(pixels[:, :, 0])
    grey = np.asarray(
        cv2.cvtColor(np.ascontiguousarray(pixels[:, :, :3]), cv2.COLOR_BGR2GRAY), dtype=np.uint8
    )
    if pixels.shape[2] == 4:
        alpha = pixels[:, :, 3].astype(np.float32) / 255
        grey = (grey * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return grey


def _bytes_of(image: NDArray[np.generic]) -> Grey:
    if image.dtype == np.uint8:
        return np.asarray(image, dtype=np.uint8)
    if image.dtype == np.uint16:
        return np.asarray(image.astype(np.uint16) >> 8, dtype=np.uint8)
    if image.dtype == np.bool_:
        return np.asarray(image.astype(np.uint8) * 255, dtype=np.uint8)
    levels = np.nan_to_num(np.abs(image.astype(np.float64)))
    return np.asarray(np.clip(levels, 0, 255), dtype=np.uint8)


def _shrunk(grey: Grey, side: int) -> Grey:
    height, width = grey.shape
    if max(height, width) <= side:
        return grey
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _read(prepare: Preparation, grey: Grey) -> list[bytes]:
    """One pass. Whatever a symbol does to the libraries, it is a picture without a code: pyzbar
    raises ValueError on a symbol that is part of a series."""
    try:
        found = decode(prepare(grey), symbols=[ZBarSymbol.QRCODE])
    except (cv2.error, PyZbarError, ValueError, TypeError, OverflowError):
        return []
    # One symbol may be found twice; order as found.
    return list(dict.fromkeys(symbol.data for symbol in found if symbol.data))


def _plain(grey: Grey) -> Grey:
    return grey


def _inverted(grey: Grey) -> Grey:
    return np.asarray(255 - grey, dtype=np.uint8)


def _doubled(grey: Grey) -> Grey:
    if max(grey.shape) > MAX_SIDE // 2:
        return _resized(grey, MAX_SIDE / max(grey.shape))
    return _resized(grey, 2.0)


def _resized(grey: Grey, scale: float) -> Grey:
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def _local(grey: Grey, block: int = 61) -> Grey:
    """Black and white by each pixel's neighbourhood."""
    mean, binary = cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY
    return np.asarray(cv2.adaptiveThreshold(grey, 255, mean, binary, block, 3), dtype=np.uint8)


def _despeckled(grey: Grey) -> Grey:
    return _local(np.asarray(cv2.medianBlur(grey, 3), dtype=np.uint8), 51)


def _doubled_local(grey: Grey) -> Grey:
    return _local(_doubled(grey))


def _doubled_kept_edges(grey: Grey) -> Grey:
    smooth = cv2.bilateralFilter(_doubled(grey), 7, 40, 5)
    return _local(np.asarray(smooth, dtype=np.uint8), 101)


def _doubled_soft(grey: Grey) -> Grey:
    return np.asarray(cv2.GaussianBlur(_doubled(grey), (0, 0), 2), dtype=np.uint8)


def _turned(grey: Grey) -> Grey:
    """By 45°, at 1.4 times the size."""
    height, width = grey.shape
    turn = np.array([(1.0, 1.0, 0.0), (-1.0, 1.0, float(width))])
    size = (height + width, height + width)
    turned = cv2.warpAffine(grey, turn, size, flags=cv2.INTER_LINEAR, borderValue=(128,))
    return _local(np.asarray(turned, dtype=np.uint8), 101)


PREPARATIONS: tuple[Preparation, ...] = (
    _despeckled,
    _doubled_local,
    _inverted,
    _doubled,
    _doubled_kept_edges,
    _doubled_soft,
    _turned,
)
"""The passes after the plain one, the most useful for their cost first."""
