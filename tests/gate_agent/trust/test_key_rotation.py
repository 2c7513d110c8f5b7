"""Keys that change: planned, after a theft, and what thieves of each key can still do."""

from pathlib import Path

import pytest

from gate_agent.validator.messages.envelopes import Birth, GateState
from gate_agent.validator.messages.trust_messages import KeysOffer, RulesOffer
from gate_agent.validator.trust import key_set, rule_book
from gate_agent.validator.trust.key_set import KeyRow
from gate_agent.validator.trust.keys import KeyMode, KeyUse
from gate_agent.validator.trust.rule_book import NO_BOOK, RuleBook
from tests.gate_agent.conftest import Gate, MakeGate
from tests.gate_agent.samples import (
    CENTRE_KEY,
    LIST_KEY,
    NOW_S,
    ROOT_KEYS,
    STRANGER,
    TICKET_KEY,
    Key,
    SealedList,
    code,
    key,
    sealed_list,
    ticket,
)
from tests.gate_agent.trust.key_sets import (
    FIRST,
    LAST,
    NEW_CENTRE,
    NEW_LIST,
    NEW_ROOTS,
    NEW_TICKET,
    sealed,
)


def offer(gate: Gate, data: bytes, signer: Key = CENTRE_KEY) -> None:
    gate.hear(KeysOffer(data), signer=signer)


def refused(gate: Gate) -> int:
    return gate.health.counters["message refused"]


def pull(gate: Gate, listing: SealedList, signer: Key = CENTRE_KEY) -> None:
    from gate_agent.validator.messages.envelopes import Chunk, ListOffer

    of = listing.manifest
    gate.hear(ListOffer(listing.sealed, 0), signer=signer)
    gate.hear(
        Chunk(series=of.series, version=of.version, base=of.base, offset=0, data=listing.body),
        signer=signer,
    )


# --- sets come and stay ------------------------------------------------------------------------


def test_a_set_is_in_force_at_once_kept_and_reported(make_gate: MakeGate) -> None:
    gate = make_gate().start(sealed_list())
    gate.link_up()
    offer(gate, sealed(1))
    gate.agent.tick()
    assert [one.keys_version for one in gate.said() if isinstance(one, GateState)][-1] == 1
    again = make_gate().start()
    assert again.trust.keys_version == 1
    again.link_up()
    birth = again.said()[0]
    assert isinstance(birth, Birth)
    assert birth.keys_version == 1


def test_rollback(make_gate: MakeGate) -> None:
    gate = make_gate().start(sealed_list())
    offer(gate, sealed(3))
    offer(gate, sealed(2))
    offer(gate, sealed(4, as_of_ms=NOW_S * 1000 - 1))
    assert (gate.trust.keys_version, refused(gate)) == (3, 2)
    again = make_gate().start()
    offer(again, sealed(2))
    assert (again.trust.keys_version, refused(again)) == (3, 1)


def test_key_compromise_fewer_than_threshold(gate: Gate) -> None:
    """One root key, twice, or with a stranger's, changes nothing."""
    one, two, _ = ROOT_KEYS
    for by in ((), (one,), (one, one), (one, STRANGER), (STRANGER, key(77))):
        offer(gate, sealed(1, by=by))
    assert (gate.trust.keys, refused(gate)) == (None, 5)
    offer(gate, sealed(1, by=(two, ROOT_KEYS[2])))
    assert gate.trust.keys_version == 1


def test_arbitrary_content(gate: Gate) -> None:
    for data in (b"", b"\2", sealed(1)[:-1], sealed(1) + b"\0", sealed(1, park="other")):
        offer(gate, data)
    assert (gate.trust.keys, refused(gate)) == (None, 5)


def test_endless_data(gate: Gate) -> None:
    offer(gate, b"\2" + bytes(key_set.MAX_SET_BYTES))
    assert (gate.trust.keys, refused(gate)) == (None, 1)


@pytest.mark.parametrize("copy", "ab")
def test_a_torn_copy_is_no_way_back(make_gate: MakeGate, tmp_path: Path, copy: str) -> None:
    offer(make_gate().start(sealed_list()), sealed(3))
    (tmp_path / f"keys.{copy}").write_bytes(b"torn")
    assert make_gate().start().trust.keys_version == 3


