"""A gate's own key is renewed: asked for, certified, kept through power cuts, and refused when it
is not what this gate has drawn."""

import shutil
import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gate_agent.trust.documents import TrustDocuments
from gate_agent.trust.identity import Identity
from gate_agent.trust.key_renewal import FAULT, current
from gate_agent.validator.messages.envelopes import GateState, Message, topic_of
from gate_agent.validator.messages.link_secret import link_secret
from gate_agent.validator.messages.notes import NewsRequest, note_topic, read_note
from gate_agent.validator.messages.renewal import BOX_BYTES, Renew, Renewed, RenewOrder, ask
from gate_agent.validator.trust.keys import key_id
from tests.gate_agent.authority import LINK, Authority
from tests.gate_agent.conftest import Gate, MakeGate
from tests.gate_agent.samples import (
    GATE,
    GATE_KEY,
    PARK,
    PEPPER,
    RING,
    STRANGER,
    key,
)
from tests.gate_agent.trust.test_documents import DyingFolder

ORDER = RenewOrder(GATE_KEY.public)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority()
    made.write(tmp_path)
    return made


@pytest.fixture
def gate(make_gate: MakeGate, authority: Authority) -> Gate:
    made = make_gate().start()
    made.link_up()
    made.said()
    return made


def payloads(gate: Gate, kind: type[Message]) -> list[bytes]:
    topic = topic_of(PARK, GATE, kind)
    found = [payload for where, payload in gate.link.sent if where == topic]
    gate.link.sent.clear()
    return found


def asked(gate: Gate, order: RenewOrder = ORDER) -> Renew:
    gate.hear(order)
    [message] = gate.said()
    assert isinstance(message, Renew)
    return message


def renew(gate: Gate, authority: Authority) -> Renew:
    question = asked(gate, RenewOrder(gate.own.identity.public))
    gate.hear(authority.answer(question))
    return question


def enrolled(folder: Path) -> Identity:
    return Identity(
        folder, GATE_KEY.id, GATE_KEY.private.sign, RING, PEPPER, public=GATE_KEY.public
    )


def on_disk(gate: Gate) -> Identity:
    """What the gate would be after a restart."""
    return current(enrolled(gate.folder), TrustDocuments.on_disk(gate.folder))


def refused(gate: Gate) -> int:
    return gate.health.counters["message refused"]


# --- asked for ---------------------------------------------------------------------------------


def test_an_order_is_answered_the_same_way_as_often_as_it_comes(
    gate: Gate, make_gate: MakeGate
) -> None:
    first = asked(gate)
    assert asked(gate) == first
    again = make_gate().start()
    again.link_up()
    again.said()
    assert asked(again) == first


def test_an_order_to_replace_another_key_is_an_old_one(gate: Gate) -> None:
    gate.hear(RenewOrder(STRANGER.public))
    assert gate.said() == []
    assert refused(gate) == 0


def test_an_order_by_somebody_else(gate: Gate) -> None:
    gate.hear(ORDER, signer=STRANGER)
    assert gate.said() == []
    assert refused(gate) == 1


def test_a_key_that_cannot_be_kept_is_not_asked_for(gate: Gate) -> None:
    blocked = gate.folder / "next.a.new"
    blocked.mkdir()  # root writes into any folder, but over no folder
    gate.hear(ORDER)
    assert gate.said() == []
    assert "next.a" in gate.health.faults[FAULT]
    blocked.rmdir()
    asked(gate)
    assert FAULT not in gate.health.faults


# --- certified ---------------------------------------------------------------------------------


def test_a_new_key_is_in_force_at_once(gate: Gate, authority: Authority) -> None:
    question = renew(gate, authority)
    me = gate.own.identity
    assert (me.public, me.key_id) == (question.public, key_id(question.public))
    assert me.link == link_secret(LINK, GATE, question.public)
    assert gate.link.keys == [(me.certificate, me.private)]
    assert gate.health.counters["own key renewed"] == 1
    gate.wait(1)
    [state] = payloads(gate, GateState)
    assert state[1:5] == me.key_id
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_cert_chain(me.certificate, me.private)
    assert all(one.stat().st_mode & 0o077 == 0 for one in gate.folder.glob("own.*"))
    assert all(one.stat().st_mode & 0o077 == 0 for one in gate.folder.glob("next.*"))


def test_notes_are_under_the_new_secret(gate: Gate, authority: Authority) -> None:
    question = renew(gate, authority)
    gate.link_up()
    gate.wait(1)
    topic = note_topic(PARK, GATE, NewsRequest.topic_end)
    [payload] = [data for where, data in gate.link.sent if where == topic]
    assert isinstance(
        read_note(topic, payload, link_secret(LINK, GATE, question.public)), NewsRequest
    )


def test_a_new_key_outlives_the_process(
    gate: Gate, authority: Authority, make_gate: MakeGate
) -> None:
    question = renew(gate, authority)
    again = make_gate()
    assert again.own.identity.public == question.public
    assert again.own.identity.link == gate.own.identity.link
    assert again.own.identity.sign(b"x") == gate.own.identity.sign(b"x")


