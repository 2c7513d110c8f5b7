"""What a camera sees when a visitor holds up a code: a phone's screen or a paper ticket.

The picture is drawn, not photographed, but nothing in it short-cuts the reader: the modules are
turned, tilted, blurred, dimmed, overlaid with glare and noise before the gate sees them.
"""

import random
from dataclasses import dataclass

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

from hardware_sim.devices import optics

Frame = NDArray[np.uint8]
"""Height × width × 3, blue-green-red, 0 to 255."""

_QUIET_MODULES = 4
_TABLE_GREY = 90.0
_FINE = 2  # drawn so many times finer than the frame, then averaged as a sensor's pixels do


@dataclass(frozen=True, slots=True)
class Look:
    """How the code is held and lit.

    `width`, `height`: of the frame, pixels. `module_px`: size of a module in the frame, pixels.
    `turn_deg`: in the plane of the picture. `tilt`: 0 faces the camera; 0.3 leans far away.
    `blur`: Gaussian sigma, in modules. `motion`, `motion_deg`: how far a fast hand moves while the
    shutter is open, in modules, and whither. `noise`: sigma, grey levels. `paper`, `ink`: grey
    levels. `moire`: depth of the pattern of screen against sensor, 0 to 1. `bend`: how far curled
    paper lies off the flat, in modules. `creases`: how many folds cross it.
    `dark`: a phone in dark mode, light modules on dark. `glare`: 0 none, 1 blinds a spot.
    `error`: correction level of the symbol. `dx`, `dy`: off centre, as a share of the frame.
    """

    width: int = 640
    height: int = 480
    module_px: float = 5.0
    turn_deg: float = 0.0
    tilt: float = 0.0
    blur: float = 0.0
    motion: float = 0.0
    motion_deg: float = 0.0
    noise: float = 0.0
    moire: float = 0.0
    bend: float = 0.0
    creases: int = 0
    paper: float = 245.0
    ink: float = 15.0
    dark: bool = False
    glare: float = 0.0
    error: str = "M"
    dx: float = 0.0
    dy: float = 0.0


def easy_look(rng: random.Random) -> Look:
    """Draw how a visitor holds the phone who holds it well: always readable."""
    return Look(
        module_px=rng.uniform(4.5, 6.0),
        turn_deg=rng.uniform(-12.0, 12.0),
        tilt=rng.uniform(-0.05, 0.05),
        blur=rng.uniform(0.0, 0.2),
        noise=rng.uniform(0.0, 4.0),
        paper=rng.uniform(200.0, 250.0),
        ink=rng.uniform(10.0, 50.0),
        dark=rng.random() < 0.1,
    )


def hard_look(rng: random.Random) -> Look:
    """Draw how a visitor in a hurry holds it: far, turned, tilted, badly lit. Some of these nobody
    can read."""
    return Look(
        module_px=rng.uniform(1.8, 6.0),
        turn_deg=rng.uniform(-180.0, 180.0),
        tilt=rng.uniform(-0.25, 0.25),
        blur=rng.uniform(0.0, 0.6),
        noise=rng.uniform(0.0, 15.0),
        paper=rng.uniform(120.0, 250.0),
        ink=rng.uniform(10.0, 90.0),
        dark=rng.random() < 0.15,
        glare=rng.choice((0.0, 0.0, 0.4, 0.8)),
        dx=rng.uniform(-0.1, 0.1),
        dy=rng.uniform(-0.1, 0.1),
    )


