"""What the centre gave this gate, and every fault in it named by its file."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as elliptic
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from fleet_manager import centre
from fleet_manager.access.actor import computer_user
from fleet_manager.gates import gates
from fleet_manager.services.park import NewPark, create
from gate_agent.errors import ConfigError
from gate_agent.trust import identity
from gate_agent.validator.trust.keys import KeyUse, key_id
from tests.gate_agent.samples import GATE, GATE_KEY, PARK, PEPPER, RING

PEM = GATE_KEY.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
SHELL = b"-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n"
LOCKED = GATE_KEY.private.private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")
)
FOREIGN = elliptic(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "key.pem").write_bytes(PEM)
    (tmp_path / "key.pem").chmod(0o600)
    (tmp_path / "ring.json").write_text(RING.to_json())
    (tmp_path / "pepper").write_text(PEPPER.hex() + "\n")
    return tmp_path


def test_a_whole_folder(folder: Path) -> None:
    loaded = identity.load(folder)
    assert loaded.key_id == key_id(GATE_KEY.public)
    assert loaded.sign(b"x") == GATE_KEY.private.sign(b"x")
    assert {key.id for key in loaded.ring} == {key.id for key in RING}
    assert loaded.pepper == PEPPER
    assert loaded.folder == folder


def test_a_key_written_by_another_program(folder: Path) -> None:
    (folder / "key.pem").write_bytes(b"comment\r\n" + PEM.replace(b"\n", b"\r\n"))
    assert identity.load(folder).key_id == key_id(GATE_KEY.public)


@pytest.fixture
def bundled(tmp_path: Path) -> Path:
    """The bundle that a real centre writes."""
    now = datetime.now(UTC)
    create(
        tmp_path / "centre",
        computer_user(),
        NewPark(park=PARK, name_zh="西湖", name_en="West Lake", time_zone="Asia/Shanghai"),
        now,
    )
    with centre.opened(tmp_path / "centre") as park:
        bundle = gates.draw_bundle(park.unlock(), PARK, GATE, park.authority(), now)
        bundle.write(tmp_path / GATE)
    return tmp_path / GATE


def test_the_bundle_that_the_centre_writes(bundled: Path) -> None:
    loaded = identity.load(bundled)
    with centre.opened(bundled.parent / "centre") as park:
        assert loaded.pepper == park.unlock().pepper
    assert {key.use for key in loaded.ring} == {
        KeyUse.TICKET,
        KeyUse.LIST,
        KeyUse.CENTRE,
        KeyUse.ROOT,
    }


def test_a_gate_that_checks_no_holders_has_no_pepper(folder: Path) -> None:
    (folder / "pepper").unlink()
    assert identity.load(folder).pepper is None


def _remove(path: Path) -> None:
    path.unlink()


def _write(data: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(data)

    return write


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_may_read_is_refused(folder: Path, mode: int) -> None:
    (folder / "key.pem").chmod(mode)
    with pytest.raises(ConfigError, match=f"mode {mode:o}") as caught:
        identity.load(folder)
    assert caught.value.hint.startswith(f"chmod 600 {folder / 'key.pem'}")


def test_a_bundle_of_another_park_or_gate_is_refused(bundled: Path) -> None:
    enrolled = identity.load(bundled)
    identity.refuse_other_names(enrolled, PARK, GATE)
    with pytest.raises(ConfigError, match=r"says park 'east-lake', and .*ring.json is of 'west-l"):
        identity.refuse_other_names(enrolled, "east-lake", GATE)
    with pytest.raises(ConfigError, match=r"says id 'south-1', and .*cert.pem is for 'north-1'"):
        identity.refuse_other_names(enrolled, PARK, "south-1")
    (bundled / "cert.pem").write_bytes(b"no certificate")
    identity.refuse_other_names(enrolled, PARK, GATE)


@pytest.mark.parametrize(
    ("name", "damage", "says"),
    [
        ("key.pem", _remove, "cannot read {}: No such file or directory"),
        ("key.pem", _folder, "cannot read {}: Is a directory"),
        ("key.pem", _write(b"\xff\0"), "{}: not a private key in PEM form"),
        ("key.pem", _write(SHELL % b"!!!"), "{}: not a private key in PEM form"),
        ("key.pem", _write(SHELL % b"MC4CAQAw"), "{}: not a private key in PEM form"),
        ("key.pem", _write(LOCKED), "{}: not a private key in PEM form"),
        ("key.pem", _write(FOREIGN), "{}: must be an Ed25519 key"),
        ("ring.json", _remove, "cannot read {}: No such file or directory"),
        ("ring.json", _write(b"\xff[[["), "{}: a key ring that is not a list"),
        ("ring.json", _write(b"{}"), "{}: a key ring "),
        ("pepper", _write(b"not hex"), "{}: must be hexadecimal digits"),
        ("pepper", _write("½".encode()), "{}: must be hexadecimal digits"),
        ("pepper", _write(b"00" * 15), "{}: must be at least 16 bytes"),
    ],
)
def test_a_fault_names_its_file(
    folder: Path, name: str, damage: Callable[[Path], None], says: str
) -> None:
    damage(folder / name)
    with pytest.raises(ConfigError) as caught:
        identity.load(folder)
    assert str(caught.value).startswith(says.format(folder / name))
    assert "fleet-manager gate add" in caught.value.hint


def test_a_folder_that_is_not_there(folder: Path) -> None:
    shutil.rmtree(folder)
    with pytest.raises(ConfigError, match="cannot read"):
        identity.load(folder)
