"""Draws docs/architecture.svg: rooms as boxes, the way of a scan as arrows; `./run docs`."""

from html import escape
from pathlib import Path

WIDTH, HEIGHT = 1000, 560
INK, PAPER, GATE = "#1b2733", "#ffffff", "#eef4fb"
PURE, CENTRE, METAL = "#dff3e4", "#fdf1dc", "#e9e6f2"
FONT = "font-family='Helvetica, Arial, Noto Sans CJK SC, sans-serif'"


DRIVERS = ("scanner, camera,", "arm, lamps:", "threads that put", "events")
AGENT = ("one bounded queue,", "one actor:", "step → commit", "→ perform")
VALIDATOR = ("ticket, ticket_list,", "decide, passage,", "messages: shared with", "the centre")
LANE = ("mode × phase:", "a total table", "(docs/lane.md)")
JOURNAL = ("SQLite, WAL, FULL:", "passages, uses,", "open grants")
SYNC = ("window, acks, list", "pull, back-off as", "numbers")


def box(x: int, y: int, w: int, h: int, title: str, lines: tuple[str, ...], fill: str) -> str:
    """A room: its name, and what it owns."""
    parts = [
        f"<rect x='{x}' y='{y}' width='{w}' height='{h}' rx='7' fill='{fill}' stroke='{INK}'/>",
        f"<text x='{x + 12}' y='{y + 22}' font-size='15' font-weight='bold'>{escape(title)}</text>",
    ]
    parts += [
        f"<text x='{x + 12}' y='{y + 42 + 17 * n}' font-size='12.5'>{escape(line)}</text>"
        for n, line in enumerate(lines)
    ]
    return "\n".join(parts)


def frame(x: int, y: int, w: int, h: int, title: str, fill: str) -> str:
    """A machine."""
    return (
        f"<rect x='{x}' y='{y}' width='{w}' height='{h}' rx='12' fill='{fill}' stroke='none'/>\n"
        f"<text x='{x + 16}' y='{y + 26}' font-size='16' font-weight='bold'>{escape(title)}</text>"
    )


def note(x: int, y: int, text: str) -> str:
    """A sentence beside."""
    return f"<text x='{x}' y='{y}' font-size='12.5' font-style='italic'>{escape(text)}</text>"


def arrow(points: tuple[tuple[int, int], ...], text: str, at: tuple[int, int]) -> str:
    """A way that data takes."""
    path = " ".join(f"{x},{y}" for x, y in points)
    line = f"<polyline points='{path}' fill='none' stroke='{INK}' stroke-width='1.6' "
    return line + "marker-end='url(#tip)'/>\n" + note(*at, text)


def draw() -> str:
    """The whole picture."""
    parts = [
        frame(20, 16, 640, 528, "gate_agent: one board at each turnstile or handheld", GATE),
        box(40, 60, 150, 118, "drivers/", DRIVERS, METAL),
        box(250, 60, 150, 118, "inbox → agent", AGENT, PAPER),
        box(465, 60, 175, 118, "validator/ PURE", VALIDATOR, PURE),
        box(250, 222, 150, 100, "lane PURE", LANE, PURE),
        box(40, 222, 150, 100, "journal", JOURNAL, PAPER),
        box(465, 222, 175, 100, "sync PURE", SYNC, PURE),
        box(250, 366, 150, 84, "uplink", ("the conversation", "with the centre"), PAPER),
        box(465, 366, 175, 84, "link", ("paho-mqtt, TLS,", "reconnect"), METAL),
        box(40, 366, 150, 84, "list_store", ("the signed list,", "replaced in one step"), PAPER),
        frame(690, 16, 290, 528, "fleet_manager: the centre", CENTRE),
        box(
            710,
            60,
            250,
            84,
            "issue · vault · pictures",
            ("signs tickets, lists, messages;", "draws QR codes"),
            PAPER,
        ),
        box(710, 160, 250, 66, "lists", ("snapshots in chunks, on request",), PAPER),
        box(
            710,
            242,
            250,
            84,
            "journals PURE → ingest",
            ("contiguous, chained, idempotent;", "ack after the commit"),
            PURE,
        ),
        box(710, 342, 250, 66, "counts", ("park, station, gate, product, hour",), PAPER),
        box(710, 424, 250, 66, "service · link · store", ("one queue, one worker, SQL",), METAL),
        arrow(((190, 100), (246, 100)), "Scanned", (194, 92)),
        arrow(((400, 100), (461, 100)), "code", (412, 92)),
        arrow(((465, 140), (404, 140)), "decision", (406, 158)),
        arrow(((325, 178), (325, 218)), "event", (332, 203)),
        arrow(((250, 262), (194, 262)), "rows", (206, 254)),
        arrow(((250, 160), (215, 160), (215, 130), (194, 130)), "release", (196, 176)),
        arrow(((325, 322), (325, 362)), "recorded", (332, 347)),
        arrow(((400, 395), (430, 395), (430, 272), (461, 272)), "what now?", (434, 345)),
        arrow(((400, 420), (461, 420)), "signed", (408, 412)),
        arrow(((640, 395), (668, 395), (668, 440), (706, 440)), "", (0, 0)),
        arrow(((706, 470), (655, 470), (655, 430), (644, 430)), "", (0, 0)),
        note(470, 490, "MQTT 3.1.1, QoS 1, TLS: batches up,"),
        note(470, 507, "acknowledged marks and lists down"),
        note(40, 490, "journal first, then the arm: a crash"),
        note(40, 507, "never makes a ticket usable twice"),
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
