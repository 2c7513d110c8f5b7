"""What the panel shows of a live park: read from outside, as a technician would see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fleet_manager import centre
from fleet_manager.passages.counts import GroupBy, count
from gate_agent.effects import Sign
from gate_agent.signs import words
from gate_agent.validator.passage import Passage, PassageKind
from gate_agent.validator.reasons import Reason
from hardware_sim.demo.site import STAFF, DemoGate, DemoSite
from hardware_sim.demo.tally import of_journal
from hardware_sim.live.air import Place
from hardware_sim.live.weather import FAIR

WORDS = {
    PassageKind.GRANTED: ("请通行", "please pass"),
    PassageKind.TAKEN: ("已通过", "went through"),
    PassageKind.NOT_TAKEN: ("未通过，次数保留", "did not pass, keeps the admission"),
    PassageKind.FORCED: ("强行通过", "went through without a release"),
    PassageKind.UNRESOLVED: ("断电时未完成", "left open by a crash"),
    PassageKind.BOOT: ("闸机已启动", "the gate has started"),
    PassageKind.MODE: ("通道模式已改变", "the lane has another mode"),
    PassageKind.FREE: ("自由通过", "went through, the lane is free"),
}


@dataclass(frozen=True, slots=True)
class Books:
    """Persons let in and refusals, as journals and centre have them, by gate."""

    journals: dict[str, tuple[int, int]]
    centre: dict[str, tuple[int, int]]

    @property
    def agree(self) -> bool:
        """Whether both say the same."""
        return self.journals == self.centre


def books(site: DemoSite) -> Books:
    """Compare gates and centre. Raises whatever the centre's database raises while the centre is
    made anew."""
    journals: dict[str, tuple[int, int]] = {}
    for name, gate in site.gates.items():
        sums = of_journal(gate.rows_after(0))
        if sums["taken"] or sums["denied"]:
            journals[name] = sums["taken"], sums["denied"]
    with centre.opened(site.centre_data) as park, park.store.read() as connection:
        lines = count(connection, 1, date.max.toordinal(), [GroupBy.GATE]).lines
    totals = {line.keys[0]: line.totals for line in lines}
    centre_books = {
        name: (sums.entries, sum(sums.denied.values())) for name, sums in totals.items()
    }
    return Books(journals, {name: pair for name, pair in centre_books.items() if any(pair)})


def answer_of(row: Passage) -> tuple[str, str]:
    """Return a record in words, Chinese and English."""
    if row.kind is PassageKind.DENIED:
        return words(Sign.REFUSED, Reason(row.reason))
    return WORDS.get(row.kind, (row.kind.key, row.kind.key))


def broken(gate: DemoGate, place: Place | None) -> list[str]:
    """Return what somebody has broken at a gate and not mended yet, but its process and its
    arm's power, which are shown by themselves."""
    network = gate.proxy.trouble
    troubles = {
        "unplugged": gate.scanner is not None and not gate.scanner.plugged,
        "cut_now": network == "cut",
        "silent_now": network == "silent",
        "full": gate.process.is_full,
        "clock_wrong": gate.clock.error_s != 0,
        "bad_radio": place is not None and place.weather != FAIR,
        "no_cable": place is not None and not place.plugged,
    }
    return [name for name, active in troubles.items() if active]


def gate_view(gate: DemoGate, place: Place | None = None) -> dict[str, Any]:
    """Return one gate as values that JSON can hold. A page in another network has no link."""
    status, rows = gate.status(), gate.rows_after(0)
    view: dict[str, Any] = {
        "name": gate.plan.name,
        "process": gate.process.state,
        "linked": bool(status.get("linked")),
        "list": status.get("list_version", 0),
        "waiting": status.get("waiting", 0),
        "clock": status.get("clock", ""),
        "faults": status.get("faults", {}),
        "counted": of_journal(rows),
        "answer": answer_of(rows[-1]) if rows else ("", ""),
        "kind": rows[-1].kind.key if rows else "",
        "arm": None,
        "air": gate.in_namespace,
        "broken": broken(gate, place),
        "page": "" if gate.in_namespace else gate.page(),
    }
    if gate.arm is not None:
        state = gate.arm.state
        view["arm"] = {
            "open": state.unlocked,
            "turns": state.turns,
            "power": state.powered,
            "deg": round(state.deg) % 120,
        }
    return view


def view(
    site: DemoSite, books_now: Books | None, places: Mapping[str, Place] | None = None
) -> dict[str, Any]:
    """Return the whole park as values that JSON can hold. `places`: of the gates that have
    network namespaces of their own."""
    located = places or {}
    return {
        "gates": [gate_view(gate, located.get(name)) for name, gate in site.gates.items()],
        "staff": STAFF if site.pages else {},
        "centre": site.centre.state,
        "broker": "runs" if site.broker.running else "dead",
        "books": None
        if books_now is None
        else {
            "agree": books_now.agree,
            "journals": books_now.journals,
            "centre": books_now.centre,
        },
    }
