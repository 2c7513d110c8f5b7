"""The conversation with the centre: real messages, real signatures, and what strangers send."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.events import LinkDown, Received, Turned
from gate_agent.uplink.outbox import WINDOW_RECORDS
from gate_agent.uplink.session import STATE_EVERY_MS
from gate_agent.validator.messages.envelopes import (
    Ack,
    Batch,
    Birth,
    Chunk,
    GateState,
    ListOffer,
    ListRequest,
    encode,
    topic_of,
)
from gate_agent.validator.passage import chain, genesis
from tests.gate_agent.conftest import Gate, MakeGate
from tests.gate_agent.samples import (
    CENTRE_KEY,
    GATE,
    GATE_KEY,
    LIST_KEY,
    NOW_S,
    PARK,
    STRANGER,
    code,
    sealed_list,
    ticket,
)

HEARD = (Ack, ListOffer, Chunk)


def forced(gate: Gate, times: int) -> None:
    for _ in range(times):
        gate.agent.step(Turned(1))


# --- greeting and passages ---------------------------------------------------------------------


def test_a_gate_introduces_itself_then_sends_what_is_waiting(gate: Gate) -> None:
    forced(gate, 2)
    gate.link_up()
    birth, batch = gate.said()
    assert isinstance(birth, Birth)
    assert birth.nonce
    assert replace(birth, nonce=0) == Birth(
        journal_id=gate.journal.journal_id,
        boot=77,
        mark=0,
        head=3,
        lists=(("main", 1),),
    )
    assert isinstance(batch, Batch)
    assert (batch.first, len(batch.records)) == (1, 3)
    assert batch.before == genesis(gate.journal.journal_id)


def test_a_gate_without_a_list_says_so(make_gate: MakeGate) -> None:
    gate = make_gate().start()
    gate.link_up()
    birth = gate.said()[0]
    assert isinstance(birth, Birth)
    assert birth.lists == ()


def test_batches_join_into_one_chain(gate: Gate) -> None:
    gate.link_up()
    forced(gate, 250)
    gate.ack(241)
    batches = [message for message in gate.said() if isinstance(message, Batch)]
    after: dict[int, bytes] = {0: genesis(gate.journal.journal_id)}
    for batch in batches:
        assert batch.before == after[batch.first - 1]
        here = batch.before
        for number, record in enumerate(batch.records, batch.first):
            here = after[number] = chain(here, record)
    assert max(after) == gate.journal.head


def test_an_acknowledgement_is_kept_over_a_restart(make_gate: MakeGate) -> None:
    gate = make_gate().start()
    forced(gate, 4)
    gate.link_up()
    gate.ack(3)
    assert (gate.journal.acked, gate.uplink.waiting) == (3, 2)
    again = make_gate().start()
    assert again.journal.bound_ms == NOW_S * 1000
    again.link_up()
    birth, batch = again.said()
    assert isinstance(birth, Birth)
    assert isinstance(batch, Batch)
    assert (birth.mark, batch.first) == (3, 4)


def test_an_acknowledgement_for_another_journal_is_refused(gate: Gate) -> None:
    gate.link_up()
    gate.hear(Ack(bytes(16), 1))
    assert gate.journal.acked == 0
    assert gate.health.counters["message refused"] == 1


@pytest.mark.parametrize("mark", [99, (1 << 63) - 1])
def test_an_acknowledgement_of_what_is_not_there_changes_nothing(gate: Gate, mark: int) -> None:
    gate.link_up()
    gate.ack(1)
    gate.ack(mark)
    assert gate.journal.acked == 1


def test_unanswered_records_are_sent_again(gate: Gate) -> None:
    gate.link_up()
    gate.said()
    gate.wait(1999)
    assert not any(isinstance(message, Batch) for message in gate.said())
    gate.wait(1)
    assert any(isinstance(message, Batch) for message in gate.said())


def test_a_centre_that_is_older_than_all_that_is_kept_gets_what_there_is(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gate_agent.journal.journal.KEEP_ACKED_RECORDS", 2)
    forced(gate, 9)
    gate.link_up()
    gate.ack(10)
    gate.journal.store_mark()
    assert gate.journal.oldest == 10, "the chain hash before it is that of record 9"
    gate.agent.step(LinkDown())
    gate.link_up()
    gate.said()
    gate.ack(0)
    (batch,) = gate.said()
    assert isinstance(batch, Batch)
    assert (batch.first, len(batch.records), batch.oldest) == (10, 1, 10)
    assert gate.health.faults == {}


def test_an_old_acknowledgement_stops_no_outbox(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was recorded by whoever owns the broker, when the centre had one record."""
    monkeypatch.setattr("gate_agent.journal.journal.KEEP_ACKED_RECORDS", 2)
    gate.link_up()
    kept = Ack(gate.journal.journal_id, 1, gate.uplink._outbox.nonce)
    gate.hear(kept)
    forced(gate, 9)
    gate.ack(10)
    gate.journal.store_mark()
    gate.said()
    gate.hear(kept)
    gate.hear(Ack(gate.journal.journal_id, 1))
    forced(gate, 2)
    batches = [message for message in gate.said() if isinstance(message, Batch)]
    assert [batch.first for batch in batches] == [11]
    gate.ack(12)
    assert (gate.uplink.waiting, gate.health.faults) == (0, {})


