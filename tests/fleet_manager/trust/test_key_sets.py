"""Test key sets at the centre: the ceremony with real files, and what gates are sent after it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet_manager.__main__ import build
from fleet_manager.centre import Centre
from fleet_manager.daemon.collector import Collector
from fleet_manager.daemon.packets import Packet
from fleet_manager.errors import CentreConfigError
from fleet_manager.lists import versions
from fleet_manager.tickets.sell import TicketOrder
from fleet_manager.trust import key_sets, rules
from gate_agent.validator.decide import Denied, authenticate
from gate_agent.validator.messages.envelopes import decode
from gate_agent.validator.messages.trust_messages import BeaconMessage, KeysOffer
from gate_agent.validator.trust import key_set
from gate_agent.validator.trust.key_set import open_set
from gate_agent.validator.trust.keys import KeyMode, KeyRing, KeyUse, key_id
from tests.fleet_manager.boards import STATE, Board, birth
from tests.fleet_manager.conftest import enrol
from tests.fleet_manager.scribe import NOON
from tests.fleet_manager.tickets.test_sell import TODAY, sell


@pytest.fixture
def board(park: Centre, tmp_path: Path) -> Board:
    return Board("gate-1", enrol(park, "gate-1", tmp_path / "gate-1"))


def run(park: Centre, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(build(), ["--data", str(park.config.folder), *words])
    return done.exit_code, done.output


def good(park: Centre, *words: str) -> str:
    status, text = run(park, *words)
    assert status == 0, text
    return text


def root(park: Centre, number: int) -> str:
    return str(park.config.folder / "roots" / f"root-{number}.pem")


def rotate(park: Centre, tmp_path: Path, *words: str, by: tuple[int, ...] = (1, 2)) -> str:
    """Perform a whole ceremony: propose, sign, publish."""
    file = str(tmp_path / "next.keys")
    good(park, "keys", "propose", "--out", file, *words)
    for number in by:
        good(park, "root", "sign", file, "--key", root(park, number))
    return good(park, "keys", "publish", file, "--yes")


def in_force(park: Centre) -> key_set.KeySet:
    with park.store.read() as connection:
        newest = key_sets.newest(connection)
    assert newest is not None
    return newest.keys


def ids(park: Centre, use: KeyUse) -> list[str]:
    return [key_id(row.public).hex() for row in in_force(park).of(use)]


def collector(park: Centre) -> Collector:
    return Collector(park.store, park.unlock(), "west-lake", park.calendar)


def sets(board: Board, packets: list[Packet]) -> list[int]:
    """Return the versions of the key sets among the packets, verified as the board does it."""
    ring = KeyRing.from_json(board.bundle.ring)
    roots = [message.public for message in ring.of(KeyUse.ROOT)]
    versions = []
    for sealed in offered(ring, packets):
        keys = open_set(sealed, roots, "west-lake")
        roots = list(keys.roots)
        versions.append(keys.version)
    return versions


def offered(ring: KeyRing, packets: list[Packet]) -> list[bytes]:
    """Return the key sets among the packets."""
    received = [decode(*packet, lambda use, id_, _: ring.find(use, id_)) for packet in packets]
    return [message.key_set for message in received if isinstance(message, KeysOffer)]


def test_a_new_park_has_a_key_set_that_its_boards_can_check(park: Centre, board: Board) -> None:
    keys = in_force(park)
    assert (keys.version, keys.park, len(keys.roots), len(keys.keys)) == (1, "west-lake", 3, 3)
    assert sets(board, collector(park).refresh(NOON)) == [1]


def test_the_ceremony(park: Centre, tmp_path: Path) -> None:
    file = str(tmp_path / "next.keys")
    text = good(park, "keys", "propose", "--out", file, "--new", "ticket")
    assert text.startswith("key set 2 of west-lake, ")
    assert run(park, "keys", "publish", file, "--yes")[0] == 1
    assert good(park, "root", "sign", file, "--key", root(park, 1)).endswith("1 signature\n")
    assert good(park, "root", "sign", file, "--key", root(park, 1)).endswith("1 signature\n")
    status, text = run(park, "keys", "publish", file, "--yes")
    assert (status, text[text.index("fleet-manager:") :]) == (
        1,
        "fleet-manager: cannot publish that: a key set that fewer than 2 of the root keys signed\n"
        "  it needs 2 signatures of the root keys in force, and of its own\n",
    )
    good(park, "root", "sign", file, "--key", root(park, 3))
    assert good(park, "keys", "publish", file, "--yes").endswith("key set 2 is in force\n")
    assert "not newer" in run(park, "keys", "publish", file, "--yes")[1]
    lines = [json.loads(line) for line in good(park, "keys", "show", "--json").splitlines()]
    assert [line["use"] for line in lines] == ["root"] * 3 + ["ticket", "list", "centre", "ticket"]
    shown, published = good(park, "keys", "show", file), good(park, "keys", "show")
    assert shown.splitlines()[1:] == published.splitlines()[1:]


def test_what_is_sold_is_signed_with_the_newest_ticket_key(park: Centre, tmp_path: Path) -> None:
    [(old, _)] = sell(park, TicketOrder("adult", TODAY))
    before = park.issuer().code(old)
    rotate(park, tmp_path, "--new", "ticket")
    [(new, _)] = sell(park, TicketOrder("adult", TODAY))
    first, second = ids(park, KeyUse.TICKET)
    assert (old.key_id.hex(), new.key_id.hex()) == (first, second)
    vault = park.unlock()
    assert park.issuer().code(old) == before, "an older ticket is drawn again as it was"
    for one in (old, new):
        assert authenticate(park.issuer().code(one).encode(), vault.ring) == one


def test_after_a_theft_old_tickets_are_good_only_as_far_as_they_were_sold(
    park: Centre, tmp_path: Path
) -> None:
    [(old, _)] = sell(park, TicketOrder("adult", TODAY))
    [name] = ids(park, KeyUse.TICKET)
    rotate(park, tmp_path, "--new", "ticket", "--mode", f"{name}=list-only")
    row = in_force(park).of(KeyUse.TICKET)[0]
    assert (row.mode, row.last_serial) == (KeyMode.LIST_ONLY, 1)
    ring = park.unlock().ring
    assert authenticate(park.issuer().code(old).encode(), ring) == old
    later = replace(old, serial=2)
    assert isinstance(authenticate(park.issuer().code(later).encode(), ring), Denied)
    # A second set does not move the day of the theft.
    rotate(park, tmp_path, "--mode", f"{name}=list-only")
    assert in_force(park).of(KeyUse.TICKET)[0].until_s == row.until_s


def test_a_key_that_is_withdrawn_once_more_counts_up_to_the_first_day(park: Centre) -> None:
    [row] = in_force(park).of(KeyUse.TICKET)
    withdrawn = {key_id(row.public): KeyMode.LIST_ONLY}
    new = [(KeyUse.TICKET, Ed25519PrivateKey.generate().public_key().public_bytes_raw())]
    change = key_sets.Change(new=new, modes=withdrawn)
    first = key_sets.propose(in_force(park), change, 1, NOON)
    later = key_sets.propose(first, key_sets.Change(modes=withdrawn), 9, NOON + 3_600_000)
    assert [keys.of(KeyUse.TICKET)[0].until_s for keys in (first, later)] == [NOON // 1000] * 2
    # What was sold since, under the new key, is nothing that the stolen one may sign.
    assert [keys.of(KeyUse.TICKET)[0].last_serial for keys in (first, later)] == [1, 1]


def test_a_board_that_is_enrolled_later_trusts_no_doubtful_key(
    park: Centre, tmp_path: Path
) -> None:
    [name] = ids(park, KeyUse.TICKET)
    rotate(park, tmp_path, "--new", "ticket", "--mode", f"{name}=sig+list")
    bundle = enrol(park, "gate-2", tmp_path / "gate-2")
    ring = KeyRing.from_json(bundle.ring)
    assert [key.id.hex() for key in ring.of(KeyUse.TICKET)] == ids(park, KeyUse.TICKET)[1:]


def test_a_new_list_key_signs_everything_anew(park: Centre, board: Board, tmp_path: Path) -> None:
    with park.store.write() as connection:
        rules.change(connection, "default", {"stale": "2h"})
    before = collector(park)
    before.refresh(NOON)
    assert before.outdated is False
    rotate(park, tmp_path, "--new", "list")
    before.refresh(NOON + 1000)
    outdated: bool = before.outdated
    assert outdated
    after = collector(park)
    packets = after.refresh(NOON + 2000)
    with park.store.read() as connection:
        newest = versions.newest(connection)
    assert newest is not None
    assert newest.version == 2
    new = ids(park, KeyUse.LIST)[1]
    ring = KeyRing.from_json(board.bundle.ring)
    received = [decode(*packet, lambda use, id_, _: ring.find(use, id_)) for packet in packets]
    assert isinstance(received[0], KeysOffer), "the keys come before what they check"
    [signal] = [message for message in received if isinstance(message, BeaconMessage)]
    assert signal.beacon[:4].hex() == new
    assert park.unlock().list.id.hex() == new


def test_a_gate_is_sent_what_it_can_check_next(park: Centre, board: Board, tmp_path: Path) -> None:
    """Over two changes of the root keys, one step at a time."""
    old = park.config.folder / "roots"
    for turn in (1, 2):
        fresh = tmp_path / f"turn-{turn}"
        fresh.mkdir()
        publics = []
        for number in (1, 2, 3):
            file = fresh / f"root-{number}.pem"
            good(park, "root", "create", str(file))
            publics += ["--root", f"{file}.pub"]
        file = fresh / "next.keys"
        good(park, "keys", "propose", "--out", str(file), *publics)
        for folder in (old, fresh):
            for number in (1, 2):
                key = folder / f"root-{number}.pem"
                good(park, "root", "sign", str(file), "--key", str(key))
        good(park, "keys", "publish", str(file), "--yes")
        old = fresh
    after = collector(park)
    after.refresh(NOON)
    for have, expected in ((1, 2), (2, 3), (3, None)):
        with park.store.read() as connection:
            step = key_sets.following(connection, have)
        assert (None if step is None else step.version) == expected
    for message in (replace(STATE, keys_version=1), birth(keys_version=1)):
        packets = after.process([board.sign(message)], 0, NOON)
        assert sets(board, packets) == [2]
    # A new card has no set, and nobody knows with which roots that board was enrolled: it is
    # offered every change of roots, and checks one by the one before.
    packets = after.process([board.sign(birth(keys_version=0))], 0, NOON)
    assert sets(board, packets) == [2, 3]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--drop", "00000000"), "cannot find key 00000000"),
        (("--mode", "00000000=sig"), "cannot find key 00000000"),
        (("--drop", "TICKET"), "cannot leave the park without a ticket key"),
        (("--mode", "TICKET=list-only"), "cannot leave the park without a ticket key"),
        (("--drop", "CENTRE"), "cannot propose that"),
        (("--mode", "LIST=sig+list"), "cannot give a mode to a list key"),
    ],
)
def test_what_makes_no_sense_is_not_proposed(
    park: Centre, tmp_path: Path, words: tuple[str, ...], why: str
) -> None:
    names = {use.name: ids(park, use)[0] for use in (KeyUse.TICKET, KeyUse.LIST, KeyUse.CENTRE)}
    for name, value in names.items():
        words = tuple(word.replace(name, value) for word in words)
    status, text = run(park, "keys", "propose", "--out", str(tmp_path / "x"), *words)
    assert (status, why in text) == (1, True), text


@pytest.mark.parametrize(
    "words", [("--drop", "xyz"), ("--mode", "00000000=all"), ("--root", "a.pub")]
)
def test_wrong_usage(park: Centre, tmp_path: Path, words: tuple[str, ...]) -> None:
    assert run(park, "keys", "propose", "--out", str(tmp_path / "x"), *words)[0] == 2


def test_files_that_are_no_keys(park: Centre, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x")
    assert "cannot use" in run(park, "root", "sign", str(file), "--key", root(park, 1))[1]
    assert "cannot open" in run(park, "keys", "publish", str(tmp_path / "gone"))[1]
    pub = ["--root", str(file), "--root", root(park, 1), "--root", root(park, 2)]
    status, text = run(park, "keys", "propose", "--out", str(tmp_path / "x"), *pub)
    assert (status, "64 hexadecimal digits" in text) == (78, True)
    assert run(park, "root", "create", root(park, 1))[0] == 78


def test_a_private_key_that_is_missing_is_named(park: Centre, tmp_path: Path) -> None:
    rotate(park, tmp_path, "--new", "centre")
    name = ids(park, KeyUse.CENTRE)[1]
    (park.config.keys / f"centre-{name}.pem").unlink()
    with pytest.raises(CentreConfigError, match=f"cannot find centre key {name}"):
        park.unlock()
