"""Messages: nothing is decoded before its signature held, and nothing is written two ways."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, get_args

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.envelopes import (
    MAX_BATCH_RECORDS,
    MAX_CHUNK_BYTES,
    MAX_PAYLOAD_BYTES,
    MAX_SERIES,
    Ack,
    Address,
    Batch,
    Birth,
    Chunk,
    GateState,
    ListOffer,
    ListRequest,
    Message,
    decode,
    encode,
    is_name,
    read_topic,
    topic_of,
)
from gate_agent.validator.moment import END_MS
from gate_agent.validator.trust.keys import KeyUse, PublicKey
from tests.gate_agent.validator.builders import CBOR_VALUES, WALL, prove
from tests.vectors import message_samples, reference
from tests.vectors.keyring import CENTRE, GATE, GATE_KEY, PARK, RING, STRANGER, TestKey

SAMPLES = {message.topic_end: message for message in message_samples.messages()}
ENDS = sorted(SAMPLES)


def find_key(use: KeyUse, name: bytes, gate: str) -> PublicKey | None:
    """As a receiver does it: a gate's key speaks for that gate alone."""
    if use is KeyUse.GATE and gate != GATE:
        return None
    return RING.find(use, name)


def speaker(end: str) -> TestKey:
    return GATE_KEY if end.startswith("up/") else CENTRE


def topic(end: str) -> str:
    return f"sg1/{PARK}/{GATE}/{end}"


def payload(end: str, body: bytes, key: TestKey | None = None, on: str | None = None) -> bytes:
    """Any body, well signed for its topic unless it is told otherwise."""
    key = key or speaker(end)
    signature = key.sign(reference.message_to_verify(on or topic(end), body))
    return b"\1" + key.id + signature + body


def values(message: Message) -> list[Any]:
    return [getattr(message, one.name) for one in fields(message)]


def read(end: str, data: bytes) -> Message:
    return decode(topic(end), data, find_key)


