"""Pictures: out of files, and into grey. Files come from anybody and may be anything."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gate_agent.drivers.camera.symbols.grid import Grey
from gate_agent.errors import DriverFault

# One core is for the lane; OpenCV would take them all for a frame of 640 × 480.
cv2.setNumThreads(1)
# Its own lines on stderr repeat what our errors say, with places in its sources.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

MAX_FILE_BYTES = 64 << 20
_BAND_PIXELS = 1 << 18


def read_picture(path: Path) -> NDArray[np.generic]:
    """Return the picture in a file, in grey if it cannot be transparent. Raises DriverFault if
    there is none, MemoryError if it is too large for what this process may take."""
    data = _data(path)
    image = None
    if data:
        # Colours cost three times the memory of grey, and OpenCV takes all of it twice.
        grey = cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION
        how = cv2.IMREAD_UNCHANGED if _may_be_transparent(data) else grey
        try:
            image = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), how)
        except cv2.error as fault:  # its text is about OpenCV's sources; ours follows
            if fault.code == cv2.Error.STS_NO_MEM:
                raise MemoryError(f"cannot read {path}") from fault
    if image is None:
        raise DriverFault(
            f"cannot read {path}: not a picture that can be read",
            "use PNG, JPEG, BMP, WebP or TIFF of at most 64 megapixels and 100 MiB when unpacked",
            transient=False,
        )
    return np.asarray(image)


def _data(path: Path) -> bytes:
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
    # OpenCV refuses whole WebP files that are shorter than their largest header.
    return data.ljust(64, b"\0") if data and len(data) < 64 else data


def _may_be_transparent(data: bytes) -> bool:
    """Return whether the file's head leaves room for transparency, or for numbers that are no
    bytes."""
    if data.startswith(b"\xff\xd8"):  # JPEG
        return False
    if data.startswith(b"\x89PNG"):
        return data[25] in (4, 6) or b"tRNS" in data[: data.find(b"IDAT")]
    if data[8:12] == b"WEBP":
        flags = {b"VP8X": data[20], b"VP8L": data[24], b"VP8 ": 0}
        return bool(flags.get(data[12:16], 0x10) & 0x10)
    if data.startswith(b"BM"):
        return data[28] == 32
    return True


def grey_of(image: NDArray[np.generic]) -> Grey:
    """Return the picture in grey, height × width, 0 to 255; transparent is white; empty for what is
    no picture.

    `image`: height × width (× 1, 3 blue-green-red, or 4 with alpha).
    """
    if image.ndim == 2:
        image = image[:, :, None]
    if not _is_picture(image):
        return np.zeros((0, 0), dtype=np.uint8)
    return _grey_over(image, 255)


def greys_of(image: NDArray[np.generic]) -> list[Grey]:
    """Return the picture in grey, and once more before black if a part of it is transparent: ink
    may be white. Nothing for what is no picture."""
    grey = grey_of(image)
    if not grey.size:
        return []
    if image.ndim == 3 and image.shape[2] == 4 and not _is_opaque(image):
        return [grey, _grey_over(image, 0)]
    return [grey]


def _is_picture(image: NDArray[np.generic]) -> bool:
    if image.ndim != 3 or not image.size or image.dtype.kind not in "buif":
        return False
    return image.shape[2] in (1, 3, 4)


def _grey_over(image: NDArray[np.generic], ground: int) -> Grey:
    """Convert in bands, so that a large picture needs no copies of its size in wider numbers."""
    if image.dtype == np.uint8 and image.shape[2] < 4:
        return _grey_band(np.asarray(image, dtype=np.uint8), ground)
    height, width = image.shape[:2]
    grey = np.empty((height, width), dtype=np.uint8)
    rows = max(1, _BAND_PIXELS // width)
    for y in range(0, height, rows):
        grey[y : y + rows] = _grey_band(_bytes_of(image[y : y + rows]), ground)
    return grey


def _grey_band(pixels: Grey, ground: int) -> Grey:
    if pixels.shape[2] == 1:
        return np.ascontiguousarray(pixels[:, :, 0])
    colours = np.ascontiguousarray(pixels[:, :, :3])
    grey = np.asarray(cv2.cvtColor(colours, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    if pixels.shape[2] < 4:
        return grey
    alpha = pixels[:, :, 3].astype(np.uint16)
    return ((grey * alpha + ground * (255 - alpha)) // 255).astype(np.uint8)


def _is_opaque(image: NDArray[np.generic]) -> bool:
    rows = max(1, _BAND_PIXELS // image.shape[1])
    bands = (image[y : y + rows] for y in range(0, len(image), rows))
    return all(int(_bytes_of(band)[:, :, 3].min()) == 255 for band in bands)


def _bytes_of(image: NDArray[np.generic]) -> Grey:
    if image.dtype == np.uint8:
        return np.asarray(image, dtype=np.uint8)
    if image.dtype == np.uint16:
        return np.asarray(image.astype(np.uint16) >> 8, dtype=np.uint8)
    if image.dtype == np.bool_:
        return np.asarray(image.astype(np.uint8) * 255, dtype=np.uint8)
    levels = np.nan_to_num(np.abs(image.astype(np.float64)))
    return np.asarray(np.clip(levels, 0, 255), dtype=np.uint8)


def shrunk(grey: Grey, side: int) -> Grey:
    """Return the picture with no edge longer than `side` pixels."""
    height, width = grey.shape
    if max(height, width) <= side:
        return grey
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
