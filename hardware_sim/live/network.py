"""Orders that concern a gate's network: a relay that can be cut, and the air, if there is one."""

from collections.abc import Callable, Mapping

from hardware_sim.demo.site import DemoGate, DemoSite
from hardware_sim.live.air import Place
from hardware_sim.live.script import ParkOrder, ScriptError, number, refused_without_namespaces
from hardware_sim.live.weather import FAIR, LinkWeather

SLOWEST_MS = 60_000.0


def orders(site: DemoSite, places: Mapping[str, Place]) -> dict[str, Callable[[ParkOrder], str]]:
    """Return what performs each order of this module."""
    return {
        "cut": lambda order: _relay(site, order, "cut"),
        "silence": lambda order: _relay(site, order, "silence"),
        "heal": lambda order: _heal(site, places, order),
        "weather": lambda order: _weather(site, places, order),
        "cable": lambda order: _cable(site, places, order),
    }


def gate_of(site: DemoSite, order: ParkOrder) -> DemoGate:
    """Return the gate that is meant. Raises ScriptError."""
    gate = site.gates.get(order.words[0])
    if gate is None:
        names = ", ".join(site.gates)
        raise ScriptError(f"line {order.line}: no gate {order.words[0]!r}, but {names}")
    return gate


def _relay(site: DemoSite, order: ParkOrder, what: str) -> str:
    getattr(gate_of(site, order).proxy, what)()
    return f"{order.words[0]}: network: {what}"


def _heal(site: DemoSite, places: Mapping[str, Place], order: ParkOrder) -> str:
    place = places.get(order.words[0])
    if place is not None:
        place.weather = FAIR
        place.cable(plugged=True)
    return _relay(site, order, "heal")


def _weather(site: DemoSite, places: Mapping[str, Place], order: ParkOrder) -> str:
    place = _place(site, places, order)
    lost, twice = number(order, 1, 100.0), number(order, 3, 100.0)
    place.weather = LinkWeather(lost / 100, number(order, 2, SLOWEST_MS), twice / 100)
    loss = f"{lost:g} % of the packets are lost, {twice:g} % come twice"
    return f"{order.words[0]}: {loss}, {place.weather.delay_ms:g} ms each way"


def _cable(site: DemoSite, places: Mapping[str, Place], order: ParkOrder) -> str:
    place = _place(site, places, order)
    if order.words[1] not in ("in", "out"):
        raise ScriptError(f"line {order.line}: is the cable in or out?")
    place.cable(plugged=order.words[1] == "in")
    return f"{order.words[0]}: the network cable is {order.words[1]}"


def _place(site: DemoSite, places: Mapping[str, Place], order: ParkOrder) -> Place:
    place = places.get(gate_of(site, order).plan.name)
    if place is None:
        raise refused_without_namespaces(order)
    return place
