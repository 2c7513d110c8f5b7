"""What the console costs: pages of a million passages, a thousand gates, a hundred viewers."""

import gzip
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import insert, text

from fleet_manager.access.actor import Role, computer_user
from fleet_manager.centre import Centre
from fleet_manager.database import store, tables
from fleet_manager.gates import gates
from fleet_manager.services.park import NewPark, create
from fleet_manager.services.people import sign_in, users
from fleet_manager.services.people.users import NewUser
from fleet_manager.web import render
from fleet_manager.web.ask import Ask, Fields, ShowPage
from fleet_manager.web.pages import fleet, live, passages
from gate_agent.validator import passage
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind
from hardware_sim.broker import free_port
from tests.bench.figures import Figure, measure
from tests.bench.measures.web import big_park
from tests.bench.measures.web.reports import asking, best_ms

ROWS, DAYS, MANY_GATES = 1_000_000, 30, 1000
VIEWERS, WATCHED_S = 100, 10.0
PASSWORD = "correct horse battery"
_PASSAGES = text("""
    INSERT INTO passage (journal, seq, kind, lane, direction, day, wall_ms, persons, ticket,
        product, reason, admits, record)
    WITH RECURSIVE one(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM one WHERE n < :rows)
    SELECT 1, n, CASE WHEN n % 11 = 0 THEN 5 ELSE 3 END, 1, n % 2, :last - (:rows - n) / :a_day,
        :now - (:rows - n) * 2000, 1, NULL, 1, CASE WHEN n % 11 = 0 THEN 14 ELSE 0 END, 1, :record
    FROM one
""")


@measure("console_live_ms", "console_passages_ms")
def pages() -> dict[str, Figure]:
    """Measure the live page and a page of passages, database included."""
    with big_park.opened(years=False) as park:
        _write_passages(park)
        live_ms = best_ms(partial(_shown, park, "/live", "", live.now))
        queries = {"all": "", "refused": "kind=denied", "by gate": "gate=gate-00"}
        times = {
            name: best_ms(partial(_shown, park, "/passages", query, passages.search))
            for name, query in queries.items()
        }
    words = ", ".join(f"{name} {ms:.1f}" for name, ms in times.items())
    return {
        "console_live_ms": Figure(round(live_ms, 1), "ms CPU", None, "1 M passages", "<= 25"),
        "console_passages_ms": Figure(
            round(max(times.values()), 1), "ms CPU", None, f"1 M passages; {words}", "<= 25"
        ),
    }


@measure("console_fleet_1000_ms")
def thousand_gates() -> dict[str, Figure]:
    """Measure the board of a thousand gates."""
    with big_park.opened(years=False) as park:
        _write_gates(park)
        fleet_ms = best_ms(partial(_shown, park, "/fleet", "", fleet.board))
    note = f"{MANY_GATES} gates with states, the worst first"
    return {"console_fleet_1000_ms": Figure(round(fleet_ms, 1), "ms CPU", None, note, "<= 50")}


@measure("console_assets_kb")
def assets() -> dict[str, Figure]:
    """Measure what a page loads besides itself, packed."""
    sizes = {
        file.name: len(gzip.compress(file.read_bytes(), 9)) for file in render.ASSETS.iterdir()
    }
    words = ", ".join(f"{name} {size / 1000:.1f}" for name, size in sorted(sizes.items()))
    total = sum(sizes.values()) / 1000
    return {"console_assets_kb": Figure(round(total, 1), "kB gzip", None, words, "<= 60")}


@measure("console_rss_mib", "console_viewers_percent", "console_shown_s")
def viewers() -> dict[str, Figure]:
    """Measure a real process with a hundred live viewers while something happens each second."""
    with _served() as (folder, process, port):
        cookie = _enter(port)
        for path in ("/live", "/passages", "/fleet", "/tickets", "/reports", "/audit", "/people"):
            _get(port, path, cookie)
        rss = _rss_mib(process.pid)
        streams = [_Viewer(port, cookie) for _ in range(VIEWERS)]
        for stream in streams:
            stream.first.wait(60)
        shown_s: list[float] = []
        with big_park_opened(folder) as park:
            begun, cpu = time.monotonic(), _cpu_s(process.pid)
            while time.monotonic() - begun < WATCHED_S:
                before = [stream.count for stream in streams]
                at = time.monotonic()
                _touch(park)
                while any(s.count == b for s, b in zip(streams, before, strict=True)):
                    if time.monotonic() - at > 30:
                        break
                    time.sleep(0.01)
                shown_s.append(time.monotonic() - at)
                time.sleep(max(0.0, 1.0 - (time.monotonic() - at)))
            percent = 100 * (_cpu_s(process.pid) - cpu) / (time.monotonic() - begun)
        watched_rss = _rss_mib(process.pid)
        for stream in streams:
            stream.close()
    note = f"{VIEWERS} streams, one change a second"
    rss_note = f"after every page; {watched_rss:.1f} with {VIEWERS} streams"
    return {
        "console_rss_mib": Figure(round(rss, 1), "MiB", None, rss_note, "<= 100"),
        "console_viewers_percent": Figure(round(percent, 1), "% of a core", None, note, "<= 3"),
        "console_shown_s": Figure(
            round(max(shown_s), 2), "s", None, "a change, until the last viewer has it", "<= 5"
        ),
    }