def test_a_set_that_cannot_be_kept_is_not_in_force(gate: Gate, tmp_path: Path) -> None:
    (tmp_path / "keys.a.new").mkdir()
    offer(gate, sealed(1))
    assert gate.trust.keys is None
    assert "cannot write" in gate.health.faults["key set"]


def test_a_gate_that_was_enrolled_without_roots_takes_no_set(gate: Gate) -> None:
    from gate_agent.validator.trust.keys import KeyRing

    gate.trust.ring = KeyRing(one for one in gate.trust.ring if one.use is not KeyUse.ROOT)
    offer(gate, sealed(1))
    assert (gate.trust.keys, refused(gate)) == (None, 1)


# --- rotation without a visit ------------------------------------------------------------------


def test_the_ticket_key_is_rotated(gate: Gate) -> None:
    new = ticket(200, NEW_TICKET)
    gate.scan(code(new, NEW_TICKET))
    offer(gate, sealed(1, *FIRST, KeyRow(use=KeyUse.TICKET, public=NEW_TICKET.public)))
    gate.wait(2000)
    gate.scan(code(new, NEW_TICKET))
    gate.wait(10_000)
    gate.scan(code(ticket(1)))
    assert gate.kinds() == ["denied", "granted", "not_taken", "granted"]
    assert gate.denied() == ["unknown_key"]


def test_the_list_key_is_rotated(make_gate: MakeGate) -> None:
    """With both keys for a while nothing stops, not even over a restart."""
    gate = make_gate().start(sealed_list())
    offer(gate, sealed(1, *FIRST, KeyRow(use=KeyUse.LIST, public=NEW_LIST.public)))
    again = make_gate().start()
    assert again.lists.version() == 1
    pull(again, sealed_list(2, signer=NEW_LIST))
    assert again.lists.version() == 2
    offer(again, sealed(2, FIRST[0], KeyRow(use=KeyUse.LIST, public=NEW_LIST.public), FIRST[2]))
    assert make_gate().start().lists.version() == 2


def test_the_centres_key_is_rotated(gate: Gate) -> None:
    """A gate that missed it learns the new key from a message that it could not check."""
    offer(
        gate,
        sealed(1, *FIRST[:2], KeyRow(use=KeyUse.CENTRE, public=NEW_CENTRE.public)),
        signer=NEW_CENTRE,
    )
    pull(gate, sealed_list(2))
    assert (gate.lists.version(), refused(gate)) == (1, 2)
    pull(gate, sealed_list(2), signer=NEW_CENTRE)
    assert gate.lists.version() == 2


def test_the_root_keys_are_rotated(gate: Gate) -> None:
    """Two of the old and two of the new must sign; then the old sign nothing more."""
    offer(gate, sealed(1))
    both = (*ROOT_KEYS[:2], *NEW_ROOTS[:2])
    offer(gate, sealed(2, roots=NEW_ROOTS, by=ROOT_KEYS[:2]))
    offer(gate, sealed(2, roots=NEW_ROOTS, by=NEW_ROOTS[:2]))
    offer(gate, sealed(2, roots=NEW_ROOTS, by=(*ROOT_KEYS[:1], *NEW_ROOTS)))
    assert gate.trust.keys_version == 1
    offer(gate, sealed(2, roots=NEW_ROOTS, by=both))
    assert gate.trust.keys_version == 2
    offer(gate, sealed(3))
    assert gate.trust.keys_version == 2
    offer(gate, sealed(3, roots=NEW_ROOTS, by=NEW_ROOTS[1:]))
    assert gate.trust.keys_version == 3


def test_a_rotated_root_survives_a_restart(make_gate: MakeGate) -> None:
    gate = make_gate().start(sealed_list())
    offer(gate, sealed(2, roots=NEW_ROOTS, by=(*ROOT_KEYS[:2], *NEW_ROOTS[:2])))
    offer(gate, sealed(3, roots=NEW_ROOTS, by=NEW_ROOTS[:2]))
    again = make_gate().start()
    assert again.trust.keys_version == 3
    offer(again, sealed(4, roots=NEW_ROOTS, by=NEW_ROOTS[:2]))
    assert again.trust.keys_version == 4


