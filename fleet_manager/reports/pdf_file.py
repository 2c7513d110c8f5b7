"""Write sheets as PDF for paper and for the archive: A4, the header on each page, Chinese embedded.

reportlab embeds TrueType fonts alone; the fonts of Noto have other outlines, and its own Chinese
fonts embed nothing and are blank on computers without a font pack.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from fleet_manager.errors import CentreError
from fleet_manager.reports.sheet import Sheet
from gate_agent.validator.printable import printable

FONTS = (
    Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),
    Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"),
    Path("/usr/share/fonts/wqy-microhei/wqy-microhei.ttc"),
    Path("/usr/share/fonts/wenquanyi/wqy-microhei/wqy-microhei.ttc"),
    Path("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"),
)
"""Where distributions put TrueType fonts that have Chinese characters."""
_NAME = "report"
_MARGIN = 36.0
_WIDE = 9
"""From so many columns on a page lies on its side."""


def write(sheets: Sequence[Sheet], out: Path | IO[bytes], fonts: Sequence[Path] = FONTS) -> None:
    """Write a document with a table for each sheet.

    Raises CentreError where reportlab or a font is missing, with what to install.
    """
    try:
        from reportlab.lib.pagesizes import A4, landscape
        from reportlab.platypus import PageBreak, SimpleDocTemplate
    except ModuleNotFoundError:
        raise CentreError(
            "cannot make a PDF: reportlab is not installed",
            "pip install 'scenic-gate[reports]', or take .xlsx or .csv",
        ) from None
    _take_font(fonts)
    wide = max(len(sheet.header) for sheet in sheets) >= _WIDE
    size = landscape(A4) if wide else A4
    width = size[0] - 2 * _MARGIN
    parts: list[Any] = []
    for at, sheet in enumerate(sheets):
        if at:
            parts.append(PageBreak())
        parts += _parts(sheet, width)
    document = SimpleDocTemplate(
        str(out) if isinstance(out, Path) else out,
        pagesize=size,
        title=sheets[0].title,
        author="scenic-gate",
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        invariant=1,
    )
    document.build(parts, onFirstPage=_number_page, onLaterPages=_number_page)


def _take_font(fonts: Sequence[Path]) -> None:
    """Make the first font that is here reportlab's. Raises CentreError if there is none."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    for file in fonts:
        try:
            pdfmetrics.registerFont(TTFont(_NAME, str(file), subfontIndex=0))
        except (TTFError, OSError):
            continue
        return
    raise CentreError(
        "cannot make a PDF: no TrueType font with Chinese characters is installed",
        "apt install fonts-wqy-microhei, or take .xlsx or .csv",
    )


def _parts(sheet: Sheet, width: float) -> list[Any]:
    from reportlab.lib import colors
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, Spacer, Table

    size = 9 if len(sheet.header) < 2 * _WIDE else 6.5
    title = ParagraphStyle("title", fontName=_NAME, fontSize=14, leading=20, wordWrap="CJK")
    plain = ParagraphStyle("plain", fontName=_NAME, fontSize=9, leading=13, wordWrap="CJK")
    head = ParagraphStyle("head", fontName=_NAME, fontSize=size, leading=size + 3, wordWrap="CJK")
    cells = [
        [Paragraph(_escaped(name), head) for name in sheet.header],
        *([_shown(cell) for cell in row] for row in (*sheet.rows, sheet.total)),
    ]
    key_width = min(120.0, width / 3 / sheet.keys)
    each = (width - key_width * sheet.keys) / (len(sheet.header) - sheet.keys)
    style = [
        ("FONT", (0, 0), (-1, -1), _NAME, size),
        ("ALIGN", (sheet.keys, 1), (-1, -1), "RIGHT"),
        ("VALIGN", (0, 0), (-1, 0), "TOP"),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
        ("LINEBELOW", (0, 1), (-1, -2), 0.25, colors.lightgrey),
        ("LINEABOVE", (0, -1), (-1, -1), 0.8, colors.black),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 2),
    ]
    widths = [key_width] * sheet.keys + [each] * (len(sheet.header) - sheet.keys)
    return [
        Paragraph(_escaped(f"{sheet.title} {sheet.name}"), title),
        *(Paragraph(_escaped(line), plain) for line in sheet.about),
        Spacer(0, 8),
        Table(cells, colWidths=widths, repeatRows=1, style=style),
        Spacer(0, 8),
        *(Paragraph(_escaped(note), plain) for note in sheet.notes),
    ]


def _shown(cell: str | int) -> str:
    return printable(cell) if isinstance(cell, str) else f"{cell:,}"


def _escaped(text: str) -> str:
    """Return a text that reportlab takes for no markup."""
    return printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _number_page(canvas: Any, document: Any) -> None:
    canvas.saveState()
    canvas.setFont(_NAME, 8)
    canvas.drawRightString(document.pagesize[0] - _MARGIN, _MARGIN / 2, str(document.page))
    canvas.restoreState()
