"""What the terminal shows while the park is open: live where it can, plain lines where not."""

import os
import re
import time
from collections import deque
from pathlib import Path
from threading import Lock

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from gate_agent.validator.reasons import TEXTS, Reason
from hardware_sim.demo.box_office import Takings
from hardware_sim.demo.site import DemoSite
from hardware_sim.demo.tally import COLUMNS, TallyLine
from hardware_sim.demo.walk import Walk

NEWS = 6
PLAIN_EVERY_S = 10.0
PICTURE_COLUMNS = 106


class DemoView:
    """`say` is for the story's own lines; `tell` for what happens at a lane."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._news: deque[Text] = deque(maxlen=NEWS)
        self._last: dict[str, str] = {}
        self._lock = Lock()
        self._start_s = time.monotonic()
        self._plain_s = 0.0
        self._kept: list[RenderableType] = []

    def say(self, text: str, style: str = "bold") -> None:
        """Print a line of the story."""
        line = Text(f"{time.monotonic() - self._start_s:5.1f} s  {text}", style=style)
        with self._lock:
            self._news.append(line)
        if self._live is None or not self._console.is_terminal:
            self._console.print(line)

    def tell(self, gate: str, text: str) -> None:
        """Show what just happened at a gate."""
        with self._lock:
            self._last[gate] = text

    def open(self) -> None:
        """Begin to refresh the picture."""
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        if self._console.is_terminal:
            self._live.start()

    def close(self) -> None:
        """Stop refreshing; the last picture stays."""
        if self._live is not None and self._console.is_terminal:
            last = self._live.renderable
            self._live.stop()
            self._keep(last)
        self._live = None

    def update(self, site: DemoSite, walks: dict[str, Walk]) -> None:
        """Draw the park as it is now."""
        done = sum(walk.done for walk in walks.values())
        total = sum(walk.total for walk in walks.values())
        if self._live is not None and self._console.is_terminal:
            self._live.update(self._picture(site, walks, done, total), refresh=True)
        elif time.monotonic() - self._plain_s >= PLAIN_EVERY_S:
            self._plain_s = time.monotonic()
            self.say(f"{done} of {total} visits", style="")

    def _picture(
        self, site: DemoSite, walks: dict[str, Walk], done: int, total: int
    ) -> RenderableType:
        table = _table("scenic-gate: a park of real processes")
        for column, wide in (("gate", 7), ("what", 25), ("link", 4), ("list", 4)):
            table.add_column(column, min_width=wide, no_wrap=True)
        table.add_column("visits", justify="right", min_width=7, no_wrap=True)
        table.add_column("waiting", justify="right", min_width=7, no_wrap=True)
        table.add_column("last visitor", no_wrap=True)
        for name, gate in site.gates.items():
            status, walk = gate.status(), walks[name]
            linked = bool(status.get("linked"))
            link = Text("up", "green") if linked else Text("DOWN", "bold red")
            if not gate.process.running:
                link = Text("DEAD", "bold white on red")
            table.add_row(
                name,
                gate.plan.title,
                link,
                str(status.get("list_version", "-")),
                f"{walk.done}/{walk.total}",
                str(status.get("waiting", "-")),
                self._last.get(name, ""),
            )
        with self._lock:
            news = list(self._news)
        bar = Table.grid()
        bar.add_row(ProgressBar(total=max(total, 1), completed=done, width=78))
        return Group(table, bar, *news)

    def _keep(self, shown: RenderableType) -> None:
        self._kept.append(shown)
        self._console.print(shown)

    def draw(self, path: Path) -> None:
        """Write what was left standing at the end as an SVG picture."""
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            paper = Console(record=True, width=PICTURE_COLUMNS, file=nowhere, force_terminal=True)
            for shown in self._kept:
                paper.print(shown)
            svg = paper.export_svg(title="./run demo")
        # The letters come from the reader's own machine, not from somebody's server.
        svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
        # The given lengths count a Chinese character as one column and squeeze it.
        path.write_text(re.sub(r' textLength="[^"]*"', "", svg), "utf-8")

    def closing(self, lines: list[TallyLine], takings: Takings, took_s: float) -> list[str]:
        """Print the closing tables and return the quarrels."""
        table = _table("closing: visitors = arms = journals = centre?")
        table.add_column("gate")
        for column in COLUMNS:
            table.add_column(column.replace("_", " "), justify="right")
        table.add_column("arm turned", justify="right")
        table.add_column("agree")
        quarrels: list[str] = []
        for line in lines:
            of_gate = line.quarrels()
            quarrels += of_gate
            turns = "-"
            if line.turns is not None:
                turns = str(line.turns) + (f", {line.unseen} unseen" if line.unseen else "")
            verdict = Text("no", "bold red") if of_gate else Text("yes", "bold green")
            table.add_row(line.gate, *map(line.cell, COLUMNS), turns, verdict)
        self._keep(table)
        self._keep(_refusals(lines))
        self._keep(_money(takings))
        quarrels += takings.quarrels()
        for quarrel in quarrels:
            self._console.print(Text(quarrel, "bold red"))
        entries = sum(line.expected["taken"] for line in lines)
        if not quarrels:
            verdict = Text(f"everything agrees: {entries} entries in {took_s:.0f} s", "bold green")
            self._keep(verdict)
        return quarrels


def _table(title: str) -> Table:
    """Make a table that is narrow enough for 80 columns."""
    return Table(
        title=title,
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )


def _money(takings: Takings) -> Table:
    table = _table("box office 票房: sold = earned at the arm + not used yet")
    for column in ("sold", *takings.earned, "not used yet", "in the drawer"):
        table.add_column(column, justify="right")
    amounts = (takings.sold, *takings.earned.values(), takings.unused, takings.drawer)
    table.add_row(*(f"{fen / 100:,.2f}" for fen in amounts))
    return table


def _refusals(lines: list[TallyLine]) -> Table:
    table = _table("refused, by reason")
    for column in ("reason", "the visitor", "reads"):
        table.add_column(column)
    for line in lines:
        table.add_column(line.gate, justify="right")
    for reason in Reason:
        if any(line.centre[reason.key] for line in lines):
            text = TEXTS[reason]
            cells = [line.cell(reason.key) for line in lines]
            table.add_row(reason.key, text.zh, text.en, *cells)
    return table