# --- after a theft -----------------------------------------------------------------------------


def stolen_ticket_key(mode: KeyMode, **fields: int) -> bytes:
    row = KeyRow(use=KeyUse.TICKET, public=TICKET_KEY.public, mode=mode, **fields)
    return sealed(1, row, *FIRST[1:], KeyRow(use=KeyUse.TICKET, public=NEW_TICKET.public))


def test_key_compromise_a_revoked_ticket_key(gate: Gate) -> None:
    offer(gate, sealed(1, KeyRow(use=KeyUse.TICKET, public=NEW_TICKET.public), *FIRST[1:]))
    gate.scan(code(ticket(1)))
    assert gate.denied() == ["unknown_key"]


def test_sig_takes_what_was_sold_after_the_list(gate: Gate) -> None:
    offer(gate, stolen_ticket_key(KeyMode.SIG))
    gate.scan(code(ticket(500)))
    assert gate.kinds() == ["granted"]


def test_sig_and_list_takes_only_what_is_listed(gate: Gate) -> None:
    offer(gate, stolen_ticket_key(KeyMode.SIG_LIST))
    gate.scan(code(ticket(500)))
    gate.scan(code(ticket(1)))
    assert gate.kinds() == ["denied", "granted"]
    assert gate.denied() == ["unlisted"]


def test_list_only_takes_what_was_sold_before_the_theft(gate: Gate) -> None:
    """Neither what the thief dates later, nor serials that were not sold yet, though listed by
    now for tickets of another key."""
    offer(gate, stolen_ticket_key(KeyMode.LIST_ONLY, until_s=NOW_S - 600, last_serial=50))
    for forged in (ticket(1, issued_at=NOW_S - 599), ticket(51), ticket(500)):
        gate.scan(code(forged))
    gate.scan(code(ticket(50)))
    assert gate.denied() == ["unknown_key"] * 3
    assert gate.kinds()[-1] == "granted"


def test_fast_forward_after_a_stolen_list_key(make_gate: MakeGate) -> None:
    """The thief has pushed every version to its end. Two root keys put the gate back to work."""
    from gate_agent.validator.messages.trust_messages import BeaconMessage
    from gate_agent.validator.trust import beacon
    from gate_agent.validator.trust.beacon import Beacon

    gate = make_gate().start(sealed_list())
    far_ms = NOW_S * 1000 + 10**11
    pull(gate, sealed_list(LAST, as_of_ms=far_ms))
    book = RuleBook(LAST, far_ms)
    thief = LIST_KEY.private.sign
    gate.hear(RulesOffer(rule_book.seal(book, LIST_KEY.id, thief)))
    gate.hear(BeaconMessage(beacon.seal(Beacon(far_ms, (("main", LAST),)), LIST_KEY.id, thief)))
    assert (gate.lists.version(), gate.trust.rules.version) == (LAST, LAST)
    pull(gate, sealed_list(2))
    assert refused(gate) == 1

    offer(gate, sealed(1, FIRST[0], KeyRow(use=KeyUse.LIST, public=NEW_LIST.public), FIRST[2]))
    assert gate.trust.rules is NO_BOOK
    assert gate.clock.resets == [NOW_S * 1000]
    assert (gate.lists.version(), gate.lists.held()) == (0, {})
    gate.scan(code(ticket(1)))
    assert gate.kinds() == ["granted"], "the list stays until another one comes"
    pull(gate, sealed_list(3))
    assert gate.lists.version() == 0, "the thief's key lists nothing any more"
    pull(gate, sealed_list(2, signer=NEW_LIST))
    gate.hear(RulesOffer(rule_book.seal(RuleBook(2, 5), NEW_LIST.id, NEW_LIST.private.sign)))
    assert (gate.lists.version(), gate.trust.rules.version) == (2, 2)
    pull(gate, sealed_list(1, signer=NEW_LIST))
    assert gate.lists.version() == 2, "from here on nothing goes back again"
    again = make_gate().start()
    assert (again.lists.version(), again.health.faults) == (2, {})