def test_a_damaged_record_is_a_fault(gate: Gate) -> None:
    forced(gate, 3)
    gate.journal.db.execute("UPDATE passages SET record = 'x' WHERE seq = 2")
    gate.link_up()
    assert gate.health.faults["outbox"] == "record 2 is wanted, but gone or damaged"


def test_a_window_of_records_is_cut_to_what_one_message_holds(gate: Gate) -> None:
    forced(gate, WINDOW_RECORDS + 100)
    gate.link_up()
    batches = [message for message in gate.said() if isinstance(message, Batch)]
    assert sum(len(batch.records) for batch in batches) == WINDOW_RECORDS
    assert all(len(payload) <= 48 * 1024 for _, payload in gate.link.sent)


def test_the_state_is_told_every_minute(gate: Gate) -> None:
    gate.link_up()
    gate.agent.tick()
    gate.ack(1)
    states = [message for message in gate.said() if isinstance(message, GateState)]
    assert len(states) == 1
    assert states[0].lists == (("main", 1, NOW_S * 1000),)
    gate.wait(STATE_EVERY_MS - 1)
    assert gate.said() == []
    gate.wait(1)
    (state,) = gate.said()
    assert isinstance(state, GateState)
    assert state.waiting == 0


def test_a_fault_of_any_length_fits_into_the_state(gate: Gate) -> None:
    for number in range(400):
        gate.health.fault(f"device {number}", "x" * 1000)
    gate.link_up()
    gate.agent.tick()
    gate.wait(STATE_EVERY_MS)
    assert "outbox" in gate.health.faults


# --- strangers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", HEARD)
@pytest.mark.parametrize("signer", [STRANGER, GATE_KEY, LIST_KEY], ids=["stranger", "gate", "list"])
def test_only_the_centre_is_heard(gate: Gate, kind: type, signer: object) -> None:
    message = {
        Ack: Ack(gate.journal.journal_id, 1),
        ListOffer: ListOffer(sealed_list(2).sealed, 0),
        Chunk: Chunk(series="main", version=2, base=0, offset=0, data=b"x"),
    }[kind]
    gate.hear(message, signer)  # type: ignore[arg-type]
    assert gate.health.counters["message refused"] == 1
    assert gate.journal.acked == 0
    assert gate.said() == []


@pytest.mark.parametrize(("park", "gate_id"), [("other-park", GATE), (PARK, "south-1")])
def test_a_message_for_another_gate_is_refused(gate: Gate, park: str, gate_id: str) -> None:
    gate.hear(Ack(gate.journal.journal_id, 1), topic=topic_of(park, gate_id, Ack))
    assert gate.journal.acked == 0
    assert gate.health.counters["message refused"] == 1


def test_a_message_cannot_be_moved_to_another_topic(gate: Gate) -> None:
    made_for = topic_of(PARK, "south-1", Ack)
    payload = encode(
        made_for, Ack(gate.journal.journal_id, 1), CENTRE_KEY.id, CENTRE_KEY.private.sign
    )
    gate.agent.step(Received(topic_of(PARK, GATE, Ack), payload))
    assert gate.journal.acked == 0


