"""Figures for Prometheus: read by the library that Prometheus' users read them with."""

import json
import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from firmware_config import gate_metrics
from fleet_manager import limits
from fleet_manager.__main__ import build
from fleet_manager.access.actor import computer_user
from fleet_manager.centre import Centre
from fleet_manager.database import incidents
from fleet_manager.events.event_types import ALL
from fleet_manager.gates import gates, last_seen
from fleet_manager.incident import Incident, Sighting
from fleet_manager.intake.ingest import ingest
from fleet_manager.limits import Limits
from fleet_manager.metrics import dashboard
from fleet_manager.metrics.figures import ParkFigures
from fleet_manager.services.webhooks import receivers
from gate_agent.validator.passage import Direction, PassageKind
from gate_agent.validator.reasons import Reason
from tests.fleet_manager.boards import STATE
from tests.fleet_manager.conftest import furnish_gates
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id

BOARD: dict[str, Any] = {
    "fresh": True,
    "linked": True,
    "waiting": 0,
    "head": 1,
    "clock": "trusted",
    "wall_ms": NOON,
    "faults": {},
    "lists": [{"series": "main", "version": 1, "as_of_ms": NOON}],
    "lanes": [{"number": 1, "mode": "controlled", "phase": "idle", "direction": "in"}],
    "counters": {"scans": 1},
}
"""What a board says of itself, whose figures have names of their own."""
Sample = tuple[str, tuple[tuple[str, str], ...]]


