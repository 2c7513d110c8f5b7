"""Key ring and certificate."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fleet_manager import centre
from fleet_manager.access.actor import computer_user
from fleet_manager.gates import gates
from fleet_manager.services.park import NewPark, create
from gate_agent.checks.row import CheckState
from gate_agent.checks.trust import check_certificate, check_identity
from gate_agent.config.settings import GateSettings
from gate_agent.trust.documents import TrustDocuments
from gate_agent.trust.in_force import KEYS
from gate_agent.validator.trust.keys import KeyRing
from tests.gate_agent.checks.conftest import visit
from tests.gate_agent.trust.key_sets import sealed


def test_the_centres_own_bundle_passes(settings: GateSettings) -> None:
    (row,) = check_identity(visit(settings))
    assert (row.state, row.text.en) == (CheckState.PASS, "6 trusted keys")
    (row,) = check_certificate(visit(settings))
    assert row.state is CheckState.PASS


def test_a_key_set_that_came_later_counts(settings: GateSettings) -> None:
    """As after a rotation: the bundle's own keys are not asked any more."""
    TrustDocuments.on_disk(settings.data).save(KEYS, sealed(4))
    (row,) = check_identity(visit(settings))
    assert (row.state, row.text.en) == (CheckState.PASS, "6 trusted keys, key set version 4")


def test_no_identity(settings: GateSettings) -> None:
    (settings.identity / "key.pem").unlink()
    (row,) = check_identity(visit(settings))
    assert (row.state, "fleet-manager gate add" in row.hint.en) == (CheckState.FAIL, True)
    (settings.identity / "cert.pem").write_text("nothing")
    (row,) = check_certificate(visit(settings))
    assert row.text.en.endswith("not a certificate")
    (settings.identity / "cert.pem").unlink()
    (row,) = check_certificate(visit(settings))
    assert row.text.en.endswith("No such file or directory")


def test_a_bundle_of_another_park_is_told(settings: GateSettings) -> None:
    (row,) = check_identity(visit(replace(settings, park="east-lake")))
    assert row.state is CheckState.FAIL
    assert row.text.en == "ring.json is of the park west-lake, and gate.toml says east-lake"
    assert "set park in gate.toml" in row.hint.en


def test_an_identity_of_another_owner_needs_another_owner(settings: GateSettings) -> None:
    key = settings.identity / "key.pem"
    key.chmod(0o644)
    (row,) = check_identity(visit(settings))
    assert "others may read it (mode 644)" in row.text.en
    assert f"chmod 600 {key}" in row.hint.en


def test_a_ring_without_the_centres_keys(settings: GateSettings) -> None:
    (settings.identity / "ring.json").write_text(KeyRing().to_json())
    (row,) = check_identity(visit(settings))
    assert row.state is CheckState.FAIL
    assert "has no key for: centre, list, ticket" in row.text.en
    assert "缺少密钥" in row.text.zh


def test_a_gate_that_checks_no_holders(settings: GateSettings) -> None:
    (settings.identity / "pepper").unlink()
    (row,) = check_identity(visit(settings))
    assert row.state is CheckState.NOTE


def bundle(settings: GateSettings, gate: str, at: datetime, out: Path) -> Path:
    """Another one by the same centre, made at another time."""
    with centre.opened(settings.identity.parent / "centre") as park:
        gates.draw_bundle(park.unlock(), "west-lake", gate, park.authority(), at).write(out)
    return out


def test_a_certificate_of_another_gate_or_key(settings: GateSettings, tmp_path: Path) -> None:
    other = bundle(settings, "south-1", datetime.now(UTC), tmp_path / "other")
    (settings.identity / "cert.pem").write_bytes((other / "cert.pem").read_bytes())
    (row,) = check_certificate(visit(settings))
    assert row.text.en == "it belongs to another key than this gate's"
    (settings.identity / "key.pem").write_bytes((other / "key.pem").read_bytes())
    (row,) = check_certificate(visit(settings))
    assert row.text.en == "it is for 'south-1', and gate.toml says 'north-1'"


def test_a_certificate_of_another_authority(settings: GateSettings, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    park = NewPark(park="west-lake", name_zh="x", name_en="x", time_zone="Asia/Shanghai")
    create(tmp_path / "stranger", computer_user(), park, now)
    with centre.opened(tmp_path / "stranger") as other:
        (settings.identity / "ca.crt").write_bytes(other.authority())
    (row,) = check_certificate(visit(settings))
    assert row.state is CheckState.FAIL
    assert row.text.en.endswith("ca.crt: it has not issued this certificate")
    (settings.identity / "ca.crt").unlink()
    (row,) = check_certificate(visit(settings))
    assert row.text.en.endswith("ca.crt: No such file or directory")


def test_a_certificate_that_is_not_good_yet(settings: GateSettings, tmp_path: Path) -> None:
    early = bundle(settings, "north-1", datetime.now(UTC) + timedelta(days=90), tmp_path / "early")
    for name in ("key.pem", "cert.pem"):
        (settings.identity / name).write_bytes((early / name).read_bytes())
    (row,) = check_certificate(visit(settings))
    assert row.state is CheckState.FAIL
    assert "it is good only from" in row.text.en


@pytest.mark.parametrize(("days", "state"), [(-1, CheckState.FAIL), (30, CheckState.NOTE)])
def test_a_certificate_that_ends(
    settings: GateSettings, tmp_path: Path, days: int, state: CheckState
) -> None:
    life = timedelta(days=5 * 365 + 1)
    at = datetime.now(UTC) - life + timedelta(days=days)
    old = bundle(settings, "north-1", at, tmp_path / "old")
    for name in ("key.pem", "cert.pem"):
        (settings.identity / name).write_bytes((old / name).read_bytes())
    (row,) = check_certificate(visit(settings))
    assert row.state is state, row
    assert row.hint.zh