# --- topics and names --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a", "0", "north-1", "x" * 20])
def test_a_name(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize(
    "name", ["", "-a", "x" * 21, "A", "a_b", "a/b", "a b", "ä", "a\n", "+", "#", "a\0"]
)
def test_no_name(name: str) -> None:
    assert not is_name(name)
    with pytest.raises(WireError):
        read_topic(f"sg1/{name}/{GATE}/up/birth")
    with pytest.raises(WireError):
        read_topic(f"sg1/{PARK}/{name}/up/birth")


@pytest.mark.parametrize("kind", get_args(Message))
def test_a_topic_leads_where_it_was_made_for(kind: type[Message]) -> None:
    text = topic_of("p" * 20, "g" * 20, kind)
    assert read_topic(text) == Address("p" * 20, "g" * 20, kind)
    assert len(text) <= 64
    assert text.count("/") <= 7


@pytest.mark.parametrize(
    "text",
    [
        ".",
        "sg1",
        "sg2/a/b/up/birth",
        "sg1/a/b/up",
        "sg1/a/b/up/birth/",
        "sg1/a/b/down/birth",
        "sg1/a/b/up/ack",
        "/sg1/a/b/up/birth",
        "sg1/a/b/UP/birth",
        "$SYS/broker",
        "sg1//b/up/birth",
    ],
)
def test_a_topic_that_is_not_ours(text: str) -> None:
    with pytest.raises(WireError, match="not ours"):
        decode(text, b"", find_key)


@prove
@given(st.text(), st.binary(max_size=100))
def test_any_topic_and_payload(text: str, data: bytes) -> None:
    with pytest.raises(WireError):
        decode(text, data, find_key)


# --- round trips -------------------------------------------------------------------------------

NUMBER = st.integers(0, 2**63 - 1)
ID = st.binary(min_size=16, max_size=16)
TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
MESSAGES = st.one_of(
    st.builds(
        Birth,
        journal_id=ID,
        boot=NUMBER,
        mark=NUMBER,
        head=NUMBER,
        lists=st.lists(st.tuples(TEXT, NUMBER), max_size=3).map(tuple),
    ),
    st.builds(
        GateState,
        boot=NUMBER,
        wall_ms=WALL,
        clock=NUMBER,
        waiting=NUMBER,
        lists=st.lists(st.tuples(TEXT, NUMBER, WALL), max_size=3).map(tuple),
        lanes=st.lists(st.tuples(NUMBER, TEXT, TEXT), max_size=3).map(tuple),
        faults=st.lists(TEXT, max_size=3).map(tuple),
    ),
    st.builds(
        Batch,
        ID,
        st.integers(1, 2**63 - 1),
        st.binary(min_size=32, max_size=32),
        st.lists(st.binary(max_size=90), min_size=1, max_size=5).map(tuple),
    ),
    st.builds(ListRequest, TEXT, NUMBER, NUMBER, NUMBER),
    st.builds(Ack, ID, NUMBER),
    st.builds(ListOffer, st.binary(max_size=300), NUMBER),
    st.builds(
        Chunk,
        series=TEXT,
        version=NUMBER,
        base=NUMBER,
        offset=NUMBER,
        data=st.binary(max_size=300),
    ),
)


def listed(value: Any) -> Any:
    return [listed(item) for item in value] if isinstance(value, tuple) else value


@prove
@given(MESSAGES)
def test_round_trip(message: Message) -> None:
    end, key = message.topic_end, speaker(message.topic_end)
    data = encode(topic(end), message, key.id, key.sign)
    assert read(end, data) == message
    assert data == payload(end, reference.cbor(listed(tuple(values(message)))))


def test_a_full_batch_and_a_full_chunk_fit() -> None:
    batch = Batch(bytes(16), 2**47, bytes(32), (bytes(200),) * MAX_BATCH_RECORDS)
    chunk = Chunk(
        series="x" * 16, version=2**32, base=2**32, offset=2**31, data=bytes(MAX_CHUNK_BYTES)
    )
    for message in (batch, chunk):
        key = speaker(message.topic_end)
        data = encode(topic(message.topic_end), message, key.id, key.sign)
        assert len(data) <= MAX_PAYLOAD_BYTES
        assert read(message.topic_end, data) == message


def test_the_longest_message() -> None:
    size = MAX_PAYLOAD_BYTES - 69 - 5
    fits = ListOffer(bytes(size), 0)
    data = encode(topic("down/list"), fits, CENTRE.id, CENTRE.sign)
    assert len(data) == MAX_PAYLOAD_BYTES
    assert read("down/list", data) == fits
    with pytest.raises(WireError, match="48 KiB"):
        encode(topic("down/list"), ListOffer(bytes(size + 1), 0), CENTRE.id, CENTRE.sign)
    longer = payload("down/list", cbor2.dumps([bytes(size + 1), 0]))
    with pytest.raises(WireError, match="length"):
        read("down/list", longer)


def test_a_text_that_is_not_unicode() -> None:
    message = SAMPLES["up/state"]
    assert isinstance(message, GateState)
    broken = replace(message, faults=("\udcff",))
    with pytest.raises(WireError, match="Unicode"):
        encode(topic("up/state"), broken, GATE_KEY.id, GATE_KEY.sign)


# --- who may say it ----------------------------------------------------------------------------


CHECKED = [end for end in ENDS if end != "down/keys"]
"""A key set is believed for what stands in it."""


def test_a_key_set_comes_through_under_any_key() -> None:
    body = cbor2.dumps(values(SAMPLES["down/keys"]))
    for key in (CENTRE, GATE_KEY, STRANGER):
        assert read("down/keys", payload("down/keys", body, key)) == SAMPLES["down/keys"]


@pytest.mark.parametrize("end", CHECKED)
def test_only_its_own_key_may_say_it(end: str) -> None:
    body = cbor2.dumps(values(SAMPLES[end]))
    assert read(end, payload(end, body)) == SAMPLES[end]
    other = CENTRE if speaker(end) is GATE_KEY else GATE_KEY
    for key in (other, STRANGER):
        with pytest.raises(WireError, match="unknown key"):
            read(end, payload(end, body, key))


def test_a_gate_speaks_for_itself_alone() -> None:
    body = cbor2.dumps(values(SAMPLES["up/birth"]))
    elsewhere = f"sg1/{PARK}/south-1/up/birth"
    with pytest.raises(WireError, match="unknown key"):
        decode(elsewhere, payload("up/birth", body, on=elsewhere), find_key)


@pytest.mark.parametrize(
    ("end", "on"),
    [
        ("up/want", f"sg1/{PARK}/{GATE}/up/state"),
        ("down/ack", f"sg1/{PARK}/south-1/down/ack"),
        ("down/ack", f"sg1/east-lake/{GATE}/down/ack"),
    ],
)
def test_a_message_cannot_be_moved_to_another_topic(end: str, on: str) -> None:
    data = payload(end, cbor2.dumps(values(SAMPLES[end])))
    with pytest.raises(WireError, match="wrong signature"):
        decode(on, data, any_key)


def any_key(use: KeyUse, name: bytes, _gate: str) -> PublicKey | None:
    return RING.find(use, name)


@pytest.mark.parametrize("end", CHECKED)
def test_every_changed_byte_is_noticed(end: str) -> None:
    good = payload(end, cbor2.dumps(values(SAMPLES[end])))
    for at in range(len(good)):
        for data in (
            good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :],
            good[:at] + good[at + 1 :],
            good[:at] + good[at : at + 1] + good[at:],
            good[:at],
        ):
            with pytest.raises(WireError):
                read(end, data)
    with pytest.raises(WireError):
        read(end, good + b"\0")


# --- bodies that are well signed and wrong -----------------------------------------------------


