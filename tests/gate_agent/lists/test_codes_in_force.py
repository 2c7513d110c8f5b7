"""Lists of codes on a gate: fetched, kept, torn, and asked at the turnstile."""

import random
from pathlib import Path

import pytest

from gate_agent.events import DocumentShown, LinkDown, Turned
from gate_agent.lists import codes_in_force
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.code_head import digest_of
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.messages.envelopes import ListRequest
from gate_agent.validator.tickets.holder import holder_tag
from hardware_sim.park.board.folder import PowerCut
from tests.gate_agent.conftest import Gate, MakeGate
from tests.gate_agent.lists.code_samples import TAGGED, Codes, code_list, valid
from tests.gate_agent.lists.pulls import CuttingFolder, pull, serve
from tests.gate_agent.samples import NOW_S, PEPPER, STRANGER, SealedList, sealed_list

CODES: Codes = {
    **valid(300),
    b"team": (TicketStatus.VALID, 1),
    b"void": (TicketStatus.VOID, 0),
    b"held": (TicketStatus.SUSPENDED, 0),
    b"yesterday": (TicketStatus.VALID, 2),
    "门票 123".encode(): (TicketStatus.VALID, 0),
}
FIRST = code_list(1, CODES)


def changed(version: int, changes: Codes, base: int = 1, before: Codes = CODES) -> SealedList:
    return code_list(version, {**before, **changes}, changes, base=base)


@pytest.fixture
def gate(make_gate: MakeGate) -> Gate:
    gate = make_gate().start(sealed_list())
    gate.link_up()
    pull(gate, FIRST, 1000)
    return gate


def in_force(gate: Gate) -> dict[str, int]:
    return {series: version for series, version, _ in gate.lists.in_force()}


def test_a_listed_code_is_a_ticket_like_any_other(gate: Gate) -> None:
    assert in_force(gate) == {"main": 1, "otter": 1}
    gate.scan(b"team")
    granted = gate.committed()[-1]
    assert (granted.persons, granted.product) == (5, 7)
    assert granted.ticket == digest_of(bytes(range(16)), b"team")[:8]
    for _ in range(5):
        gate.agent.step(Turned(1))
    gate.wait(10_000)
    gate.scan(b"team")
    assert gate.denied() == ["used"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (b"void", "void"),
        (b"held", "suspended"),
        (b"yesterday", "expired"),
        (b"never heard of", "alien"),
        (b"x" * 513, "alien"),
        (b"\xff\0", "alien"),
    ],
)
def test_codes_that_are_refused(gate: Gate, code: bytes, reason: str) -> None:
    gate.scan(code)
    assert gate.denied() == [reason]


def test_a_code_of_two_series_is_that_of_the_first_name_whichever_came_last(gate: Gate) -> None:
    pull(gate, code_list(1, {b"team": (TicketStatus.VOID, 0)}, series="heron"), 1000)
    pull(gate, changed(2, {b"new": (TicketStatus.VALID, 0)}), 1000)
    assert in_force(gate) == {"heron": 1, "main": 1, "otter": 2}
    gate.scan(b"team")
    assert gate.denied() == ["void"]


def test_a_code_of_any_printable_characters(gate: Gate) -> None:
    gate.scan("门票 123".encode())
    assert gate.kinds() == ["granted"]


def test_a_code_that_is_bound_to_a_document(make_gate: MakeGate) -> None:
    gate = make_gate().start(sealed_list())
    gate.link_up()
    number = "110101199003070012"
    serial = int.from_bytes(digest_of(bytes(range(16)), b"bound")[4:8], "big")
    tag = holder_tag(PEPPER, serial, "id-card", number)
    pull(gate, code_list(1, {b"bound": (TicketStatus.VALID, 0)}, head=TAGGED, tag=tag))
    gate.scan(b"bound")
    assert gate.kinds() == []
    gate.agent.step(DocumentShown(1, "id-card", "110101199003070099"))
    assert gate.denied() == ["holder_mismatch"]
    gate.wait(10_000)
    gate.scan(b"bound")
    gate.agent.step(DocumentShown(1, "id-card", number))
    assert gate.kinds()[-1] == "granted"


def test_what_changed_is_enough_and_survives_a_restart(gate: Gate, make_gate: MakeGate) -> None:
    table = (gate.folder / "lists" / "otter.codes").read_bytes()
    second = changed(2, {b"new": (TicketStatus.VALID, 0), b"held": (TicketStatus.VALID, 0)})
    pull(gate, second)
    third = changed(
        3,
        {b"new": (TicketStatus.VOID, 0), b"team": (TicketStatus.UNKNOWN, 0)},
        2,
        {**CODES, b"new": (TicketStatus.VALID, 0), b"held": (TicketStatus.VALID, 0)},
    )
    pull(gate, third)
    assert in_force(gate)["otter"] == 3
    assert (gate.folder / "lists" / "otter.codes").read_bytes() == table
    for restart in (False, True):
        at = make_gate().start() if restart else gate
        assert in_force(at)["otter"] == 3
        for code in (b"new", b"team", b"held"):
            at.scan(code)
        assert at.denied()[-2:] == ["void", "alien"]
        assert at.committed()[-1].kind.key == "granted"
        at.wait(20_000)


