"""Draw docs/console.png: the live page of a park at noon, in the system's Chromium.

`python -m docs.draw_console`, after a change of the page. It needs Chromium and the libraries of
the tests, so `./run docs` leaves it out.
"""

import random
import shutil
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from fleet_manager import centre, limits
from fleet_manager.access.actor import Role, computer_user
from fleet_manager.centre import Centre
from fleet_manager.database import store, tables
from fleet_manager.gates import gates
from fleet_manager.intake.ingest import ingest
from fleet_manager.limits import Limits
from fleet_manager.services.park import NewPark, create
from fleet_manager.services.people import sign_in, users
from fleet_manager.services.people.users import NewUser
from fleet_manager.tickets import products
from fleet_manager.web.server import make_server
from gate_agent.validator.passage import Direction, PassageKind
from hardware_sim.broker import free_port
from tests.fleet_manager.scribe import Scribe

OUT = Path(__file__).with_name("console.png")
PASSWORD = "correct horse battery"
GATES = {"north-1": "north", "north-2": "north", "north-3": "north", "south-1": "south"}
HOUR_MS = 3_600_000


def main() -> None:
    """Make a park, serve it, and take the picture."""
    with TemporaryDirectory() as name:
        folder = Path(name, "data")
        wanted = NewPark(
            park="west-lake", name_zh="西湖景区", name_en="West Lake", time_zone="Asia/Shanghai"
        )
        create(folder, computer_user(), wanted, datetime.now(UTC))
        with centre.opened(folder) as park:
            fill(park)
            port = free_port()
            server = make_server(park, "127.0.0.1", port)
            thread = threading.Thread(target=server.run, daemon=True)
            thread.start()
            while not server.started:
                time.sleep(0.05)
            shoot(f"https://localhost:{port}")
            server.should_exit = True
            thread.join()


def fill(park: Centre) -> None:
    """Let people in and out during the last hours, and let all gates but one speak."""
    now_ms, rng = park.clock(), random.Random(7)
    names = {"north": ("北门", "North gate"), "south": ("南门", "South gate")}
    with park.store.write() as connection:
        for station, (zh, en) in names.items():
            gates.add_station(connection, gates.Station(station, zh, en))
        for gate, station in GATES.items():
            gates.add_gate(connection, gate, station, bytes(32), now_ms)
        products.add(connection, products.Product(1, "adult", "成人票", "Adult"))
        limits.write(connection, Limits(1500, 8000))
        pens = {gate: Scribe(gate, gate.encode().ljust(16, b"-")) for gate in GATES}
        for at_ms in sorted(rng.uniform(now_ms - 2 * HOUR_MS, now_ms) for _ in range(1700)):
            gate = rng.choice([*GATES, "north-1"])
            way = Direction.OUT if rng.random() < 0.14 else Direction.IN
            fields = {"wall_ms": int(at_ms), "product": 1, "direction": way}
            pens[gate].write(PassageKind.TAKEN, **fields)
        for pen in pens.values():
            first = 1
            while first <= len(pen.records):
                ingest(connection, [(pen.gate, pen.batch(first, 100))], park.calendar, now_ms)
                first += 100
        for gate in GATES:
            seen_ms = now_ms - (25 * 60_000 if gate == "south-1" else 20_000)
            report = {"gate": gate, "seen_ms": seen_ms, "software": "0.1.0", "lists": "{}",
                      "state": '{"waiting": 0, "lanes": [], "faults": []}'}  # fmt: skip
            store.put_row(connection, tables.report, report)
    new = NewUser(name="zhang", shown="张丽", role=Role.MANAGER)
    invited = users.add_user(park, computer_user(), new)
    sign_in.use_link(park, invited.secret, PASSWORD, address="127.0.0.1")


def shoot(url: str) -> None:
    """Sign in and take a picture of the live page."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(
            locale="en-GB", ignore_https_errors=True, viewport={"width": 1180, "height": 860}
        )
        page.goto(f"{url}/sign-in")
        page.fill("[name=name]", "zhang")
        page.fill("[name=password]", PASSWORD)
        page.click("button.main")
        page.wait_for_selector(".figure")
        page.screenshot(path=OUT)
        browser.close()


if __name__ == "__main__":
    main()