def _shown(centre: Centre, path: str, query: str, handler: Callable[[Ask], object]) -> str:
    ask = replace(asking(centre, path), query=Fields([tuple(query.split("="))] if query else []))  # type: ignore[list-item]
    answer = handler(ask)
    assert isinstance(answer, ShowPage)
    return render.page(answer.template, dict(answer.values), ask)


def _write_passages(park: Centre) -> None:
    record = passage.encode(
        Passage(
            seq=1,
            kind=PassageKind.TAKEN,
            lane=1,
            direction=Direction.IN,
            wall_ms=big_park.NOW_MS,
            mono_ms=0,
            boot=7,
            clock=ClockState.TRUSTED,
            persons=1,
        )
    )
    row = {"no": 1, "id": bytes(16), "gate": "gate-00", "mark": ROWS, "head": bytes(32),
           "forked": False, "first_seen_ms": 0, "linked": 0}  # fmt: skip
    with park.store.write() as connection:
        connection.execute(insert(tables.journal).values(row))
        values = {"rows": ROWS, "a_day": ROWS // DAYS, "last": big_park.LAST.toordinal(),
                  "now": big_park.NOW_MS, "record": record}  # fmt: skip
        connection.execute(_PASSAGES, values)


def _write_gates(park: Centre) -> None:
    state = {"waiting": 3, "freshness": 0, "clock": 2, "config": "",
             "lanes": [[1, "controlled", "idle"]], "faults": []}  # fmt: skip
    with park.store.write() as connection:
        for number in range(MANY_GATES - big_park.GATES):
            gates.add_gate(connection, f"more-{number}", f"s{number % 4}", bytes(32), 0)
        for number, gate in enumerate(gates.every(connection)):
            faults = ["scanner 1: does not answer"] if number % 50 == 0 else []
            report = {"gate": gate.id, "seen_ms": big_park.NOW_MS - number * 1000,
                      "software": "0.1.0", "lists": '{"main": 7}',
                      "state": json.dumps(state | {"faults": faults})}  # fmt: skip
            store.put_row(connection, tables.report, report)


# --- a real process -------------------------------------------------------------------------------


@contextmanager
def big_park_opened(folder: Path) -> Iterator[Centre]:
    """Open a park's folder beside the process that serves it."""
    from fleet_manager import centre

    with centre.opened(folder) as park:
        yield park


@contextmanager
def _served() -> Iterator[tuple[Path, "subprocess.Popen[bytes]", int]]:
    from datetime import UTC, datetime
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(dir="build") as name:
        folder = Path(name) / "data"
        wanted = NewPark(
            park="west-lake", name_zh="西湖", name_en="West Lake", time_zone="Asia/Shanghai"
        )
        create(folder, computer_user(), wanted, datetime.now(UTC))
        with big_park_opened(folder) as park:
            big_park.furnish(park.store)
            new = NewUser(name="zhang", shown="张丽", role=Role.ADMINISTRATOR)
            invited = users.add_user(park, computer_user(), new)
            sign_in.use_link(park, invited.secret, PASSWORD, address="127.0.0.1")
        port = free_port()
        command = [sys.executable, "-m", "fleet_manager", "--data", str(folder), "web"]
        process = subprocess.Popen(
            [*command, "--port", str(port), "--address", "127.0.0.1"],
            stdout=subprocess.DEVNULL,
            env={**os.environ, "MALLOC_ARENA_MAX": "2"},  # as `serve` and the unit do
        )
        try:
            while not _answers(port):
                assert process.poll() is None
                time.sleep(0.05)
            yield folder, process, port
        finally:
            process.terminate()
            process.wait(20)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False


def _connection(port: int) -> http.client.HTTPSConnection:
    context = ssl._create_unverified_context()
    return http.client.HTTPSConnection("localhost", port, context=context, timeout=60)


def _enter(port: int) -> str:
    connection = _connection(port)
    body = urlencode({"name": "zhang", "password": PASSWORD})
    kind = {"content-type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/sign-in", body, kind)
    answer = connection.getresponse()
    cookie = answer.headers["set-cookie"].partition(";")[0]
    connection.close()
    return str(cookie)


def _get(port: int, path: str, cookie: str) -> bytes:
    connection = _connection(port)
    connection.request("GET", path, headers={"cookie": cookie})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, (path, answer.status)
    connection.close()
    return body


class _Viewer:
    """One stream of live events. `count`: how many fragments came."""

    def __init__(self, port: int, cookie: str) -> None:
        self.count = 0
        self.first = threading.Event()
        self._connection = _connection(port)
        self._connection.request("GET", "/live/feed", headers={"cookie": cookie})
        self._answer = self._connection.getresponse()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            while line := self._answer.readline():
                if line.startswith(b"event: live"):
                    self.count += 1
                    self.first.set()
        except (OSError, ValueError, http.client.HTTPException):
            pass

    def close(self) -> None:
        """Hang up."""
        if self._connection.sock is not None:
            self._connection.sock.close()


def _touch(park: Centre) -> None:
    with park.store.write() as connection:
        store.count_up(connection, "sales")


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rss_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024