def test_changes_that_have_grown_become_a_new_table(
    gate: Gate, make_gate: MakeGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes_in_force, "MAX_CHANGES", 20)
    table = gate.folder / "lists" / "otter.codes"
    before = table.read_bytes()
    small = valid(15, "b")
    pull(gate, changed(2, small))
    assert table.read_bytes() == before
    pull(gate, changed(3, valid(15, "c"), 2, {**CODES, **small}))
    assert table.read_bytes() != before
    assert not (gate.folder / "lists" / "otter.changes").exists()
    for restart in (False, True):
        at = make_gate().start() if restart else gate
        assert in_force(at)["otter"] == 3
        at.scan(b"c%021x" % 14)
        assert at.kinds()[-1] == "granted"
        at.wait(20_000)


def test_a_pull_of_codes_goes_on_after_a_restart(make_gate: MakeGate) -> None:
    gate = make_gate().start(sealed_list())
    gate.link_up()
    gate.offer(FIRST)
    gate.send_chunk(FIRST, 0, 1500)
    gate.send_chunk(FIRST, 1500, 700)
    again = make_gate().start()
    again.link_up()
    assert ListRequest("otter", 1, 0, 2200) in again.said()
    again.send_chunk(FIRST, 2200, 1000)
    assert ListRequest("otter", 1, 0, 3200) in again.said()
    again.send_chunk(FIRST, 3200, 100_000)
    assert in_force(again)["otter"] == 1


# --- attacks and damage ------------------------------------------------------------------------


def test_arbitrary_content_codes_that_nobody_signed(make_gate: MakeGate) -> None:
    gate = make_gate().start()
    gate.link_up()
    pull(gate, code_list(1, CODES, signer=STRANGER))
    assert in_force(gate) == {}


def test_arbitrary_content_is_noticed_before_the_end(make_gate: MakeGate) -> None:
    gate = make_gate().start()
    gate.link_up()
    body = FIRST.body[:1500] + bytes(400) + FIRST.body[1900:]
    pull(gate, SealedList(FIRST.manifest, FIRST.sealed, body, None), 1000)
    assert in_force(gate) == {}
    assert gate.health.counters["message refused"] == 1
    assert not (gate.folder / "lists" / "otter.part").exists()
    pull(gate, FIRST, 1000)
    assert in_force(gate) == {"otter": 1}


def test_mix_and_match_a_body_with_another_hash(make_gate: MakeGate) -> None:
    gate = make_gate().start()
    gate.link_up()
    other = code_list(1, {**CODES, b"team": (TicketStatus.VOID, 1)})
    assert len(other.body) == len(FIRST.body)
    pull(gate, SealedList(FIRST.manifest, FIRST.sealed, other.body, None), 1000)
    assert in_force(gate) == {}


def test_wrong_base_a_delta_of_another_history(gate: Gate) -> None:
    pull(
        gate,
        changed(2, {b"new": (TicketStatus.VALID, 0)}, 1, {**CODES, b"x": (TicketStatus.VALID, 0)}),
    )
    assert in_force(gate)["otter"] == 1
    assert gate.health.counters["message refused"] == 1


def test_wrong_base_a_delta_without_a_list(make_gate: MakeGate) -> None:
    codes = codes_in_force.CodesInForce(make_gate().files)
    delta = changed(2, {b"new": (TicketStatus.VALID, 0)})
    with pytest.raises(WireError, match="another base"):
        codes._delta(delta.manifest, None)


def test_mix_and_match_a_delta_with_another_hash(gate: Gate) -> None:
    good = changed(2, {b"new": (TicketStatus.VALID, 0)})
    wrong = good.body[:-1] + bytes((good.body[-1] ^ 1,))
    pull(gate, SealedList(good.manifest, good.sealed, wrong, None))
    assert in_force(gate)["otter"] == 1
    pull(gate, good)
    assert in_force(gate)["otter"] == 2


def test_rollback_through_a_whole_but_older_file(gate: Gate, make_gate: MakeGate) -> None:
    files = {
        name: (gate.folder / "lists" / name).read_bytes() for name in ("otter.codes", "main.list")
    }
    pull(gate, changed(2, {b"team": (TicketStatus.VOID, 1)}))
    pull(gate, sealed_list(2))
    (gate.folder / "lists" / "otter.changes").unlink()
    for name, data in files.items():
        (gate.folder / "lists" / name).write_bytes(data)
    again = make_gate().start()
    assert in_force(again) == {}
    assert "ticket list" in again.health.faults
    again.scan(b"team")
    assert again.denied() == ["alien"]


