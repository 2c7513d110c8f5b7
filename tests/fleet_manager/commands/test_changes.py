"""What can be renamed, retired or cleared, and what that means to everybody else."""

import json
from collections import Counter
from pathlib import Path

import pytest

from fleet_manager.access import audit
from fleet_manager.access.actor import computer_user
from fleet_manager.access.audit import Filter
from fleet_manager.database import incidents
from fleet_manager.gates import gates, key_renewals
from fleet_manager.incident import Incident, Sighting
from fleet_manager.sellers import sellers
from fleet_manager.services import incidents as acts
from fleet_manager.station import news
from gate_agent.validator.passage import PassageKind
from tests.fleet_manager.commands.conftest import LivelyPark
from tests.fleet_manager.commands.test_commands import fails, run
from tests.fleet_manager.scribe import NOON


def last_line(park: LivelyPark) -> tuple[str, str, str]:
    with park.park.store.read() as connection:
        line = audit.lines(connection, Filter(last=1))[0]
    return line.act, line.object, line.reason


def test_a_product_is_renamed_retired_and_sold_again(lively: LivelyPark) -> None:
    data = lively.data
    said = run(data, "product", "set", "adult", "--name-en", "Grown-up")
    assert said == "product adult is called 成人票, Grown-up\n"
    assert "sold no more" in run(data, "product", "retire", "adult")
    assert last_line(lively)[:2] == ("product.retire", "product adult")
    fails(data, 1, "it is retired", "ticket", "issue", "--product", "adult")
    fails(data, 1, "is retired already", "product", "retire", "adult")
    assert "would be taken" in run(data, "ticket", "show", "1")
    assert "retired" in run(data, "product", "list")
    assert json.loads(run(data, "product", "list", "--json"))["retired"].endswith("Z")
    assert "sold again" in run(data, "product", "retire", "adult", "--undo")
    run(data, "ticket", "issue", "--product", "adult")
    fails(data, 1, "product 1, adult 成人票", "product", "add", "adult")
    fails(data, 1, "its id 1 is taken by product 1, adult", "product", "add", "x", "--id", "1")
    fails(data, 2, "say --name-zh", "product", "set", "adult")


def test_a_price_is_in_yuan_or_says_that_it_is_in_fen(lively: LivelyPark) -> None:
    data = lively.data
    assert "costs 80.00 (8000 fen)" in run(data, "product", "price", "adult", "80.00")
    assert "costs 80.50 (8050 fen)" in run(data, "product", "price", "adult", "80.5")
    assert "costs 79.99 (7999 fen)" in run(data, "product", "price", "adult", "7999fen")
    fails(data, 1, "80.00 in yuan, or 80fen?", "product", "price", "adult", "80")
    for wrong in ("80,00", "80.001", "-1.00", "eighty"):
        fails(data, 1, "must be like 80.00", "product", "price", "adult", "--", wrong)
    assert "costs 79.99" in run(data, "product", "price", "adult")
    assert "79.99" in run(data, "product", "list")
    assert "has no price" in run(data, "product", "price", "adult", "--none")


def test_a_station_is_renamed_and_removed_only_when_it_is_empty(lively: LivelyPark) -> None:
    data = lively.data
    assert "北门" in run(data, "station", "set", "north", "--name-zh", "北门")
    assert "北门" in run(data, "station", "list")
    fails(data, 1, "1 of its gates", "station", "remove", "north")
    run(data, "station", "add", "noth")
    assert run(data, "station", "remove", "noth") == "station noth is removed\n"
    assert last_line(lively)[:2] == ("station.remove", "station noth")
    fails(data, 1, "cannot find station", "station", "remove", "noth")
    fails(data, 1, "station set north", "station", "add", "north")


def test_a_retired_gate_keeps_its_records_and_is_heard_no_more(lively: LivelyPark) -> None:
    data, park = lively.data, lively.park
    lively.happen("gate-1", PassageKind.TAKEN, 1)
    fails(data, 1, "pass --yes", "gate", "retire", "gate-1")
    assert "is retired" in run(data, "gate", "retire", "gate-1", "--yes", "--why", "sold")
    assert last_line(lively) == ("gate.retire", "gate gate-1", "sold")
    with park.store.read() as connection:
        assert [*key_renewals.every(connection, NOON)] == ["gate-2"]
        assert news.gates_by_station(connection) == {"south": ["gate-2"]}
        assert [one.id for one in gates.every(connection)] == ["gate-2"]
    assert "gate-1" not in run(data, "gate", "list")
    assert "retired" in run(data, "gate", "list", "--retired")
    assert "none is trusted" in run(data, "gate", "show", "gate-1")
    counted = run(data, "counts", "--day", "2026-11-23", "--by", "gate", "--json")
    assert json.loads(counted)["total"]["entries"] == 1
    out = str(data / "out")
    fails(data, 1, "is retired", "gate", "add", "gate-1", "--station", "north", "--out", out)
    fails(data, 1, "is retired", "gate", "replace", "gate-1", "--out", out)
    fails(data, 1, "is retired", "gate", "retire", "gate-1", "--yes")
    assert run(data, "gate", "renew", "--all") == "ordered for gate-2\n"
    fails(data, 1, "1 of its gates", "station", "remove", "north")


