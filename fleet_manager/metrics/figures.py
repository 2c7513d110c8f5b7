"""Read the figures of the park for Prometheus when they are asked for, from sums and last reports.

Names and units: https://prometheus.io/docs/practices/naming/. Points in time are told, not ages: an
age that is read late is wrong. A label is a gate, station, kind or reason; nothing of a visitor.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector as PrometheusCollector
from sqlalchemy import Connection, func, select

from fleet_manager.centre import Centre
from fleet_manager.database import incidents, tables_passages
from fleet_manager.events import outbox, webhooks
from fleet_manager.gates import gates
from fleet_manager.gates.gates import EnrolledGate
from fleet_manager.incident import Incident
from fleet_manager.passages import occupancy
from fleet_manager.passages.records import reason_key
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, PassageKind

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_PREFIX = "scenic_gate"
_PASSAGES = (
    PassageKind.TAKEN,
    PassageKind.NOT_TAKEN,
    PassageKind.UNRESOLVED,
    PassageKind.FORCED,
    PassageKind.FREE,
)
Labels = tuple[str, ...]
Values = Mapping[Any, float]
"""By `Labels`."""


class ParkFigures(PrometheusCollector):
    """Collects the figures of a park. A counter never falls as long as this object lives: records
    that are disowned would look like a restart, and be counted twice."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._highest: dict[tuple[str, Labels], float] = {}
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def text(self) -> bytes:
        """Return all figures in Prometheus' text format. Raises what the database raises."""
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """Yield the figures: called by the library for `text`."""
        now_ms = self._centre.clock()
        with self._centre.store.read() as connection:
            yield _gauge("build_info", "Version of the centre.", ["version"], {(_VERSION,): 1})
            yield from self._sums(connection)
            yield from self._occupancy(connection, now_ms)
            yield from _gates(gates.every(connection))
            yield _open_incidents(connection)
            yield from self._webhooks(connection)

    def _sums(self, connection: Connection) -> Iterator[Metric]:
        passages: dict[Labels, float] = {}
        persons: dict[Labels, float] = {}
        refusals: dict[Labels, float] = {}
        for gate, direction, kind, reason, events, people in connection.execute(_SUMS):
            way = Direction(direction).name.lower()
            if kind == PassageKind.DENIED:
                _add(refusals, (gate, reason_key(reason)), events)
            elif kind in _PASSAGES:
                _add(passages, (gate, way, PassageKind(kind).key), events)
            if kind == PassageKind.TAKEN:
                _add(persons, (gate, way), people)
        yield self._counter(
            "passages", "Passages by what became of them.", ["gate", "direction", "kind"], passages
        )
        yield self._counter("persons", "Persons who went through.", ["gate", "direction"], persons)
        yield self._counter("refusals", "Refusals by reason.", ["gate", "reason"], refusals)

    def _occupancy(self, connection: Connection, now_ms: int) -> Iterator[Metric]:
        day = self._centre.calendar.day(now_ms)
        now = occupancy.read(connection, day)
        stations = {(station,): inside for station, inside in now.stations.items()}
        yield _gauge(
            "inside_persons", "Entries less exits of today, by station.", ["station"], stations
        )
        yield _single("entries_today_persons", "Entries of today.", now.entries)
        yield _single(
            "inside_limit_persons", "Most persons at the same time; 0 for none.", now.limits.at_once
        )
        yield _single(
            "day_limit_persons", "Most persons on a day; 0 for none.", now.limits.in_a_day
        )

    def _webhooks(self, connection: Connection) -> Iterator[Metric]:
        every = webhooks.every(connection)
        attempts = {
            (webhook.name, result): count
            for webhook in every
            for result, count in (("delivered", webhook.delivered), ("failed", webhook.failed))
        }
        yield self._counter(
            "webhook_deliveries", "Attempts to deliver.", ["webhook", "result"], attempts
        )
        waiting = {
            (webhook.name,): outbox.waiting(connection, webhook.mark, webhook.events)[0]
            for webhook in every
        }
        yield _gauge(
            "webhook_waiting_events", "Events that a receiver has not taken.", ["webhook"], waiting
        )
        disabled = {(webhook.name,): webhook.disabled_ms is not None for webhook in every}
        yield _gauge("webhook_disabled", "1 where nothing is sent.", ["webhook"], disabled)

    def _counter(self, name: str, about: str, labels: Sequence[str], values: Values) -> Metric:
        family = CounterMetricFamily(f"{_PREFIX}_{name}", about, labels=labels)
        for key, value in sorted(values.items()):
            highest = max(value, self._highest.get((name, key), 0.0))
            self._highest[name, key] = highest
            family.add_metric(key, highest)
        return family


_VERSION = version("scenic-gate")
_TALLY = tables_passages.tally_month.c
_SUMS = select(
    _TALLY.gate,
    _TALLY.direction,
    _TALLY.kind,
    _TALLY.reason,
    func.sum(_TALLY.events),
    func.sum(_TALLY.persons),
).group_by(_TALLY.gate, _TALLY.direction, _TALLY.kind, _TALLY.reason)


def _gates(every: Sequence[EnrolledGate]) -> Iterator[Metric]:
    states = {gate.id: json.loads(gate.state) for gate in every if gate.state}
    yield _gauge(
        "gate_info",
        "Each gate in use, and what it runs.",
        ["gate", "station", "software"],
        {(gate.id, gate.station, gate.software): 1 for gate in every},
    )
    yield _gauge(
        "gate_last_seen_timestamp_seconds",
        "Newest time of the centre that the gate has sent back.",
        ["gate"],
        {(gate.id,): gate.seen_ms / 1000 for gate in every if gate.seen_ms is not None},
    )
    yield _gauge(
        "gate_queue_records",
        "Records that had not arrived when the gate last reported.",
        ["gate"],
        {(gate,): state.get("waiting", 0) for gate, state in states.items()},
    )
    yield _gauge(
        "gate_faults",
        "Devices at fault.",
        ["gate"],
        {(gate,): len(state.get("faults", [])) for gate, state in states.items()},
    )
    yield _gauge(
        "gate_clock_trusted",
        "1 where the gate knows the time.",
        ["gate"],
        {(gate,): state.get("clock") == ClockState.TRUSTED for gate, state in states.items()},
    )
    yield _gauge(
        "gate_list_timestamp_seconds",
        "As of when the ticket list is that a gate has in force.",
        ["gate", "series"],
        {
            (gate, str(series)): as_of_ms / 1000
            for gate, state in states.items()
            for series, _, as_of_ms in state.get("lists", [])
        },
    )


def _open_incidents(connection: Connection) -> Metric:
    counts = dict.fromkeys([(kind.value,) for kind in Incident], 0)
    for incident in incidents.open_now(connection):
        counts[(incident.kind.value,)] += 1
    return _gauge("incidents_open", "Incidents that nobody has cleared.", ["kind"], counts)


def _gauge(name: str, about: str, labels: Sequence[str], values: Values) -> Metric:
    family = GaugeMetricFamily(f"{_PREFIX}_{name}", about, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, float(value))
    return family


def _single(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{_PREFIX}_{name}", about, value=value)


def _add(sums: dict[Labels, float], key: Labels, value: float) -> None:
    sums[key] = sums.get(key, 0.0) + float(value)