def samples(figures: ParkFigures) -> dict[Sample, float]:
    """All samples by name and labels."""
    families = text_string_to_metric_families(figures.text().decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def of(figures: ParkFigures, name: str, **labels: str) -> float | None:
    return samples(figures).get((f"scenic_gate_{name}", tuple(sorted(labels.items()))))


@pytest.fixture
def centre(park: Centre) -> Centre:
    """A park at noon with a few passages, a report, an incident and a receiver."""
    furnish_gates(park.store)
    config = replace(park.config, webhook_hosts=frozenset({"localhost"}))
    noon = replace(park, config=config, clock=lambda: NOON)
    scribe = Scribe("gate-1", b"j" * 16)
    for number in range(3):
        scribe.write(PassageKind.TAKEN, ticket=ticket_id(number), persons=2, admits=2, wall_ms=NOON)
    scribe.write(PassageKind.TAKEN, ticket=ticket_id(0), admits=2, direction=Direction.OUT)
    scribe.write(PassageKind.DENIED, ticket=ticket_id(8), reason=Reason.USED)
    scribe.write(PassageKind.FORCED)
    with noon.store.write() as connection:
        limits.write(connection, Limits(500, 9000))
        ingest(connection, [("gate-1", scribe.batch())], noon.calendar, NOON, [])
        state = replace(STATE, beacon_ms=NOON - 5000, waiting=7)
        last_seen.save_state(connection, "gate-1", state, (("main", 1),), NOON)
        sighting = Sighting(Incident.FORK, "gate-2", "")
        incidents.record(connection, Counter([sighting]), NOON)
    receivers.add(noon, computer_user(), "till", "http://localhost/x", ALL)
    return noon


def test_passages_refusals_and_who_is_inside(centre: Centre) -> None:
    figures = ParkFigures(centre)
    assert of(figures, "passages_total", gate="gate-1", direction="in", kind="taken") == 3
    assert of(figures, "persons_total", gate="gate-1", direction="in") == 6
    assert of(figures, "passages_total", gate="gate-1", direction="in", kind="forced") == 1
    assert of(figures, "refusals_total", gate="gate-1", reason="used") == 1
    assert of(figures, "inside_persons", station="north") == 5
    assert of(figures, "inside_limit_persons") == 500
    assert of(figures, "entries_today_persons") == 6
    assert of(figures, "incidents_open", kind="fork") == 1
    assert of(figures, "webhook_disabled", webhook="till") == 0


def test_a_gate_has_points_in_time_and_no_ages(centre: Centre) -> None:
    figures = ParkFigures(centre)
    seen_s = of(figures, "gate_last_seen_timestamp_seconds", gate="gate-1")
    assert seen_s == (NOON - 5000) / 1000
    assert of(figures, "gate_last_seen_timestamp_seconds", gate="gate-2") is None
    assert of(figures, "gate_list_timestamp_seconds", gate="gate-1", series="main") == NOON / 1000
    assert of(figures, "gate_queue_records", gate="gate-1") == 7
    assert of(figures, "gate_info", gate="gate-2", station="north", software="") == 1


def test_a_retired_gate_keeps_its_counters_alone(centre: Centre) -> None:
    with centre.store.write() as connection:
        gates.retire(connection, "gate-1", NOON)
    names = {
        name for (name, labels) in samples(ParkFigures(centre)) if ("gate", "gate-1") in labels
    }
    assert names == {
        "scenic_gate_passages_total",
        "scenic_gate_persons_total",
        "scenic_gate_refusals_total",
    }


def test_refusals_are_there_only_where_there_was_one(centre: Centre) -> None:
    reasons = [labels for (name, labels) in samples(ParkFigures(centre)) if "refusals" in name]
    assert reasons == [(("gate", "gate-1"), ("reason", "used"))]


def test_a_counter_does_not_fall_where_records_are_disowned(centre: Centre) -> None:
    figures = ParkFigures(centre)
    before = of(figures, "persons_total", gate="gate-1", direction="in")
    with centre.store.write() as connection:
        connection.exec_driver_sql("UPDATE tally_month SET persons = 1")
    assert of(figures, "persons_total", gate="gate-1", direction="in") == before


def test_no_name_is_also_one_of_a_board(centre: Centre) -> None:
    ours = {line.split()[2] for line in text_of(centre) if line.startswith("# TYPE")}
    boards = {line.split()[2] for line in gate_metrics.metrics(BOARD) if line.startswith("# TYPE")}
    assert ours & boards == set()
    assert all(name.startswith("scenic_gate_") for name in ours)


def text_of(centre: Centre) -> list[str]:
    return ParkFigures(centre).text().decode().splitlines()


# --- the dashboard -----------------------------------------------------------------------------


def test_every_query_of_the_dashboard_names_figures_and_labels_that_exist(centre: Centre) -> None:
    families = list(text_string_to_metric_families(ParkFigures(centre).text().decode()))
    labels: dict[str, set[str]] = {}
    for family in families:
        name = family.name + ("_total" if family.type == "counter" else "")
        labels[name] = {label for sample in family.samples for label in sample.labels}
    document = json.loads(dashboard.text(centre.config))
    queries = [target["expr"] for panel in document["panels"] for target in panel["targets"]]
    assert len(queries) > 15
    for query in queries:
        names = re.findall(r"scenic_gate_[a-z_]+", query)
        assert names, query
        assert set(names) <= set(labels), query
        for name, selector in re.findall(r"(scenic_gate_[a-z_]+)\{([^}]*)\}", query):
            assert set(re.findall(r"(\w+)\s*[!=]", selector)) <= labels[name], query
    used = {name for query in queries for name in re.findall(r"scenic_gate_[a-z_]+", query)}
    assert set(labels) - used <= {"scenic_gate_build_info"}, "a figure that nobody looks at"


def test_the_dashboard_is_the_parks_and_can_be_imported_anywhere(centre: Centre) -> None:
    document = json.loads(dashboard.text(centre.config))
    assert document["uid"] == "scenic-gate-park"
    assert document["title"] == "西湖 West Lake"
    assert document["timezone"] == "Asia/Shanghai"
    assert document["editable"] is False
    assert document["templating"]["list"][0]["type"] == "datasource"
    for panel in document["panels"]:
        assert panel["datasource"]["uid"] == "${datasource}"
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])
    numbers = [panel["id"] for panel in document["panels"]]
    assert len(numbers) == len(set(numbers))


def test_the_command_prints_both(park: Centre) -> None:
    folder = str(park.config.folder)
    for words, first in (([], "# HELP scenic_gate_build_info"), (["--grafana"], "{")):
        ran = CliRunner().invoke(build(), ["--data", folder, "metrics", *words])
        assert ran.exit_code == 0, ran.output
        assert ran.output.startswith(first)