def test_a_gate_has_a_label(lively: LivelyPark) -> None:
    assert "北门 1 号" in run(lively.data, "gate", "set", "gate-1", "--label", "北门 1 号")
    assert "北门 1 号" in run(lively.data, "gate", "list")
    fails(lively.data, 1, "40 characters", "gate", "set", "gate-1", "--label", "x" * 41)
    assert "has no label" in run(lively.data, "gate", "set", "gate-1", "--label", "")


def seen_now(park: LivelyPark, gate: str) -> None:
    """A state of the gate that sends back a beacon of just now."""
    from fleet_manager.gates import last_seen
    from fleet_manager.terminal.options import now_ms
    from gate_agent.validator.messages.envelopes import GateState

    state = GateState(
        boot=now_ms(),
        wall_ms=NOON,
        clock=1,
        waiting=3,
        lists=(),
        lanes=(),
        faults=(),
        freshness=1,
        beacon_ms=now_ms(),
    )
    with park.park.store.write() as connection:
        last_seen.save_state(connection, gate, state, [], now_ms())


def test_the_board_of_a_gate_that_works_is_not_replaced_unasked(
    lively: LivelyPark, tmp_path: Path
) -> None:
    arguments = ("gate", "replace", "gate-1", "--out", str(tmp_path / "new"))
    seen_now(lively, "gate-1")
    fails(lively.data, 1, "pass --yes", *arguments)
    assert not (tmp_path / "new").exists()
    fails(lively.data, 1, "3 of its records have not arrived", *arguments)
    assert "key.pem" in run(lively.data, *arguments, "--yes")
    run(lively.data, "gate", "replace", "gate-2", "--out", str(tmp_path / "other"))


def test_a_gates_numbers_are_words(lively: LivelyPark) -> None:
    seen_now(lively, "gate-1")
    text = run(lively.data, "gate", "show", "gate-1")
    assert "its time     2026-11-23 12:00:00, clock bounded" in text
    assert "its lists    stale" in text
    state = json.loads(run(lively.data, "gate", "show", "gate-1", "--json"))["state"]
    assert (state["clock"], state["freshness"]) == ("bounded", "stale")


def test_what_a_gate_says_does_nothing_to_the_terminal(lively: LivelyPark) -> None:
    from fleet_manager.gates import last_seen
    from gate_agent.validator.messages.envelopes import GateState

    state = GateState(
        boot=1,
        wall_ms=NOON,
        clock=1,
        waiting=3,
        lists=(),
        lanes=((1, "\x1b[2J", "\u202e"),),
        faults=("\x9b31m 红 \u202egnihton",),
        freshness=1,
    )
    happening = Sighting(Incident.GAP, "gate-1", "", "\x9b\u202e journal")
    with lively.park.store.write() as connection:
        last_seen.save_state(connection, "gate-1", state, [], NOON)
        incidents.record(connection, Counter([happening]), NOON)
    for words in (("gate", "show", "gate-1"), ("gate", "list"), ("incidents",)):
        for form in ((), ("--json",)):
            text = run(lively.data, *words, *form)
            assert text.replace("\n", "").isprintable(), (words, form)


def test_incidents_of_a_gate_are_bounded_and_hide_none_of_another(lively: LivelyPark) -> None:
    with lively.park.store.write() as connection:
        for number in range(300):
            noise = Sighting(Incident.FORK, "gate-1", f"story {number}")
            incidents.record(connection, Counter({noise: 1}), NOON)
        incidents.record(connection, Counter([Sighting(Incident.FORK, "gate-2", "")]), NOON)
        counts = incidents.every(connection)
    assert sum(one.times for one in counts if one.gate == "gate-1") == 300
    assert len([one for one in counts if one.gate == "gate-1"]) == incidents.MAX_DETAILS + 1
    [other] = [one for one in counts if one.gate == "gate-2"]
    assert (other.kind, other.detail) == (Incident.FORK, "")
    assert "more than 50 different ones: story 299" in run(lively.data, "incidents")