@pytest.mark.parametrize("name", ["otter.codes", "otter.changes"])
def test_a_torn_file_is_a_fault_and_fetched_again(
    gate: Gate, make_gate: MakeGate, name: str
) -> None:
    second = changed(2, {b"team": (TicketStatus.VOID, 1)})
    pull(gate, second)
    path = gate.folder / "lists" / name
    good = path.read_bytes()
    rng = random.Random(1)
    torn = gate
    for _ in range(40):
        at = rng.randrange(len(good))
        path.write_bytes(
            rng.choice((good[:at], good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :]))
        )
        torn = make_gate().start()
        assert in_force(torn).get("otter") is None
        assert "ticket list" in torn.health.faults
    torn.link_up()
    pull(torn, FIRST)
    assert in_force(torn).get("otter") is None
    pull(torn, code_list(2, {**CODES, b"team": (TicketStatus.VOID, 1)}))
    assert in_force(torn)["otter"] == 2


def test_a_torn_byte_of_the_changes_takes_nobody_back_to_the_table(
    gate: Gate, make_gate: MakeGate
) -> None:
    """Even if the memory of versions was damaged before."""
    pull(gate, changed(2, {b"team": (TicketStatus.VOID, 1)}))
    lists = gate.folder / "lists"
    (lists / "versions").unlink()
    good = (lists / "otter.changes").read_bytes()
    for at in range(len(good)):
        (lists / "otter.changes").write_bytes(good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :])
        assert "otter" not in in_force(make_gate().start())


def test_files_of_another_series_are_not_believed(gate: Gate, make_gate: MakeGate) -> None:
    pull(gate, changed(2, {b"team": (TicketStatus.VOID, 1)}))
    lists = gate.folder / "lists"
    (lists / "other.codes").write_bytes((lists / "otter.codes").read_bytes())
    again = make_gate().start()
    assert in_force(again) == {"main": 1, "otter": 2}
    (lists / "other.codes").unlink()
    pull_gate = make_gate().start()
    pull_gate.link_up()
    pull(pull_gate, code_list(1, CODES, series="heron"))
    (lists / "heron.changes").write_bytes((lists / "otter.changes").read_bytes())
    assert in_force(make_gate().start()) == {"main": 1, "otter": 2}


def test_a_table_that_cannot_be_read_any_more_is_a_fault(gate: Gate) -> None:
    (gate.folder / "lists" / "otter.codes").write_bytes(b"")  # the open file is emptied
    gate.scan(b"held")
    assert gate.denied() == ["alien"]
    assert "ticket list" in gate.health.faults


def test_a_list_that_cannot_be_asked_refuses(gate: Gate) -> None:
    ticket = gate.lists.find_ticket(b"team")
    assert ticket is not None
    (gate.folder / "lists" / "otter.codes").write_bytes(b"")
    assert gate.lists.listing(ticket) is None


def test_an_offer_again_after_a_cut(gate: Gate) -> None:
    second = changed(2, {b"team": (TicketStatus.VOID, 1)})
    gate.offer(second)
    gate.agent.step(LinkDown())
    gate.said()
    gate.link_up()
    serve(gate, second, 1000)
    assert in_force(gate)["otter"] == 2
    assert gate.lists.in_force()[1] == ("otter", 2, NOW_S * 1000)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("way", ["snapshot", "delta", "new table"])
def test_a_power_cut_at_every_write_leaves_the_old_list_or_the_new_one(
    tmp_path: Path, way: str, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes_in_force, "MAX_CHANGES", 0 if way == "new table" else 1000)
    extra = valid(100, "z")
    second = code_list(
        2, {**CODES, **extra}, extra, base=0 if way == "snapshot" else FIRST.manifest.version
    )
    size = len(second.body) // 3
    for cut_at in range(1, 30):
        place = tmp_path / f"{cut_at}"
        place.mkdir()
        folder = CuttingFolder(-1, after, cut_at)
        gate = Gate(place, files=folder).start()
        gate.link_up()
        pull(gate, FIRST, 5000)
        folder.left = cut_at
        try:
            pull(gate, second, size)
        except PowerCut:
            gate.close()
            folder.lose_power()
        else:
            gate.close()
            assert cut_at > 4
            return
        again = Gate(place, files=folder).start()
        assert in_force(again)["otter"] in (1, 2)
        again.link_up()
        serve(again, second, size)
        for _ in range(3):  # a part whose end was lost is found out when it is whole
            pull(again, second, size)
        assert in_force(again)["otter"] == 2
        again.scan(b"z%021x" % 7)
        assert again.kinds()[-1] == "granted"
        again.close()
    raise AssertionError("the power never lasted")
