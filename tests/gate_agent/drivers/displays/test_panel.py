"""What a small display shows, looked at as pixels; people have looked at the pictures."""

import pytest
from PIL import Image, ImageOps

from gate_agent.drivers.displays.panel import chinese_font, draw
from gate_agent.effects import Show, Sign
from gate_agent.validator.reasons import Reason

SIZES = [(128, 64), (128, 32), (64, 128), (160, 128), (240, 240), (320, 240), (240, 320)]
EVERY = [
    *(Show(sign) for sign in Sign),
    *(Show(Sign.REFUSED, reason=reason) for reason in Reason),
    Show(Sign.GO, 12),
    Show(Sign.PLEASE_PASS, 65_535),
]
FONTS = [None, pytest.param(chinese_font(), marks=pytest.mark.skipif(
    chinese_font() is None, reason="no Chinese font here"))]  # fmt: skip


@pytest.mark.parametrize("font", FONTS, ids=["english", "chinese"])
@pytest.mark.parametrize("size", SIZES)
def test_everything_fits_every_display(size: tuple[int, int], font: str | None) -> None:
    mode = "1" if size[0] <= 128 else "RGB"
    pictures = {draw(show, size, mode, font).tobytes() for show in EVERY}
    # Some signs and reasons say the same; nothing else looks alike.
    assert len(pictures) > len(EVERY) - 6
    shown = draw(Show(Sign.GO), size, mode, font)
    assert (shown.size, shown.mode) == (size, mode)


def test_go_and_refused_differ_without_colour() -> None:
    go = draw(Show(Sign.GO), (320, 240), "RGB", None)
    stop = draw(Show(Sign.REFUSED), (320, 240), "RGB", None)
    left = (0, 0, 128, 240)
    shapes = [
        ImageOps.grayscale(one.crop(left)).point(lambda v: 255 * (v > 60)) for one in (go, stop)
    ]
    pairs = zip(shapes[0].tobytes(), shapes[1].tobytes(), strict=True)
    assert sum(a != b for a, b in pairs) > 2000


@pytest.mark.parametrize(("sign", "channel"), [(Sign.GO, 1), (Sign.REFUSED, 0)])
def test_green_and_red_are_bright(sign: Sign, channel: int) -> None:
    picture = draw(Show(sign), (240, 240), "RGB", None)
    colours = picture.getcolors(1 << 16)
    assert colours is not None
    _, brightest = max(row for row in colours if row[1] not in ((0, 0, 0), (255, 255, 255)))
    assert isinstance(brightest, tuple)
    assert brightest[channel] == max(brightest) > 200


@pytest.mark.skipif(chinese_font() is None, reason="no Chinese font here")
def test_chinese_is_drawn_and_is_not_a_row_of_boxes() -> None:
    """A font without a glyph draws the same box for every character."""
    font = chinese_font()
    used = draw(Show(Sign.REFUSED, reason=Reason.USED), (320, 240), "RGB", font)
    void = draw(Show(Sign.REFUSED, reason=Reason.VOID), (320, 240), "RGB", font)
    upper = (132, 0, 320, 120)
    first, second = (ImageOps.grayscale(one.crop(upper)) for one in (used, void))
    assert first.getbbox() is not None
    assert Image.Image.tobytes(first) != second.tobytes()
