"""Pictures: out of files, and into grey. Files come from technicians and may be anything."""

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


def shrunk(grey: Grey, side: int) -> Grey:
    """The picture with no edge longer than `side`."""
    height, width = grey.shape
    if max(height, width) <= side:
        return grey
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