def picture(code: bytes, look: Look, rng: random.Random) -> Frame:
    """Render one camera frame that shows `code` as a QR symbol. Same arguments, same pixels.

    Raises ValueError if no QR symbol can hold `code`.
    """
    modules = _modules(code, look.error)
    light, deep = (look.ink, look.paper) if look.dark else (look.paper, look.ink)
    fine = (look.height * _FINE, look.width * _FINE)
    x, y = _places(len(modules), look, fine)
    x, y, shade = optics.bent(x, y, len(modules), look.bend, look.creases, rng)
    # The border is darker than paper, as the hand or the phone's bezel is.
    symbol = np.pad(np.where(modules, deep, light).astype(np.float32), 1)
    symbol[[0, -1], :] = symbol[:, [0, -1]] = _TABLE_GREY
    drawn = cv2.remap(symbol, x + 0.5, y + 0.5, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    grey = np.asarray(drawn, dtype=np.float32) * shade
    if look.moire > 0:
        grey = optics.moire(grey, look.moire, _FINE, rng)
    size = (look.width, look.height)
    grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    if look.blur > 0:
        sigma = look.blur * look.module_px
        grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), dtype=np.float32)
    if look.motion > 0:
        grey = optics.smeared(grey, look.motion * look.module_px, look.motion_deg)
    if look.glare > 0:
        grey = grey + _glare(look, len(modules) * look.module_px, rng)
    if look.noise > 0:
        noise = np.random.default_rng(rng.getrandbits(64))
        grey = grey + np.asarray(noise.normal(0.0, look.noise, grey.shape), dtype=np.float32)
    return _frame(grey)


def empty_scene(look: Look, rng: random.Random) -> Frame:
    """Render the same place with nobody there: the table, and the camera's noise."""
    noise = np.random.default_rng(rng.getrandbits(64))
    grey = np.full((look.height, look.width), _TABLE_GREY)
    grey = grey + noise.normal(0.0, look.noise or 1.0, grey.shape)
    return _frame(grey)


def _frame(grey: NDArray[np.floating]) -> Frame:
    flat = np.asarray(np.clip(grey, 0, 255), dtype=np.uint8)
    return np.dstack((flat, flat, flat))


def _modules(code: bytes, error: str) -> NDArray[np.bool_]:
    """Return the symbol with its quiet zone, True where dark."""
    text: str | bytes
    try:
        text = code.decode("ascii")
    except UnicodeDecodeError:
        text = code
    symbol = segno.make_qr(text, error=error, boost_error=False)
    inner = np.array([list(row) for row in symbol.matrix], dtype=np.bool_)
    return np.pad(inner, _QUIET_MODULES)


def _places(
    side: int, look: Look, shape: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return for each pixel of the finer frame the module it sees, x and y from the symbol's
    corner."""
    half = side * look.module_px / 2
    corners = np.array([(-half, -half), (half, -half), (half, half), (-half, half)])
    angle = np.deg2rad(look.turn_deg)
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    depth = 1 + look.tilt * corners[:, 1] / half
    corners = corners / depth[:, None] @ turn.T
    middle = np.array(
        [look.width * (0.5 + look.dx), look.height * (0.5 + look.dy)], dtype=np.float64
    )
    onto = (corners + middle).astype(np.float32)
    square = np.array([(0, 0), (side, 0), (side, side), (0, side)], dtype=np.float32)
    back = cv2.getPerspectiveTransform(onto, square)
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    rows, columns = (rows + 0.5) / _FINE, (columns + 0.5) / _FINE
    x, y, z = (line[0] * columns + line[1] * rows + line[2] for line in back.astype(np.float32))
    # What lies behind the camera of a strong tilt is not seen.
    z = np.where(z > 1e-6, z, np.inf).astype(np.float32)
    return np.where(np.isinf(z), -9.0, x / z), np.where(np.isinf(z), -9.0, y / z)


def _glare(look: Look, target_px: float, rng: random.Random) -> NDArray[np.float32]:
    """Return a lamp's reflection somewhere on the symbol."""
    spread = target_px * 0.18
    x = look.width / 2 + rng.uniform(-0.4, 0.4) * target_px
    y = look.height / 2 + rng.uniform(-0.4, 0.4) * target_px
    rows, columns = np.mgrid[0 : look.height, 0 : look.width]
    near = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * spread**2))
    return np.asarray(255 * look.glare * near, dtype=np.float32)