@prove
@given(st.sampled_from(ENDS), st.binary(max_size=80) | CBOR_VALUES.map(cbor2.dumps))
def test_any_signed_body(end: str, body: bytes) -> None:
    try:
        message = read(end, payload(end, body))
    except WireError:
        return
    assert cbor2.dumps(values(message)) == body


@prove
@given(st.sampled_from(ENDS), st.integers(0, 7), CBOR_VALUES)
def test_any_value_in_any_field(end: str, at: int, value: object) -> None:
    body = values(SAMPLES[end])
    body[at % len(body)] = value
    data = cbor2.dumps(body)
    try:
        message = read(end, payload(end, data))
    except WireError:
        return
    assert cbor2.dumps(values(message)) == data


"""What else a state says."""

BIRTH = SAMPLES["up/birth"]


def changed(end: str, **others: object) -> Callable[[], bytes]:
    """Return the body of the sample with other values in the fields of these names."""

    def body() -> bytes:
        sample = SAMPLES[end]
        named = {field.name: listed(getattr(sample, field.name)) for field in fields(sample)}
        assert others.keys() <= named.keys()
        return cbor2.dumps([*(named | others).values()])

    return body


WRONG: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "not CBOR": ("up/birth", lambda: b"\xff\xff", "."),
    "no array": ("up/birth", lambda: cbor2.dumps(7), "number of fields"),
    "a map": ("down/list", lambda: cbor2.dumps({0: b"x"}), "."),
    "a field missing": ("up/birth", lambda: cbor2.dumps(values(BIRTH)[:-1]), "number of fields"),
    "a field too many": ("up/birth", lambda: cbor2.dumps([*values(BIRTH), 0]), "number of fields"),
    "a byte behind": ("up/birth", lambda: cbor2.dumps(values(BIRTH)) + b"\0", "."),
    "a number in a long form": (
        "down/ack",
        lambda: changed("down/ack", journal_id=bytes(16), mark=5)().replace(
            bytes(16) + b"\5", bytes(16) + b"\x18\5"
        ),
        "the one way",
    ),
    "an indefinite array": (
        "down/ack",
        lambda: b"\x9f" + changed("down/ack")()[1:] + b"\xff",
        ".",
    ),
    "a negative number": ("down/ack", changed("down/ack", mark=-1), "another type"),
    "a number of 64 bits": ("down/ack", changed("down/ack", mark=2**63), "another type"),
    "a boolean for a number": ("down/ack", changed("down/ack", mark=True), "another type"),
    "a float for a number": ("down/ack", changed("down/ack", mark=5.0), "."),
    "a text for bytes": ("down/ack", changed("down/ack", journal_id="x" * 16), "another type"),
    "a short journal id": ("down/ack", changed("down/ack", journal_id=bytes(15)), "journal id"),
    "no record": ("up/passages", changed("up/passages", records=[]), "empty"),
    "too many records": (
        "up/passages",
        changed("up/passages", records=[b"x"] * (MAX_BATCH_RECORDS + 1)),
        "too long",
    ),
    "a batch from 0": ("up/passages", changed("up/passages", first=0, oldest=0), "a batch"),
    "a batch before the oldest": ("up/passages", changed("up/passages", oldest=4), "a batch"),
    "a short chain hash": ("up/passages", changed("up/passages", before=bytes(31)), "chain hash"),
    "records that are no array": ("up/passages", changed("up/passages", records=b"x"), "type"),
    "a record that is no bytes": ("up/passages", changed("up/passages", records=["x"]), "type"),
    "a lane of two fields": ("up/state", changed("up/state", lanes=[[1, "x"]]), "another length"),
    "a lane that is no array": ("up/state", changed("up/state", lanes=[1]), "another type"),
    "a time after the year 9998": ("up/state", changed("up/state", wall_ms=END_MS), "year 9998"),
    "a list from after it": (
        "up/state",
        changed("up/state", lists=[["main", 1, END_MS]]),
        "year 9998",
    ),
    "a beacon from after it": ("up/state", changed("up/state", beacon_ms=END_MS), "year 9998"),
    "more lists than a gate keeps": (
        "up/state",
        changed("up/state", lists=[["main", 1, 1]] * (MAX_SERIES + 1)),
        "too many lists",
    ),
    "nesting": ("up/want", lambda: b"\x81" * 40_000 + b"\0", "."),
}


@pytest.mark.parametrize("name", WRONG)
def test_refused(name: str) -> None:
    end, body, reason = WRONG[name]
    with pytest.raises(WireError, match=reason):
        read(end, payload(end, body()))


@pytest.mark.parametrize("version", [0, 2, 255])
def test_another_version(version: int) -> None:
    good = payload("down/ack", cbor2.dumps(values(SAMPLES["down/ack"])))
    with pytest.raises(WireError, match="version"):
        read("down/ack", bytes((version,)) + good[1:])
