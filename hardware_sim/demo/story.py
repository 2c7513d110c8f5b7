"""The story of the demo: open, let visitors in, cut a link, kill a gate, close, compare."""

import random
import time
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from hardware_sim.demo.box_office import close_box_office
from hardware_sim.demo.evidence import Lateness, of_gate
from hardware_sim.demo.processes import DemoError
from hardware_sim.demo.site import DemoGate, DemoSite
from hardware_sim.demo.stock import stock
from hardware_sim.demo.tally import TallyLine, of_centre, of_journal, of_visitors
from hardware_sim.demo.view import DemoView
from hardware_sim.demo.walk import Walk
from hardware_sim.visitors import Behaviour, Habits, Label, Outcome, Visit, VisitorKind, crowd

READY_S = 180.0
DRAIN_S = 180.0
LONGEST_S = 1800.0
DRAW_S = 0.25
CUT_S = 12.0
WALK_UPS = 4


def run(
    folder: Path,
    seed: int,
    singles: int,
    console: Console,
    picture: Path | None = None,
    *,
    stay: bool = False,
) -> int:
    """Run the demo and return the exit status: 0 if all books agree. `picture`: an SVG of the end.
    `stay`: keep the park and its console until somebody stops it. Raises DemoError."""
    start_s = time.monotonic()
    view = DemoView(console)
    view.say("making a park: keys, certificates, broker, centre, three gates")
    lateness = Lateness()
    lateness.start()
    try:
        site = DemoSite(folder, seed)
        try:
            walks = _open(site, view, seed, singles)
            _let_in(site, view, walks, lateness)
            lines = _close(site, view, walks)
            takings = close_box_office(site)
            quarrels = view.closing(lines, takings, time.monotonic() - start_s)
            if stay:
                _stay(site, view)
        finally:
            site.stop()
        if quarrels:
            _explain(view, lateness, [site.gates[line.gate] for line in lines if line.quarrels()])
    finally:
        lateness.stop()
    if picture is not None:
        view.draw(picture)
    return 1 if quarrels else 0


def _open(site: DemoSite, view: DemoView, seed: int, singles: int) -> dict[str, Walk]:
    codes = stock(site, singles)
    view.say(f"issued {len(codes)} codes: valid, expired, void, forged, of other keys and zones")
    site.centre.start()
    site.console.start()
    for gate in site.gates.values():
        gate.start()
    _wait_until_ready(site)
    view.say("every gate has the signed ticket list: the park is open 开园")
    view.say(f"console 管理台: {site.sign_in_link()}", "bold green")
    view.say("  it signs you in once; the browser asks about the park's own certificate")
    doors = [gate.door for gate in site.gates.values()]
    habits = Habits(no_show=0.03, incomplete=0.1, torn=0.06, alien=0.06)
    visits = crowd(random.Random(seed), codes, doors, habits)
    return {
        name: Walk(
            gate,
            [visit for visit in visits if visit.door == gate.door],
            seed,
            lambda text, name=name: view.tell(name, text),  # type: ignore[misc]
        )
        for name, gate in site.gates.items()
    }


def _stay(site: DemoSite, view: DemoView) -> None:
    """Keep the park until Ctrl-C, with a link that nobody has used."""
    view.say(f"the park stays open; console 管理台: {site.sign_in_link()}", "bold green")
    view.say("  Ctrl-C ends it")
    with suppress(KeyboardInterrupt):
        while True:
            site.check_running()
            time.sleep(1)


def _wait_until_ready(site: DemoSite) -> None:
    newest = 0
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        site.check_running()
        versions = [gate.status().get("list_version", 0) for gate in site.gates.values()]
        newest = max(newest, *versions)
        if newest and all(version == newest for version in versions):
            return
        time.sleep(DRAW_S)
    raise DemoError(f"the gates did not get the ticket list; see the logs in {site.folder}")


def _explain(view: DemoView, lateness: Lateness, gates: list[DemoGate]) -> None:
    """Show what the gates say themselves, and whether this machine had time for them."""
    for text in (*(line for gate in gates for line in of_gate(gate)), lateness.busy()):
        if text:
            view.say(text, "bold red")


