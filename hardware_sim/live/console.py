"""The live park at a terminal: orders are typed, or are read from a scenario."""

from contextlib import ExitStack, closing, nullcontext
from pathlib import Path
from threading import Thread

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hardware_sim.demo.site import DemoSite
from hardware_sim.demo.tally import of_journal
from hardware_sim.devices.arm import TurnstileArm
from hardware_sim.live import namespace
from hardware_sim.live.air import CENTRE, Air
from hardware_sim.live.order_queue import OrderQueue
from hardware_sim.live.panel.panel import Panel
from hardware_sim.live.script import (
    NEED_NAMESPACES,
    ORDERS,
    ParkOrder,
    ScriptError,
    parse,
    parse_line,
    refused_without_namespaces,
)
from hardware_sim.live.stage import PLANS, Stage
from hardware_sim.live.waiting import Failed

SHIPPED = Path(__file__).parent / "scenarios"


def scenario(name: str) -> Path:
    """Return a file of that path, or the shipped one of that name. Raises ScriptError."""
    for path in (Path(name), SHIPPED / f"{name}.txt"):
        if path.is_file():
            return path
    shipped = ", ".join(sorted(path.stem for path in SHIPPED.glob("*.txt")))
    raise ScriptError(f"cannot open {name}: no such file, nor one of {shipped}")


def play(folder: Path, path: Path, console: Console, *, namespaces: bool = False) -> int:
    """Play a scenario from its first line to its last; return 1 if something expected did not come.
    Raises ScriptError before anything is started, DemoError if the park cannot be opened."""
    orders = parse(path.read_text("utf-8"))
    for order in orders:
        if order.verb in NEED_NAMESPACES and not namespaces:
            raise refused_without_namespaces(order)
    try:
        with ExitStack() as stack:
            stage, _ = _opened(folder, namespaces, stack)
            for order in orders:
                if order.verb == "quit":
                    break
                if not _looked(console, stage.site, order):
                    _tell(console, stage.perform(order))
    except Failed as error:
        console.print(Text(f"FAILED  {error}", "bold red"))
        return 1
    console.print(Text(f"{path.stem}: everything came as expected", "bold green"))
    return 0


def _opened(folder: Path, namespaces: bool, stack: ExitStack) -> tuple[Stage, Air | None]:
    """Open a park that runs until `stack` ends."""
    air = None
    if namespaces:
        air = stack.enter_context(closing(Air([plan.name for plan in PLANS], seed=1)))
    places = air.places if air is not None else {}
    site = DemoSite(
        folder,
        1,
        PLANS,
        clocks=True,
        pages=True,
        address=CENTRE if namespaces else "",
        popen={name: place.popen for name, place in places.items()},
    )
    stack.callback(site.stop)
    stage = Stage(site, places)
    stage.open()
    return stage, air


def train(
    folder: Path, console: Console, panel: int | None = None, *, namespaces: bool = False
) -> int:
    """Take orders by hand until `quit`, or until the end of the input if there is no panel.
    `panel`: the port of the page, 0 for any. Raises DemoError, or DriverFault if the port is
    taken."""
    console.print("making a park; a minute, please")
    with ExitStack() as stack:
        stage, air = _opened(folder, namespaces, stack)
        site = stage.site
        console.print(picture(site))
        queue = OrderQueue(stage.perform)
        if panel is not None:
            # The browser is not in the park's network.
            with nullcontext() if air is None else namespace.inside(air.home):
                url = stack.enter_context(Panel(site, queue, panel, stage.places)).url
            console.print(f"the panel: {url}", soft_wrap=True)
        console.print("type an order; help lists them, quit ends")
        typing = Thread(target=_type, args=(console, site, queue, panel is None), daemon=True)
        typing.start()
        queue.run(lambda done: _tell(console, done.said, "bold red" if done.failed else ""))
    return 0


def _type(console: Console, site: DemoSite, queue: OrderQueue, ends: bool) -> None:
    """Queue what is typed; answer here what changes nothing."""
    while True:
        try:
            text = console.input("park> ")
            order = parse_line(text)
        except EOFError:
            if ends:
                queue.ask("quit")
            return
        except ScriptError as error:
            console.print(Text(str(error), "bold red"))
            continue
        if order is not None and not _looked(console, site, order):
            queue.ask(text)
            if order.verb == "quit":
                return


def _looked(console: Console, site: DemoSite, order: ParkOrder) -> bool:
    """Answer an order that changes nothing. Returns whether it was one."""
    if order.verb == "help":
        for verb, (takes, what) in ORDERS.items():
            console.print(Text(f"  {verb + ' ' + takes:36} {what}"))
    elif order.verb == "show":
        console.print(picture(site))
    return order.verb in ("help", "show")


def _tell(console: Console, text: str, style: str = "") -> None:
    if text:
        console.print(Text(text, style))


def picture(site: DemoSite) -> Table:
    """Draw every gate: process, link, list, arm, journal, and what it has counted."""
    table = Table(box=SIMPLE_HEAD, title="the park")
    for column in ("gate", "process", "link", "list", "arm", "records", "waiting", "counted"):
        table.add_column(column)
    for name, gate in site.gates.items():
        status, rows = gate.status(), gate.rows_after(0)
        counted = ", ".join(f"{key} {n}" for key, n in sorted(of_journal(rows).items()))
        table.add_row(
            name,
            "runs" if gate.process.running else Text("dead", "bold red"),
            "up" if status.get("linked") else Text("down", "bold red"),
            str(status.get("list_version", "-")),
            _arm_words(gate.arm),
            str(rows[-1].seq if rows else 0),
            str(status.get("waiting", "-")),
            counted or "-",
        )
    return table


def _arm_words(arm: TurnstileArm | None) -> str:
    if arm is None:
        return "-"
    if not arm.state.powered:
        return "no power"
    return f"{'open' if arm.state.unlocked else 'locked'}, {arm.state.turns} turns"
