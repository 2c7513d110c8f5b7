"""Notes: any bytes are a note of this link, or refused."""

from dataclasses import astuple, fields

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.errors import WireError
from gate_agent.validator.messages import notes
from gate_agent.validator.messages.link_secret import with_code
from gate_agent.validator.messages.notes import (
    Claim,
    ClaimReply,
    News,
    NewsRequest,
    Note,
    is_note,
    note_topic,
)
from gate_agent.validator.messages.short_news import (
    MOST_PERSONS,
    ShortNews,
    read_short,
    write_short,
)
from tests.gate_agent.validator.builders import CBOR_VALUES, prove
from tests.vectors import message_samples

SECRET = b"s" * 32
KINDS: tuple[type[Note], ...] = (Claim, ClaimReply, NewsRequest, News)
SHORT = note_topic("west-lake", "north-1", "down/n")


def topic_of(kind: type[Note]) -> str:
    return note_topic("west-lake", "north-1", kind.topic_end)


@pytest.mark.parametrize("note", message_samples.notes())
def test_round_trip(note: Note) -> None:
    topic, question = topic_of(type(note)), message_samples.question_of(note)
    payload = notes.write_note(topic, note, SECRET, question)
    assert notes.read_note(topic, payload, SECRET, question) == note


@pytest.mark.parametrize("note", message_samples.notes())
def test_an_answer_fits_its_question_alone(note: Note) -> None:
    topic, question = topic_of(type(note)), message_samples.question_of(note)
    payload = notes.write_note(topic, note, SECRET, question)
    for other in (b"" if question else b"question", b"another!"):
        with pytest.raises(WireError):
            notes.read_note(topic, payload, SECRET, other)
    assert len(payload) == len(notes.write_note(topic, note, SECRET)), "no byte longer"


def test_no_answer_goes_without_a_question() -> None:
    """Also one whose code would hold: nobody may forget to look which question it answers."""
    for note, question in (
        (ClaimReply(5, 1, 0, False), b""),
        (News(nonce=1, after=0, upto=0, head=0, entries=()), b""),
        (News(nonce=0, after=0, upto=0, head=0, entries=()), b"question"),
    ):
        topic = topic_of(type(note))
        with pytest.raises(WireError, match="question"):
            notes.read_note(
                topic, notes.write_note(topic, note, SECRET, question), SECRET, question
            )


def test_a_gate_listens_to_every_note_for_it() -> None:
    topics = notes.note_topics("west-lake", "north-1")
    assert SHORT in topics
    assert all(
        is_note(topic) and topic.startswith("sg1/west-lake/north-1/down/") for topic in topics
    )


@prove
@given(st.binary(max_size=60), st.sampled_from(KINDS))
def test_any_bytes(data: bytes, kind: type[Note]) -> None:
    for question in (b"", b"question"):
        for payload in (data, with_code(topic_of(kind), data, SECRET, question)):
            try:
                note = notes.read_note(topic_of(kind), payload, SECRET, question)
            except WireError:
                continue
            assert notes.write_note(topic_of(kind), note, SECRET, question) == payload


SMALL = st.integers(-1, 20) | st.binary(max_size=16) | st.booleans() | st.none()


@prove
@given(CBOR_VALUES | st.lists(SMALL, min_size=2, max_size=10), st.sampled_from(KINDS))
def test_any_body(value: object, kind: type[Note]) -> None:
    for question in (b"", b"question"):
        payload = with_code(topic_of(kind), cbor2.dumps(value), SECRET, question)
        try:
            note = notes.read_note(topic_of(kind), payload, SECRET, question)
        except WireError:
            continue
        assert notes.write_note(topic_of(kind), note, SECRET, question) == payload


@prove
@given(st.sampled_from(message_samples.notes()), st.data())
def test_a_field_of_another_type_is_refused(note: Note, draw: st.DataObject) -> None:
    topic = topic_of(type(note))
    values = [list(map(list, one)) if isinstance(one, tuple) else one for one in astuple(note)]
    at = draw.draw(st.integers(0, len(values) - 1))
    values[at] = draw.draw(st.sampled_from([None, -1, 2**64, "x", 1.5, [1], [[1, 2, 3, 4]]]))
    question = message_samples.question_of(note)
    payload = with_code(topic, cbor2.dumps(values), SECRET, question)
    with pytest.raises(WireError):
        notes.read_note(topic, payload, SECRET, question)


def test_every_field_is_sent() -> None:
    for note in message_samples.notes():
        topic = topic_of(type(note))
        body = notes.write_note(topic, note, SECRET)[:-8]
        assert len(cbor2.loads(body)) == len(fields(note))


def test_topics() -> None:
    assert notes.read_note_topic(SHORT) == ("west-lake", "north-1", "down/n")
    assert is_note(SHORT)
    assert is_note(topic_of(Claim))
    assert not is_note("sg1/west-lake/north-1/down/ack")
    for topic in ("", "sg1/a/b", "sg1/A/b/down/n", "sg1/a/B/down/n", "sg2/a/b/down/n", "sg1/a/b/n"):
        with pytest.raises(WireError):
            notes.read_note_topic(topic)


@prove
@given(
    st.integers(1, 2**60),
    st.integers(-512, 511),
    st.integers(1, MOST_PERSONS),
    st.booleans(),
    st.binary(min_size=8, max_size=8),
)
def test_a_short_one_finds_its_number(
    number: int, ahead: int, persons: int, out: bool, ticket: bytes
) -> None:
    news = ShortNews(number, ticket, out, persons)
    payload = write_short(SHORT, news, SECRET)
    assert len(payload) == 18
    expected = max(1, number - ahead)
    assert read_short(SHORT, payload, SECRET, expected) == news


def test_too_far_away_or_from_somebody_else_is_refused() -> None:
    payload = write_short(SHORT, ShortNews(5000, bytes(8), False, 1), SECRET)
    for topic, data, secret, expected in (
        (SHORT, payload, SECRET, 3000),
        (SHORT, payload, b"x" * 32, 5000),
        (SHORT.replace("north", "south"), payload, SECRET, 5000),
        (SHORT, payload[:-1], SECRET, 5000),
        (SHORT, payload[:-1] + b"\0", SECRET, 5000),
        (SHORT, b"\0\0" + payload[2:], SECRET, 5000),
        (SHORT, payload, SECRET, -3000),
    ):
        with pytest.raises(WireError):
            read_short(topic, data, secret, expected)
    for persons in (0, 32):
        with pytest.raises(AssertionError):
            write_short(SHORT, ShortNews(1, bytes(8), False, persons), SECRET)


@prove
@given(st.binary(max_size=20), st.integers(-5, 5000))
def test_any_bytes_are_short_news_or_refused(data: bytes, expected: int) -> None:
    with pytest.raises(WireError):
        read_short(SHORT, data, SECRET, expected)


def test_news_of_a_passage_cost_fifty_bytes() -> None:
    """MQTT 3.1.1, QoS 0: type and length, length of the topic, topic, payload."""
    assert 2 + 2 + len(SHORT) + 18 <= 50
