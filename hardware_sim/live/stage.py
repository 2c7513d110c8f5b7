"""Performs the orders of a script on a park of real processes."""

import signal
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from gate_agent.validator.passage import Passage, PassageKind
from gate_agent.validator.reasons import Reason
from hardware_sim.demo.site import DemoGate, DemoSite, GatePlan
from hardware_sim.devices.arm import TurnstileArm
from hardware_sim.devices.turnstile_state import Push
from hardware_sim.live import backup, network
from hardware_sim.live.air import Place
from hardware_sim.live.network import gate_of
from hardware_sim.live.script import ParkOrder, ScriptError, seconds
from hardware_sim.live.waiting import DRAIN_S, agree, hold, names

PLANS = (
    GatePlan("north-1", "north", True, "scanner", "turnstile"),
    GatePlan("north-2", "north", True, "scanner", "turnstile"),
    GatePlan("south-1", "south", False, "scanner", "handheld"),
)
PATIENCE_S = 60.0
LAMP_S = 10.0
FARTHEST_S = 20 * 366 * 86_400
ALIEN = b"https://example.org/menu"
_SOLD = {
    "new": (),
    "team": ("--admits", "3"),
    "void": (),
    "expired": ("--from", "2020-05-01"),
}


class Stage:
    """`site` runs. `perform` gives what there is to say of an order. `places`: of the gates, if
    they have network namespaces of their own."""

    def __init__(self, site: DemoSite, places: Mapping[str, Place] | None = None) -> None:
        self.site, self.places = site, places or {}
        self._last: dict[str, Any] | None = None
        self._renewals = dict.fromkeys(site.gates, 0)
        self._lists = dict.fromkeys(site.gates, 0)
        self._seen = dict.fromkeys(site.gates, 0)
        self._orders: dict[str, Callable[[ParkOrder], str]] = {
            "swipe": self._swipe,
            "push": self._push,
            "jam": lambda order: self._power(order, False),
            "free": lambda order: self._power(order, True),
            "unplug": lambda order: self._cable(order, False),
            "plug": lambda order: self._cable(order, True),
            **network.orders(site, self.places),
            "kill": self._kill,
            "start": self._start,
            "freeze": lambda order: self._signal(order, signal.SIGSTOP),
            "thaw": lambda order: self._signal(order, signal.SIGCONT),
            "fill": lambda order: self._room(order, 0),
            "empty": lambda order: self._room(order, None),
            "clock": self._clock,
            "refund": self._refund,
            "renew": self._renew,
            **backup.orders(site),
            "restored": self._restored,
            "expect": self._expect,
            "until": self._until,
            "wait": self._wait,
            "agree": self._agree,
        }

    def open(self) -> None:
        """Open the park: something to sell, the centre, the gates, and a ticket list at each.
        Raises Failed."""
        self.site.manage("product", "add", "day", "--name-zh", "一日票", "--name-en", "Day ticket")
        self.site.centre.start()
        for gate in self.site.gates.values():
            gate.start()
        for gate in self.site.gates.values():
            hold(
                partial(_has_list, gate),
                DRAIN_S,
                f"{gate.plan.name} got no ticket list",
            )
            rows = gate.rows_after(0)
            self._seen[gate.plan.name] = rows[-1].seq if rows else 0

    def perform(self, order: ParkOrder) -> str:
        """Perform an order. Raises ScriptError for what cannot be done here, Failed for what did
        not come."""
        return self._orders[order.verb](order)

    # --- people --------------------------------------------------------------------------------

    def _swipe(self, order: ParkOrder) -> str:
        gate = gate_of(self.site, order)
        assert gate.scanner is not None
        code, what = self._code(order)
        gate.scanner.present(code)
        return f"{gate.plan.name}: showed {what}"

    def _code(self, order: ParkOrder) -> tuple[bytes, str]:
        what = order.words[1]
        if what == "alien":
            return ALIEN, "something that is no ticket"
        if what.startswith("SG1:"):
            return what.encode(), "a code of your own"
        if what == "last":
            if self._last is None:
                raise ScriptError(f"line {order.line}: no ticket was sold yet")
        elif what in _SOLD:
            self._last = self.site.issue("--product", "day", *_SOLD[what])[0]
            if what == "void":
                self._void_everywhere(gate_of(self.site, order))
        else:
            raise ScriptError(f"line {order.line}: no ticket {what!r}; type help")
        return self._last["code"].encode(), f"ticket {self._last['serial']} ({what})"

    def _void_everywhere(self, gate: DemoGate) -> None:
        """Void the last ticket, and wait until the gate knows, if it can: else it would let the
        ticket in, as it should."""
        self._look_at_lists()
        self._void()
        hold(lambda: self._knows_more(gate), PATIENCE_S, f"{gate.plan.name} has no newer list")

    def _knows_more(self, gate: DemoGate) -> bool:
        status = gate.status()
        newer = status.get("list_version", 0) > self._lists[gate.plan.name]
        return newer or not status.get("linked")

    def _void(self) -> None:
        assert self._last is not None
        self.site.manage("ticket", "void", "--yes", str(self._last["serial"]))

    def _refund(self, order: ParkOrder) -> str:
        if self._last is None:
            raise ScriptError(f"line {order.line}: no ticket was sold yet")
        self._look_at_lists()
        self._void()
        return f"ticket {self._last['serial']} is void"

    def _restored(self, _order: ParkOrder) -> str:
        self._look_at_lists()
        return self.site.manage("restored", "--yes").strip()

    def _look_at_lists(self) -> None:
        for name, gate in self.site.gates.items():
            self._lists[name] = gate.status().get("list_version", 0)

    def _renew(self, order: ParkOrder) -> str:
        gate = gate_of(self.site, order)
        self._renewals[gate.plan.name] = gate.status().get("renewals", 0)
        self.site.manage("gate", "renew", gate.plan.name)
        return f"{gate.plan.name}: a new key is ordered"

    def _push(self, order: ParkOrder) -> str:
        how = order.words[1] if len(order.words) > 1 else ""
        if how not in ("", "wiggle", "force"):
            raise ScriptError(f"line {order.line}: push how? wiggle, force, or nothing")
        push = Push(wiggle_deg=20.0 if how == "wiggle" else 0.0, force=how == "force")
        arm = self._arm(order)
        if not push.force:  # a visitor waits for the lamp, but not for ever
            arm.wait(lambda state: state.unlocked, LAMP_S)
        arm.push(push)
        return f"{order.words[0]}: somebody leans on the arm"

    # --- things --------------------------------------------------------------------------------

    def _power(self, order: ParkOrder, on: bool) -> str:
        self._arm(order).power(on)
        return f"{order.words[0]}: the turnstile {'has power' if on else 'is dead'}"

    def _cable(self, order: ParkOrder, plugged: bool) -> str:
        scanner = gate_of(self.site, order).scanner
        assert scanner is not None
        (scanner.plug if plugged else scanner.unplug)()
        return f"{order.words[0]}: the scanner is {'plugged in' if plugged else 'unplugged'}"

    def _kill(self, order: ParkOrder) -> str:
        who = order.words[0]
        if who == "broker":
            self.site.broker.kill()
        else:
            self._process(order).kill()
        return f"{who} is dead"

    def _start(self, order: ParkOrder) -> str:
        who = order.words[0]
        if who == "broker":
            self.site.broker.start()
        else:
            self._process(order).start()
        return f"{who} starts"

    def _signal(self, order: ParkOrder, number: signal.Signals) -> str:
        self._process(order).signal(number)
        return f"{order.words[0]}: {number.name}"

    def _room(self, order: ParkOrder, most: int | None) -> str:
        gate_of(self.site, order).process.limit_files(most)
        return f"{order.words[0]}: the disk {'is full' if most is not None else 'has room'}"

    def _clock(self, order: ParkOrder) -> str:
        try:
            error_s = int(order.words[1])
        except ValueError:
            raise ScriptError(f"line {order.line}: {order.words[1]!r} are no seconds") from None
        if abs(error_s) > FARTHEST_S:
            raise ScriptError(f"line {order.line}: no board is wrong by more than 20 years")
        gate_of(self.site, order).clock.step(error_s)
        error = f"is {error_s} s wrong" if error_s else "is right, and synchronised"
        return f"{order.words[0]}: the clock {error}"

    # --- waiting -------------------------------------------------------------------------------

    def _expect(self, order: ParkOrder) -> str:
        gate, what = gate_of(self.site, order), order.words[1]
        names_of_records = {kind.key for kind in PassageKind} | {reason.key for reason in Reason}
        if what not in names_of_records:
            raise ScriptError(f"line {order.line}: no record {what!r}")
        matching: list[Passage] = []

        def came() -> bool:
            for row in gate.rows_after(self._seen[gate.plan.name]):
                self._seen[gate.plan.name] = row.seq
                if what in names(row):
                    matching.append(row)
                    return True
            return False

        took_s = hold(
            came,
            seconds(order, 2, PATIENCE_S),
            f"line {order.line}: {gate.plan.name} recorded no {what}",
        )
        return f"{gate.plan.name}: {what}, record {matching[0].seq}, after {took_s:.1f} s"

    def _until(self, order: ParkOrder) -> str:
        gate, what = gate_of(self.site, order), order.words[1]
        states: dict[str, Callable[[dict[str, Any]], bool]] = {
            "linked": lambda status: bool(status.get("linked")),
            "apart": lambda status: status.get("linked") is False,
            "renewed": lambda status: status.get("renewals", 0) > self._renewals[gate.plan.name],
            "relisted": lambda status: status.get("list_version", 0) > self._lists[gate.plan.name],
            "broken": lambda status: bool(status.get("faults")),
            "whole": lambda status: status.get("faults") == {},
            "settled": lambda status: bool(status.get("linked")) and status.get("waiting") == 0,
        }
        if what not in states:
            raise ScriptError(f"line {order.line}: until {', '.join(states)}")
        took_s = hold(
            lambda: states[what](gate.status()),
            seconds(order, 2, DRAIN_S),
            f"line {order.line}: {gate.plan.name} is not {what}",
        )
        return f"{gate.plan.name}: {what} after {took_s:.1f} s"

    def _wait(self, order: ParkOrder) -> str:
        time.sleep(seconds(order, 0, 0.0))
        return ""

    def _agree(self, _order: ParkOrder) -> str:
        return agree(self.site)

    # --- who is meant --------------------------------------------------------------------------

    def _arm(self, order: ParkOrder) -> TurnstileArm:
        arm = gate_of(self.site, order).arm
        if arm is None:
            raise ScriptError(f"line {order.line}: {order.words[0]} has no arm")
        return arm

    def _process(self, order: ParkOrder) -> Any:
        return self.site.centre if order.words[0] == "centre" else gate_of(self.site, order).process


def _has_list(gate: DemoGate) -> bool:
    return bool(gate.status().get("list_version"))
