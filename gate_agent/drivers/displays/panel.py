"""The picture of a small display: a shape, and the words beside or below it, as large as they
fit."""

from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from gate_agent.effects import Show
from gate_agent.signs import SHAPES, Shape, words

FONTS = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
)
"""Fonts with Chinese glyphs, where Debian's packages put them (fonts-wqy-microhei and others)."""

COLOURS = {
    Shape.ARROW: (0, 230, 90),
    Shape.CROSS: (255, 60, 50),
    Shape.CARD: (255, 190, 0),
    Shape.SCAN: (255, 255, 255),
}
_WHITE = (255, 255, 255)
_SMALLEST, _LARGEST = 9, 72
_LEADING = 1.22  # height of a line over the size of its letters
Font = ImageFont.FreeTypeFont
Box = tuple[int, int, int, int]
Colour = tuple[int, int, int]


def chinese_font() -> str | None:
    """Return the path of a font with Chinese glyphs; None if this system has none."""
    return next((path for path in FONTS if Path(path).is_file()), None)


def draw(show: Show, size: tuple[int, int], mode: str, font: str | None) -> Image.Image:
    """Return the picture for `show`: `size` in pixels, `mode` "1" or "RGB". Without a `font` the
    words are English only."""
    width, height = size
    picture = Image.new("RGB", size)
    pen = ImageDraw.Draw(picture)
    shape = SHAPES[show.sign]
    colour = COLOURS[shape] if mode == "RGB" else _WHITE
    wide = width > height * 1.2
    edge = min(height, width * 2 // 5) if wide else min(width, height // 2)
    at = (0, (height - edge) // 2) if wide else ((width - edge) // 2, 0)
    _DRAW[shape](_Sketch(pen, at, edge), colour)
    box = (edge + 4, 0, width, height) if wide else (2, edge + 2, width - 2, height)
    if show.persons > 1 and shape is Shape.ARROW:
        _count(pen, show.persons, at, edge, font)
    text = words(show.sign, show.reason)
    if font is None:
        _write(pen, box, text.en, None)
    else:
        middle = box[1] + (box[3] - box[1]) * 11 // 20
        _write(pen, (box[0], box[1], box[2], middle), text.zh, font)
        _write(pen, (box[0], middle, box[2], box[3]), text.en, font)
    return picture if mode == "RGB" else picture.convert("1", dither=Image.Dither.NONE)


class _Sketch:
    """A square of `edge` pixels at `at`, in which points are given as fractions of the edge."""

    def __init__(self, pen: ImageDraw.ImageDraw, at: tuple[int, int], edge: int) -> None:
        self.pen = pen
        self.stroke = max(2, edge // 16)
        self.edge = edge
        self._at = at

    def points(self, *pairs: tuple[float, float]) -> list[tuple[float, float]]:
        """Return points in pixels."""
        return [(self._at[0] + x * self.edge, self._at[1] + y * self.edge) for x, y in pairs]

    def box(
        self, left: float, top: float, right: float, low: float
    ) -> tuple[float, float, float, float]:
        """Return a box in pixels."""
        (x0, y0), (x1, y1) = self.points((left, top), (right, low))
        return x0, y0, x1, y1


def _arrow(sketch: _Sketch, colour: Colour) -> None:
    head = ((0.52, 0.1), (0.95, 0.5), (0.52, 0.9), (0.52, 0.66))
    tail = ((0.06, 0.66), (0.06, 0.34), (0.52, 0.34))
    sketch.pen.polygon(sketch.points(*head, *tail), fill=colour)


def _cross(sketch: _Sketch, colour: Colour) -> None:
    for line in (((0.14, 0.14), (0.86, 0.86)), ((0.86, 0.14), (0.14, 0.86))):
        sketch.pen.line(sketch.points(*line), fill=colour, width=max(3, sketch.edge // 6))


def _card(sketch: _Sketch, colour: Colour) -> None:
    sketch.pen.rectangle(sketch.box(0.05, 0.2, 0.95, 0.8), outline=colour, width=sketch.stroke)
    sketch.pen.ellipse(sketch.box(0.16, 0.32, 0.4, 0.56), fill=colour)
    for left, y in ((0.52, 0.38), (0.52, 0.52), (0.16, 0.66)):
        sketch.pen.line(sketch.points((left, y), (0.84, y)), fill=colour, width=sketch.stroke)


def _scan(sketch: _Sketch, colour: Colour) -> None:
    for x, inward in ((0.1, 0.26), (0.9, -0.26)):
        for y, down in ((0.1, 0.26), (0.9, -0.26)):
            corner = sketch.points((x + inward, y), (x, y), (x, y + down))
            sketch.pen.line(corner, fill=colour, width=sketch.stroke)
    sketch.pen.line(sketch.points((0.1, 0.5), (0.9, 0.5)), fill=colour, width=sketch.stroke)


_DRAW = {Shape.ARROW: _arrow, Shape.CROSS: _cross, Shape.CARD: _card, Shape.SCAN: _scan}


def _count(
    pen: ImageDraw.ImageDraw, persons: int, at: tuple[int, int], edge: int, font: str | None
) -> None:
    """Draw how many may pass, within the arrow."""
    text = str(persons)
    letters = _font(font, max(_SMALLEST, edge * 3 // 10))
    where = (at[0] + edge * 0.45, at[1] + edge * 0.5)
    pen.text(where, text, fill=(0, 0, 0), font=letters, anchor="mm", stroke_width=edge // 100)


def _write(pen: ImageDraw.ImageDraw, box: Box, text: str, font: str | None) -> None:
    """Draw `text` as large as fits the box. If the smallest letters do not fit, leave whole lines
    out."""
    left, top, right, low = box
    lines: list[str] = []
    size = _SMALLEST
    for size in range(min(_LARGEST, int((low - top) / _LEADING)), _SMALLEST - 1, -1):
        lines = _lines(text, _font(font, size), right - left)
        widest = max(_font(font, size).getlength(line) for line in lines)
        if widest <= right - left and len(lines) * size * _LEADING <= low - top:
            break
    letters = _font(font, size)
    room = max(1, int((low - top) / (size * _LEADING)))
    y = top + max(0.0, (low - top - min(room, len(lines)) * size * _LEADING) / 2)
    for line in lines[:room]:
        pen.text((left, y), line, fill=_WHITE, font=letters)
        y += size * _LEADING


def _lines(text: str, font: Font, width: int) -> list[str]:
    """Return the text in lines: broken between words; Chinese, which has no spaces, into lines of
    like lengths."""
    if not text.isascii():
        count = -(-int(font.getlength(text)) // max(1, width))
        each = -(-len(text) // count)
        return [text[at : at + each] for at in range(0, len(text), each)]
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


@lru_cache(maxsize=64)
def _font(path: str | None, size: int) -> Font:
    if path is not None:
        return ImageFont.truetype(path, size)
    default = ImageFont.load_default(size)
    assert isinstance(default, Font), "Pillow was built without FreeType"
    return default
