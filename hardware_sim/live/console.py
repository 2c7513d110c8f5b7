"""The live park at a terminal: orders are typed, or are read from a scenario."""

from collections.abc import Iterator
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hardware_sim.demo.site import Site
from hardware_sim.demo.tally import of_journal
from hardware_sim.live.script import ORDERS, Order, ScriptError, parse, parse_line
from hardware_sim.live.stage import PLANS, Stage
from hardware_sim.live.waiting import Failed

SHIPPED = Path(__file__).parent / "scenarios"


def scenario(name: str) -> Path:
    """A file of that path, or the shipped one of that name. Raises ScriptError."""
    for path in (Path(name), SHIPPED / f"{name}.txt"):
        if path.is_file():
            return path
    known = ", ".join(sorted(path.stem for path in SHIPPED.glob("*.txt")))
    raise ScriptError(f"cannot open {name}: no such file, nor one of {known}")


def play(folder: Path, path: Path, console: Console) -> int:
    """A scenario from its first line to its last; 1 if something expected did not come. Raises
    ScriptError before anything is started, DemoError if the park cannot be."""
    orders = parse(path.read_text("utf-8"))
    site = Site(folder, 1, PLANS)
    try:
        stage = Stage(site)
        stage.open()
        for order in orders:
            if order.verb == "quit":
                break
            _say(console, stage, order)
    except Failed as error:
        console.print(Text(f"FAILED  {error}", "bold red"))
        return 1
    finally:
        site.stop()
    console.print(Text(f"{path.stem}: everything came as expected", "bold green"))
    return 0


def train(folder: Path, console: Console) -> int:
    """By hand, until `quit` or the end of the input."""
    console.print("making a park; a minute, please")
    site = Site(folder, 1, PLANS)
    try:
        stage = Stage(site)
        stage.open()
        console.print(picture(site))
        console.print("type an order; help lists them, quit ends")
        for order in _typed(console):
            if order.verb == "quit":
                break
            try:
                _say(console, stage, order)
            except (Failed, ScriptError) as error:
                console.print(Text(str(error), "bold red"))
    finally:
        site.stop()
    return 0


def _typed(console: Console) -> Iterator[Order]:
    while True:
        try:
            order = parse_line(console.input("park> "))
        except EOFError:
            return
        except ScriptError as error:
            console.print(Text(str(error), "bold red"))
        else:
            if order is not None:
                yield order


def _say(console: Console, stage: Stage, order: Order) -> None:
    if order.verb == "help":
        for verb, (takes, what) in ORDERS.items():
            console.print(Text(f"  {verb + ' ' + takes:36} {what}"))
    elif order.verb == "show":
        console.print(picture(stage.site))
    else:
        said = stage.perform(order)
        if said:
            console.print(Text(said))


def picture(site: Site) -> Table:
    """Every gate: process, link, list, arm, journal, and what it has counted."""
    table = Table(box=SIMPLE_HEAD, title="the park")
    for column in ("gate", "process", "link", "list", "arm", "records", "waiting", "counted"):
        table.add_column(column)
    for name, gate in site.gates.items():
        status, rows = gate.status(), gate.rows_after(0)
        arm = "-"
        if gate.arm is not None:
            state = gate.arm.state
            arm = f"{'open' if state.unlocked else 'locked'}, {state.turns} turns"
            arm = arm if state.powered else "no power"
        counted = ", ".join(f"{key} {n}" for key, n in sorted(of_journal(rows).items()))
        table.add_row(
            name,
            "runs" if gate.process.running else Text("dead", "bold red"),
            "up" if status.get("linked") else Text("down", "bold red"),
            str(status.get("list_version", "-")),
            arm,
            str(rows[-1].seq if rows else 0),
            str(status.get("waiting", "-")),
            counted or "-",
        )
    return table