def _refuse_problems(view: DemoView, lateness: Lateness, walks: dict[str, Walk]) -> None:
    """Raise DemoError for the first visit that failed, after what its gate says."""
    failed = [walk for walk in walks.values() if walk.problem]
    if failed:
        _explain(view, lateness, [walk.gate for walk in failed])
    for walk in failed:
        why = lateness.busy() or f"see {walk.gate.log}"
        raise DemoError(f"{walk.gate.plan.name}: {walk.problem}; {why}")


def _let_in(site: DemoSite, view: DemoView, walks: dict[str, Walk], lateness: Lateness) -> None:
    cut_gate, dead_gate = site.gates["north-1"], site.gates["north-2"]
    healing: list[float] = []

    def cut() -> None:
        cut_gate.proxy.cut()
        view.say("the link of north-1 is cut 断网: it goes on by itself", "bold yellow")
        walks["north-1"].add(_walk_ups(site, cut_gate))
        view.say(f"{WALK_UPS} tickets sold at the window, of which north-1 has never heard")
        healing.append(time.monotonic() + CUT_S)

    walks["north-1"].before[walks["north-1"].total // 3] = cut
    victim = _victim(walks["north-2"])
    if victim is not None:
        walks["north-2"].granted[victim] = lambda: _kill(dead_gate, view)
    for walk in walks.values():
        walk.start()
    view.open()
    try:
        end = time.monotonic() + LONGEST_S
        while not all(walk.finished for walk in walks.values()):
            if healing and time.monotonic() >= healing[0]:
                healing.clear()
                cut_gate.proxy.heal()
                view.say("the link of north-1 is whole again 恢复", "bold green")
            if time.monotonic() > end:
                raise DemoError("the visitors did not come to an end")
            view.update(site, walks)
            time.sleep(DRAW_S)
        cut_gate.proxy.heal()
        if not any(walk.problem for walk in walks.values()):
            view.say("everybody has been served; waiting for the last records")
            _drain(site, view, walks)
    finally:
        view.close()
    _refuse_problems(view, lateness, walks)


def _walk_ups(site: DemoSite, gate: DemoGate) -> list[Visit]:
    rows = site.sell(f"day={WALK_UPS}")
    return [
        Visit(
            number=1000 + row["serial"],
            kind=VisitorKind.SINGLE,
            door=gate.door,
            code=row["code"].encode(),
            behaviour=Behaviour.PASS,
            persons=1,
            expected=Outcome(taken=1),
        )
        for row in rows
    ]


def _victim(walk: Walk) -> int | None:
    """Choose a visit of a single-entry ticket in the second half, during which the gate is killed;
    None if there is none."""
    visits = walk.visits
    for number in range(len(visits) // 2, len(visits)):
        visit = visits[number]
        alone = sum(other.code == visit.code for other in visits) == 1
        if visit.kind.value == Label.SINGLE and visit.behaviour is Behaviour.PASS and alone:
            return number
    return None


def _kill(gate: DemoGate, view: DemoView) -> None:
    gate.process.kill()
    view.say(f"{gate.plan.name} is killed (-9) while a visitor walks through", "bold red")
    gate.process.start()


def _drain(site: DemoSite, view: DemoView, walks: dict[str, Walk]) -> None:
    end = time.monotonic() + DRAIN_S
    while time.monotonic() < end:
        site.check_running()
        view.update(site, walks)
        states = [(gate.status(), gate.rows_after(0)) for gate in site.gates.values()]
        if all(
            rows and status.get("head") == rows[-1].seq and status.get("waiting") == 0
            for status, rows in states
        ):
            return
        time.sleep(DRAW_S)
    raise DemoError(f"records are still waiting at a gate; see the logs in {site.folder}")


def _close(site: DemoSite, view: DemoView, walks: dict[str, Walk]) -> list[TallyLine]:
    by_gate = {line["gate"]: line for line in site.counts()["lines"]}
    view.say("closing 闭园")
    lines = []
    for name, gate in site.gates.items():
        expected = walks[name].expected
        lines.append(
            TallyLine(
                gate=name,
                expected=of_visitors(expected),
                turns=None if gate.arm is None else gate.arm.state.turns,
                unseen=expected["unseen"],
                journal=of_journal(gate.rows_after(0)),
                centre=of_centre(by_gate[name]),
            )
        )
    return lines
