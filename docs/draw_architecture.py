"""Draw docs/architecture.svg: folders as boxes, the way of a scan as arrows; `./run docs`.

A name that ends in a slash is a folder: `tests/house` holds the picture to the tree.
"""

from html import escape
from pathlib import Path
from typing import NamedTuple

WIDTH, HEIGHT = 1000, 610
INK, PAPER, GATE = "#1b2733", "#ffffff", "#eef4fb"
PURE, CENTRE, METAL = "#dff3e4", "#fdf1dc", "#e9e6f2"
FONT = "font-family='Helvetica, Arial, Noto Sans CJK SC, sans-serif'"


class Place(NamedTuple):
    """Left and upper edge, width and height, in pixels."""

    x: int
    y: int
    width: int
    height: int


ROOMS = (
    (
        Place(40, 58, 155, 112),
        METAL,
        "drivers/",
        ("scanners, camera,", "arms, displays:", "threads put events"),
    ),
    (
        Place(250, 58, 155, 112),
        PAPER,
        "actor/",
        ("devices first, one", "thread: decide →", "commit → perform"),
    ),
    (
        Place(465, 58, 160, 112),
        PURE,
        "validator/ PURE",
        ("ticket, decision,", "record, messages:", "shared by both sides"),
    ),
    (
        Place(40, 222, 155, 96),
        PAPER,
        "journal/",
        ("SQLite, WAL, FULL:", "passages, uses,", "open grants"),
    ),
    (
        Place(250, 222, 155, 96),
        PURE,
        "lane/ PURE",
        ("mode × phase:", "a total table", "(docs/lane.md)"),
    ),
    (
        Place(465, 222, 160, 96),
        PAPER,
        "lists/ trust/",
        ("which tickets exist,", "whose word counts"),
    ),
    (
        Place(40, 370, 155, 92),
        PAPER,
        "page/",
        ("handheld, monitor:", "in a browser on", "the board"),
    ),
    (
        Place(250, 370, 375, 92),
        PAPER,
        "uplink/",
        ("outbox of records (PURE), claims, news, lists;", "MQTT over TLS, reconnect"),
    ),
    (
        Place(710, 58, 250, 84),
        PAPER,
        "commands/ → services/",
        ("acts of people: right, one", "transaction, one audit line"),
    ),
    (
        Place(710, 158, 250, 66),
        PAPER,
        "tickets/ sellers/ gates/",
        ("what was sold, and the boards",),
    ),
    (Place(710, 240, 250, 66), PAPER, "lists/ trust/", ("published: bodies, rules, key sets",)),
    (Place(710, 322, 250, 66), METAL, "daemon/", ("MQTT, one queue, one worker",)),
    (
        Place(710, 404, 250, 84),
        PAPER,
        "intake/ station/ passages/",
        ("contiguous, chained, idempotent;", "one ticket once; counts"),
    ),
    (Place(710, 504, 250, 66), PAPER, "database/ keys/ access/", ("SQL, the vault, audit",)),
)
ARROWS = (
    (((195, 100), (246, 100)), "scan", (203, 92)),
    (((405, 92), (461, 92)), "code", (416, 84)),
    (((465, 140), (409, 140)), "decision", (408, 158)),
    (((545, 222), (545, 174)), "read", (552, 203)),
    (((345, 170), (345, 218)), "event", (349, 190)),
    (((305, 222), (305, 174)), "rows, effects", (222, 212)),
    (((262, 170), (262, 192), (120, 192), (120, 218)), "commit", (126, 187)),
    (((250, 140), (199, 140)), "release", (202, 158)),
    (((385, 170), (385, 198), (435, 198), (435, 366)), "recorded", (441, 352)),
    (((545, 370), (545, 322)), "bodies, keys", (552, 338)),
    (((625, 400), (668, 400), (668, 345), (706, 345)), "", (0, 0)),
    (((706, 368), (684, 368), (684, 440), (629, 440)), "", (0, 0)),
    (((835, 322), (835, 310)), "", (0, 0)),
    (((835, 388), (835, 400)), "", (0, 0)),
)
NOTES = (
    ("journal first, then the arm: a crash never makes a ticket good twice", 40, 496),
    ("MQTT 3.1.1, QoS 1: batches up; acknowledged marks, lists and rules down", 40, 516),
    ("beside these: config/ (gate.toml), checks/ and commands/ (the technician's)", 40, 536),
    ("green: decides on values alone · violet: touches devices or the network", 40, 566),
)


def box(place: Place, fill: str, title: str, lines: tuple[str, ...]) -> str:
    """Draw a room: its name, and what it is."""
    x, y, width, height = place
    parts = [
        f"<rect x='{x}' y='{y}' width='{width}' height='{height}' rx='7' fill='{fill}' "
        f"stroke='{INK}'/>",
        f"<text x='{x + 12}' y='{y + 22}' font-size='15' font-weight='bold'>{escape(title)}</text>",
    ]
    parts += [
        f"<text x='{x + 12}' y='{y + 43 + 17 * number}' font-size='12.5'>{escape(line)}</text>"
        for number, line in enumerate(lines)
    ]
    return "\n".join(parts)


def frame(place: Place, fill: str, title: str) -> str:
    """Draw a machine."""
    x, y, width, height = place
    return (
        f"<rect x='{x}' y='{y}' width='{width}' height='{height}' rx='12' fill='{fill}'/>\n"
        f"<text x='{x + 16}' y='{y + 26}' font-size='16' font-weight='bold'>{escape(title)}</text>"
    )


def note(text: str, x: int, y: int) -> str:
    """Draw a sentence."""
    return f"<text x='{x}' y='{y}' font-size='12.5' font-style='italic'>{escape(text)}</text>"


def arrow(points: tuple[tuple[int, int], ...], text: str, at: tuple[int, int]) -> str:
    """Draw a way that data takes."""
    path = " ".join(f"{x},{y}" for x, y in points)
    line = f"<polyline points='{path}' fill='none' stroke='{INK}' stroke-width='1.6' "
    return line + "marker-end='url(#tip)'/>\n" + note(text, *at)


def draw() -> str:
    """Draw the whole picture."""
    parts = [
        frame(Place(20, 14, 640, 582), GATE, "gate_agent: a board at each turnstile or handheld"),
        frame(Place(690, 14, 290, 582), CENTRE, "fleet_manager: the centre"),
        *(box(place, fill, title, lines) for place, fill, title, lines in ROOMS),
        *(arrow(points, text, at) for points, text, at in ARROWS),
        *(note(text, x, y) for text, x, y in NOTES),
    ]
    body = "\n".join(parts)
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' {FONT} "
        f"fill='{INK}'>\n<defs><marker id='tip' markerWidth='9' markerHeight='9' refX='8' "
        "refY='4.5' orient='auto'><path d='M0,0 L9,4.5 L0,9 z'/></marker></defs>\n"
        f"<rect width='{WIDTH}' height='{HEIGHT}' fill='{PAPER}'/>\n{body}\n</svg>\n"
    )


if __name__ == "__main__":
    Path(__file__).with_name("architecture.svg").write_text(draw(), "utf-8")