TOPICS = st.one_of(
    st.sampled_from(
        [topic_of(PARK, GATE, kind) for kind in (*HEARD, Birth, Batch, GateState, ListRequest)]
    ),
    st.text(max_size=40),
)


@given(messages=st.lists(st.tuples(TOPICS, st.binary(max_size=200)), max_size=5))
def test_any_bytes_on_any_topic_are_counted_and_the_lane_goes_on(
    messages: list[tuple[str, bytes]],
) -> None:
    with TemporaryDirectory() as folder:
        gate = Gate(Path(folder)).start(sealed_list())
        for topic, payload in messages:
            gate.agent.step(Received(topic, payload))
        assert gate.health.counters["message refused"] == len(messages)
        gate.scan(code(ticket(7)))
        assert gate.kinds() == ["granted"]
        gate.close()


@given(
    kind=st.sampled_from(HEARD),
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.binary(max_size=20) | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=5),
    ),
)
def test_any_body_that_the_centre_signs_is_heard_or_counted(kind: type, body: object) -> None:
    """A centre with a bug is a stranger too."""
    import cbor2

    with TemporaryDirectory() as folder:
        gate = Gate(Path(folder)).start(sealed_list())
        topic = topic_of(PARK, GATE, kind)
        data = cbor2.dumps(body)
        signed = CENTRE_KEY.private.sign(b"scenic-gate message\0" + topic.encode() + b"\0" + data)
        gate.agent.step(Received(topic, b"\x01" + CENTRE_KEY.id + signed + data))
        assert gate.journal.acked == 0
        gate.scan(code(ticket(7)))
        assert gate.kinds() == ["granted"]
        gate.close()


def test_what_the_status_tells_of_the_link(make_gate: MakeGate) -> None:
    gate = make_gate().start()
    forced(gate, 2)
    assert (gate.uplink.linked, gate.uplink.waiting, gate.uplink.in_flight) == (False, 3, 0)
    gate.link_up()
    assert (gate.uplink.linked, gate.uplink.waiting, gate.uplink.in_flight) == (True, 3, 3)
    gate.ack(2)
    assert (gate.uplink.waiting, gate.uplink.in_flight) == (1, 1)


# --- two boards with one identity, and links that fail -----------------------------------------


def test_a_gate_that_is_thrown_off_again_and_again_has_a_fault(
    gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(4):
        gate.link_up()
        gate.wait(1000)
        gate.agent.step(LinkDown("the connection to localhost:8883 was lost"))
        gate.wait(1000)
    assert "another board has this gate's identity" in gate.health.faults["identity"]
    assert caplog.text.count("another board has this gate's identity") == 1
    gate.link_up()
    gate.ack(gate.journal.head)
    gate.wait(2 * STATE_EVERY_MS)
    assert "identity" not in gate.health.faults


def test_a_gate_that_is_linked_and_not_acknowledged_says_so(gate: Gate) -> None:
    gate.link_up()
    gate.hear(Ack(b"x" * 16, 0))
    gate.wait(3 * STATE_EVERY_MS)
    assert "acknowledges another journal" in gate.health.faults["identity"]
    gate.ack(gate.journal.head)
    gate.wait(STATE_EVERY_MS)
    assert "identity" not in gate.health.faults


def test_why_there_is_no_link_is_logged_once_for_each_reason(
    gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    for why in ("nobody listens", "nobody listens", "no answer", ""):
        gate.agent.step(LinkDown(why))
        assert gate.uplink.down_reason == why
    assert [record.getMessage() for record in caplog.records] == [
        "no link to the centre: nobody listens",
        "no link to the centre: no answer",
    ]
    gate.link_up()
    assert gate.uplink.down_reason == ""


def test_records_that_do_not_fit_one_batch_follow_at_once(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gate_agent.journal.journal.MAX_BATCH_BYTES", 100)
    forced(gate, 9)
    gate.link_up()
    batches = [message for message in gate.said() if isinstance(message, Batch)]
    assert len(batches) > 1
    assert sum(len(batch.records) for batch in batches) == gate.journal.head