def test_an_answer_that_comes_twice_changes_nothing(gate: Gate, authority: Authority) -> None:
    question = renew(gate, authority)
    before = gate.own.identity
    gate.hear(authority.answer(question))
    assert gate.own.identity is before
    assert refused(gate) == 0


def test_one_key_after_the_other(gate: Gate, authority: Authority, make_gate: MakeGate) -> None:
    publics = [renew(gate, authority).public for _ in range(3)]
    assert len(set(publics)) == 3
    assert gate.own.identity.renewals == 3
    assert make_gate().own.identity.public == publics[-1]


def _answers(authority: Authority, question: Renew) -> dict[str, Renewed]:
    good = authority.answer(question)
    other = key(50).public
    return {
        "a key that was not drawn": replace(good, public=other),
        "no certificate": replace(good, certificate=b"x"),
        "another authority": replace(
            good, certificate=Authority(key(42)).certificate(question.public)
        ),
        "another gate": replace(
            good, certificate=authority.certificate(question.public, "south-1")
        ),
        "another key": replace(good, certificate=authority.certificate(other)),
        "an empty box": replace(good, box=bytes(BOX_BYTES)),
    }


@pytest.mark.parametrize(
    "name",
    [
        "a key that was not drawn",
        "no certificate",
        "another authority",
        "another gate",
        "another key",
        "an empty box",
    ],
)
def test_an_answer_that_is_refused(gate: Gate, authority: Authority, name: str) -> None:
    question = asked(gate)
    before = gate.own.identity
    gate.hear(_answers(authority, question)[name])
    assert gate.own.identity is before
    assert refused(gate) == 1
    assert list(gate.folder.glob("own.*")) == []
    gate.hear(authority.answer(question))
    assert gate.own.identity.public == question.public


def test_an_answer_to_a_question_that_was_not_asked(gate: Gate, authority: Authority) -> None:
    gate.hear(authority.answer(ask(GATE, GATE_KEY.public, b"q" * 32)))
    assert gate.own.identity.public == GATE_KEY.public
    assert refused(gate) == 1


def test_a_board_without_the_authoritys_certificate(gate: Gate, authority: Authority) -> None:
    question = asked(gate)
    (gate.folder / "ca.crt").unlink()
    gate.hear(authority.answer(question))
    assert gate.own.identity.public == GATE_KEY.public
    assert refused(gate) == 1


# --- kept --------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", range(9))
def test_a_power_cut_at_every_write_leaves_one_whole_key(
    gate: Gate, authority: Authority, step: int
) -> None:
    first = renew(gate, authority).public
    question = asked(gate, RenewOrder(first))
    gate.own._documents = TrustDocuments(DyingFolder(gate.folder, dies_at=step))
    try:
        gate.hear(authority.answer(question))
    except KeyboardInterrupt:
        pass
    found = on_disk(gate)
    assert found.public in (first, question.public)
    assert found.link == link_secret(LINK, GATE, found.public)
    assert found.public == {0: first, 4: question.public, 8: question.public}[step // 4 * 4]


@pytest.mark.parametrize("step", range(9))
def test_a_power_cut_while_a_key_is_drawn_asks_for_one_key(
    gate: Gate, make_gate: MakeGate, step: int
) -> None:
    store = gate.own._documents
    gate.own._documents = TrustDocuments(DyingFolder(gate.folder, dies_at=step))
    try:
        gate.hear(ORDER)
    except KeyboardInterrupt:
        pass
    gate.own._documents = store
    told = {message.public for message in gate.said() if isinstance(message, Renew)}
    again = make_gate().start()
    again.link_up()
    again.said()
    assert len(told | {asked(again).public}) == 1


@pytest.mark.parametrize("copy", "ab")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data.replace(b"1 ", b"2 ", 1),
        lambda data: bytes(len(data)),
    ],
)
def test_a_damaged_copy(
    gate: Gate, authority: Authority, copy: str, spoil: Callable[[bytes], bytes]
) -> None:
    question = renew(gate, authority)
    for name in ("own", "next"):
        path = gate.folder / f"{name}.{copy}"
        path.write_bytes(spoil(path.read_bytes()))
    found = on_disk(gate)
    assert found.public == question.public
    assert gate.own.receive(RenewOrder(question.public)) is not None


def test_both_copies_damaged_leave_the_enrolment(gate: Gate, authority: Authority) -> None:
    renew(gate, authority)
    for copy in "ab":
        (gate.folder / f"own.{copy}").write_bytes(b"scenic-gate own key ")
    assert on_disk(gate) == enrolled(gate.folder)


def test_the_newer_of_two_copies_counts(gate: Gate, authority: Authority) -> None:
    renew(gate, authority)
    shutil.copy(gate.folder / "own.a", gate.folder / "older")
    second = renew(gate, authority).public
    for copy in "ab":
        kept = (gate.folder / f"own.{copy}").read_bytes()
        shutil.copy(gate.folder / "older", gate.folder / f"own.{copy}")
        assert on_disk(gate).public == second
        (gate.folder / f"own.{copy}").write_bytes(kept)


def test_a_board_that_is_enrolled_anew_begins_anew(gate: Gate, authority: Authority) -> None:
    renew(gate, authority)
    other = replace(enrolled(gate.folder), public=STRANGER.public)
    assert current(other, TrustDocuments.on_disk(gate.folder)) is other
