"""Test the commands that renew a gate's key and replace its board."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fleet_manager.__main__ import build
from fleet_manager.centre import Centre
from fleet_manager.daemon.collector import Collector
from fleet_manager.gates import gates, key_renewals
from fleet_manager.incident import Incident
from gate_agent.config.profiles import BoardSite
from gate_agent.config.site_file import read_site
from gate_agent.validator.messages.envelopes import Ack, ListOffer
from gate_agent.validator.messages.trust_messages import BeaconMessage, KeysOffer
from gate_agent.validator.passage import PassageKind
from tests.fleet_manager.boards import Board, birth, incident_counts
from tests.fleet_manager.gates.conftest import (
    GATE,
    PARK,
    SEED,
    of,
    order,
    renewed,
    signed_with,
    stage,
)
from tests.fleet_manager.scribe import NOON, Scribe

# --- the command -------------------------------------------------------------------------------


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(build(), list(words))
    return result.exit_code, result.output


def test_the_command(park: Centre, collector: Collector, board: Board, tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "data"))
    assert run("gate", "renew", GATE, *data) == (0, "ordered for gate-1\n")
    status, text = run("gate", "list", "--json", *data)
    [line] = map(json.loads, text.splitlines())
    assert (status, line["key_renewal"]) == (0, "ordered")
    assert line["key_since"].startswith("20")
    assert "ordered" in run("gate", "list", *data)[1]
    collector.refresh(NOON)
    renewed(collector, board)
    assert '"key_renewal": "drawn"' in run("gate", "show", GATE, "--json", *data)[1]
    assert run("gate", "renew", "--all", "--again", *data) == (0, "ordered for gate-1\n")
    assert stage(park) == "ordered"


@pytest.mark.parametrize("words", [(), ("--all", GATE)])
def test_the_command_wants_gates_or_all(
    park: Centre, tmp_path: Path, words: tuple[str, ...]
) -> None:
    status, text = run("gate", "renew", *words, "--data", str(tmp_path / "data"))
    assert status == 2
    assert "give the ids of gates, or --all" in text


def test_the_command_for_a_gate_that_is_not_there(park: Centre, tmp_path: Path) -> None:
    status, text = run("gate", "renew", "gate-9", "--data", str(tmp_path / "data"))
    assert status != 0
    assert "cannot find gate 'gate-9'" in text


# --- another board ------------------------------------------------------------------------------


def replaced(park: Centre) -> Board:
    vault = park.unlock()
    now = datetime.fromtimestamp(NOON / 1000, UTC)
    bundle = gates.draw_bundle(vault, PARK, GATE, park.authority(), now)
    with park.store.write() as connection:
        key_renewals.put_in_force(connection, GATE, bundle.public, NOON)
    return Board(GATE, bundle)


def test_a_board_that_was_replaced_counts_no_more_and_the_new_one_goes_on(
    park: Centre, collector: Collector, board: Board
) -> None:
    pen = Scribe(GATE, b"j" * 16)
    pen.write(PassageKind.FREE)
    collector.process([board.sign(pen.batch())], 0, NOON)
    order(park, collector)
    renewed(collector, board)  # whatever the old board has drawn is forgotten with it
    new = replaced(park)
    # The new board may have greeted before the centre knew of it.
    kinds = {type(new.verify(packet)) for packet in collector.refresh(NOON + 1000)}
    assert {KeysOffer, ListOffer, BeaconMessage} <= kinds
    assert collector.refresh(NOON + 2000) == []
    pen.write(PassageKind.FREE)
    assert collector.process([board.sign(pen.batch())], 0, NOON) == []
    assert collector.process([signed_with(SEED, birth())], 0, NOON) == []
    assert incident_counts(park) == {Incident.REFUSED: 2}
    [ack] = of(new, collector.process([new.sign(pen.batch())], 0, NOON), Ack)
    assert ack == Ack(b"j" * 16, 2)


@pytest.mark.usefixtures("park")
def test_a_gate_that_is_not_there_has_no_board_to_replace(tmp_path: Path) -> None:
    out, data = tmp_path / "new", ("--data", str(tmp_path / "data"))
    status, output = run("gate", "replace", "gate-9", "--out", str(out), *data)
    assert (status, "cannot find gate 'gate-9'" in output) == (1, True)
    assert not out.exists()


def test_the_command_writes_a_bundle_and_puts_its_key_in_force(
    park: Centre, board: Board, tmp_path: Path
) -> None:
    out, data = tmp_path / "new", ("--data", str(tmp_path / "data"))
    status, output = run("gate", "replace", GATE, "--out", str(out), *data)
    assert (status, output.splitlines()[0]) == (0, str(out / "key.pem"))
    key = load_pem_private_key((out / "key.pem").read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    with park.store.read() as connection:
        now = key_renewals.every(connection, NOON)[GATE]
    assert now.public == key.public_key().public_bytes_raw() != board.bundle.public
    assert now.stage is None


def test_a_bundle_says_park_id_and_host_so_that_nobody_types_them(
    park: Centre, board: Board, tmp_path: Path
) -> None:
    out, data = tmp_path / "new", ("--data", str(tmp_path / "data"))
    assert run("gate", "replace", GATE, "--out", str(out), *data)[0] == 0
    broker, zone = park.config.broker, park.config.time_zone.key
    assert read_site(out) == BoardSite(PARK, GATE, broker.host, zone)
    assert (out / "gate.json").stat().st_mode & 0o777 == 0o600
