"""What reports cost: pages after a month and after ten years, who is inside, a large workbook."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from fleet_manager.access.actor import Actor, Role, Via
from fleet_manager.access.users import User
from fleet_manager.centre import Centre
from fleet_manager.passages import counts
from fleet_manager.services.people.sign_in import SignedIn
from fleet_manager.web import render
from fleet_manager.web.ask import Ask, Fields, ShowPage
from fleet_manager.web.pages import reports
from tests.bench.figures import Figure, measure
from tests.bench.measures.web import big_park

ROUNDS = 5
PAGES = {
    "day": "form=day",
    "month": "form=month",
    "year": "form=year",
    "month beside the last": "form=month&compare=previous",
    "30 days by gate and product": "form=range&from=2026-10-25&to=2026-11-23&by=station&by=kind",
}


def best_ms(act: Callable[[], object]) -> float:
    """Return the CPU milliseconds of the quickest of ROUNDS."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time_ns()
        act()
        times.append(time.process_time_ns() - start)
    return min(times) / 1e6


def asking(centre: Centre, path: str) -> Ask:
    """Return what an administrator asks for at `path`."""
    user = User(
        id=1,
        name="zhang",
        shown="张丽",
        role=Role.ADMINISTRATOR,
        station="",
        language="zh",
        created_ms=0,
        disabled_ms=None,
        has_second_factor=False,
        invited=False,
    )
    actor = Actor("zhang", Role.ADMINISTRATOR, Via.PAGE, "10.1.2.3")
    return Ask(
        centre=centre,
        path=path,
        address="10.1.2.3",
        language="zh",
        now_ms=big_park.NOW_MS,
        signed_in=SignedIn(actor, user, 1, "zh"),
        secret="secret",
    )


def _page(centre: Centre, query: str) -> str:
    fields = Fields([tuple(pair.split("=")) for pair in query.split("&")])  # type: ignore[misc]
    ask = replace(asking(centre, "/reports"), query=fields)
    answer = reports.reports(ask)
    assert isinstance(answer, ShowPage)
    return render.page(answer.template, dict(answer.values), ask)


def _slowest(centre: Centre) -> tuple[float, str]:
    """Return the milliseconds of the slowest page, and those of each in words."""
    times = {name: best_ms(partial(_page, centre, query)) for name, query in PAGES.items()}
    return max(times.values()), ", ".join(f"{name} {ms:.1f}" for name, ms in times.items())


@measure("reports_page_1m_ms", "reports_page_100m_ms", "inside_now_ms")
def pages() -> dict[str, Figure]:
    """Measure pages from the request's values to HTML, database included."""
    figures = {}
    inside_ms = 0.0
    for name, years, target in (("1m", False, 25), ("100m", True, 50)):
        with big_park.opened(years=years) as park:
            slowest_ms, words = _slowest(park)
            with park.store.read() as connection:
                today = big_park.LAST.toordinal()
                inside_ms = best_ms(partial(counts.inside, connection, today))
        figures[f"reports_page_{name}_ms"] = Figure(
            round(slowest_ms, 1), "ms CPU", None, f"the slowest of: {words}", f"<= {target}"
        )
    figures["inside_now_ms"] = Figure(
        round(inside_ms, 3), "ms CPU", None, "by station, after ten years", "<= 1"
    )
    return figures


_CHILD = """
import io, sys
from pathlib import Path
from fleet_manager.reports import xlsx_file
from fleet_manager.reports.sheet import Sheet

class Lines:
    def __len__(self): return 100_000
    def __iter__(self):
        for at in range(100_000):
            yield (f"2026-11-{at % 30 + 1:02}", f"gate-{at % 40:02}", *range(at, at + 14))

def write(rows, out):
    header = ("Day", "Gate", *map(str, range(14)))
    total = ("Total", "", *[1] * 14)
    xlsx_file.write([Sheet("t", "title", (), header, 2, rows, total, ())], out)

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024

write((("a", "b", *range(14)),), io.BytesIO())
before = peak()
with open(sys.argv[1], "wb") as out: write(Lines(), out)
print(peak() - before)
"""


@measure("report_xlsx_100k_mib")
def workbook() -> dict[str, Figure]:
    """Measure what a workbook of 100,000 lines takes above an idle process."""
    ran = subprocess.run(
        [sys.executable, "-c", _CHILD, "build/lines.xlsx"],
        capture_output=True,
        text=True,
        check=True,
    )
    note = "100,000 lines of 16 cells, the writer alone; a page writes up to 20,000 in its process"
    return {"report_xlsx_100k_mib": Figure(round(float(ran.stdout), 1), "MiB", None, note, "<= 30")}