def test_an_incident_is_cleared_until_it_happens_again(lively: LivelyPark) -> None:
    data, store = lively.data, lively.park.store

    def happens() -> None:
        seen = Counter(
            {Sighting(Incident.GAP, "gate-1", ""): 2, Sighting(Incident.REFUSED, "gate-2", "x"): 1}
        )
        with store.write() as connection:
            incidents.record(connection, seen, NOON)

    happens()
    assert "2026-11-23 12:00:00" in run(data, "incidents")
    fails(data, 1, "pass --yes", "incidents", "clear", "gap", "--why", "cable")
    assert run(data, "incidents", "clear", "gap", "--why", "cable", "--yes").endswith(
        "1 incident cleared\n"
    )
    assert last_line(lively) == ("incident.clear", "incidents gap", "cable")
    assert "gap" not in run(data, "incidents")
    assert "gap" in run(data, "incidents", "--all")
    fails(data, 1, "none of that kind", "incidents", "clear", "gap", "--why", "again", "--yes")
    fails(data, 2, "is not one of", "incidents", "clear", "gaps", "--why", "x")
    happens()
    [gap] = [line for line in run(data, "incidents").splitlines() if " gap " in line]
    assert gap.split()[-1] == "2"
    run(data, "incidents", "clear", "--gate", "gate-2", "--why", "known", "--yes")
    assert json.loads(run(data, "incidents", "--json"))["kind"] == "gap"


def test_what_happens_while_somebody_looks_stays_open(lively: LivelyPark) -> None:
    store = lively.park.store
    gap = Counter({Sighting(Incident.GAP, "gate-1", ""): 2})
    with store.write() as connection:
        incidents.record(connection, gap, NOON)
        seen = incidents.open_now(connection)
        incidents.record(connection, gap, NOON + 1)
    acts.clear(lively.park, computer_user(), seen, "cable")
    with store.read() as connection:
        [left] = incidents.open_now(connection)
    assert (left.times, left.cleared) == (4, 2)


def test_a_series_has_another_owner_and_is_retired(lively: LivelyPark, tmp_path: Path) -> None:
    data = lively.data
    table = tmp_path / "codes.csv"
    table.write_text("code,product,from\nA1,adult,2026-11-23\n12345678,adult,2026-11-23\n")
    run(data, "list", "add", "otter", "--owner", "Otter")
    assert run(data, "list", "import", "otter", str(table)).startswith("2 codes: 2 new")
    assert "Otter Travel" in run(data, "list", "set", "otter", "--owner", "Otter Travel")
    assert "Otter Travel" in run(data, "list", "series")
    run(data, "list", "retire", "otter")
    fails(data, 1, "it is retired", "list", "import", "otter", str(table))
    with lively.park.store.read() as connection:
        assert sellers.find_series(connection, "otter").retired_ms is not None
    for code in ("A1", " A1 ", "12345678"):
        sheet = run(data, "ticket", "show", code)
        assert "sold by         Otter Travel (series otter)" in sheet
        assert "status          valid" in sheet
        assert "1970" not in sheet
    run(data, "list", "retire", "otter", "--undo")
    assert "1 code changed" in run(data, "list", "void", "otter", "A1")
    assert run(data, "list", "import", "otter", str(table)).startswith("2 codes: 0 new")


def test_a_table_that_is_sent_again_may_name_a_retired_product_but_has_no_new_codes_of_it(
    lively: LivelyPark, tmp_path: Path
) -> None:
    data = lively.data
    table = tmp_path / "codes.csv"
    table.write_text("code,product,from\nA1,adult,2026-11-23\nA2,adult,2026-11-23\n")
    run(data, "list", "add", "otter", "--owner", "Otter")
    run(data, "list", "import", "otter", str(table))
    run(data, "product", "retire", "adult")
    assert run(data, "list", "import", "otter", str(table)).startswith("2 codes: 0 new")
    table.write_text("code,product,from\nA1,adult,2026-11-24\nA2,adult,2026-11-23\n")
    assert "1 changed" in run(data, "list", "import", "otter", str(table))
    table.write_text("code,product,from\nA1,adult,2026-11-24\nA3,adult,2026-11-24\n")
    says = "line 3, column product: is retired and gets no new codes: 'adult'; leave the line out"
    fails(data, 1, says, "list", "import", "otter", str(table))
    run(data, "product", "retire", "adult", "--undo")
    assert "1 new" in run(data, "list", "import", "otter", str(table))


@pytest.mark.parametrize("words", ["station set north --name-zh x", "station remove north"])
def test_a_change_of_nothing_is_refused_by_name(lively: LivelyPark, words: str) -> None:
    line = words.replace("north", "nowhere")
    fails(lively.data, 1, "cannot find station 'nowhere'", *line.split())
