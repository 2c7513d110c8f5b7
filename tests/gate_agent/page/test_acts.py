"""Acts: what a touch on the page may ask of the gate, and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.events import (
    DirectionAsked,
    DocumentAwaited,
    DocumentShown,
    Mode,
    ModeAsked,
    ModeSource,
    Overridden,
    PersonsChosen,
    Scanned,
    Typed,
)
from gate_agent.page.acts import Act, Event, read_act
from gate_agent.validator.errors import WireError
from gate_agent.validator.passage import Direction

OVERRIDE = {"act": "override", "lane": 1, "record": 7, "persons": 3, "why": "checked"}
GOOD: list[tuple[dict[str, object], Event, str | None]] = [
    ({"act": "code", "lane": 1, "code": "SG1:AB"}, Scanned(1, b"SG1:AB"), None),
    ({"act": "code", "lane": 8, "code": "票\ud800"}, Scanned(8, "票?".encode()), None),
    (
        {"act": "document", "lane": 2, "document": "passport", "number": "E 1234"},
        DocumentShown(2, "passport", "E 1234"),
        None,
    ),
    ({"act": "awaited", "lane": 2}, DocumentAwaited(2), None),
    (
        {"act": "persons", "lane": 1, "record": 7, "persons": 0, "done": True},
        PersonsChosen(1, 7, 0, done=True),
        None,
    ),
    ({"act": "typed", "lane": 1, "code": "12 345 678901"}, Typed(1, 12345, 678901), None),
    ({"act": "direction", "lane": 1, "direction": "out"}, DirectionAsked(1, Direction.OUT), None),
    (
        {"act": "mode", "lane": 1, "mode": "free", "staff_code": "0071234"},
        ModeAsked(ModeSource.STAFF, Mode.FREE),
        "0071234",
    ),
    (
        {"act": "mode", "lane": 1, "mode": "controlled", "staff_code": "1"},
        ModeAsked(ModeSource.STAFF, None),
        "1",
    ),
    (
        {"act": "mode", "lane": 1, "mode": "closed", "staff_code": "001\ud800"},
        ModeAsked(ModeSource.STAFF, Mode.CLOSED),
        "001?",  # half a letter is no letter, and must not end the page
    ),
    (
        {**OVERRIDE, "staff_code": "0071234"},
        Overridden(1, 7, 3, "", "checked", supervisor=False),
        "0071234",
    ),
]
BAD: list[object] = [
    None, [], "code", 1,
    {"act": "code"},
    {"act": "code", "lane": 0, "code": "x"},
    {"act": "code", "lane": 9, "code": "x"},
    {"act": "code", "lane": True, "code": "x"},
    {"act": "code", "lane": "1", "code": "x"},
    {"act": "code", "lane": 1, "code": ""},
    {"act": "code", "lane": 1, "code": "x" * 301},
    {"act": "code", "lane": 1, "code": ["x"]},
    {"act": "release", "lane": 1},
    {"act": "persons", "lane": 1, "record": 7, "persons": -1, "done": True},
    {"act": "persons", "lane": 1, "record": 7, "persons": 1, "done": 1},
    {"act": "persons", "lane": 1, "record": 0, "persons": 1, "done": False},
    {"act": 7, "lane": 1},
    {"act": "document", "lane": 1, "document": "face", "number": "1"},
    {"act": "document", "lane": 1, "document": "passport", "number": 1},
    {"act": "typed", "lane": 1, "code": "SG1:AB"},
    {"act": "typed", "lane": 1, "code": "4294967296000000"},
    {"act": "direction", "lane": 1, "direction": "up"},
    {"act": "mode", "lane": 1, "mode": "emergency", "staff_code": "1"},
    {"act": "mode", "lane": 1, "mode": "free"},
    OVERRIDE,
    {**OVERRIDE, "staff_code": "1", "why": "because"},
    {**OVERRIDE, "staff_code": "1", "persons": 0},
    {**OVERRIDE, "staff_code": "1", "record": 0},
    {**OVERRIDE, "staff_code": "x" * 17},
]  # fmt: skip


@pytest.mark.parametrize(("values", "event", "staff_code"), GOOD)
def test_a_good_act(values: dict[str, object], event: Event, staff_code: str | None) -> None:
    assert read_act(json.dumps(values).encode()) == Act(event, staff_code)


@pytest.mark.parametrize("values", BAD, ids=repr)
def test_a_bad_act(values: object) -> None:
    with pytest.raises(WireError):
        read_act(json.dumps(values).encode())


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 2000, b'{"act": NaN}'])
def test_what_is_no_json(body: bytes) -> None:
    with pytest.raises(WireError):
        read_act(body)


@given(
    st.dictionaries(
        st.sampled_from(["act", "lane", "code", "document", "number", "x"]),
        st.one_of(
            st.none(),
            st.integers(-2, 10),
            st.text(max_size=5),
            st.sampled_from(["code", "document", "passport"]),
            st.lists(st.integers()),
        ),
    )
)
def test_any_object_is_an_event_or_a_wire_error(values: dict[str, object]) -> None:
    try:
        event = read_act(json.dumps(values).encode())
    except WireError:
        return
    assert event.staff_code is None or event.staff_code


def test_whoever_asked_stands_in_what_was_asked() -> None:
    override = read_act(json.dumps({**OVERRIDE, "staff_code": "1"}).encode())
    asked = override.by("zhang", supervisor=True)
    assert asked == Overridden(1, 7, 3, "zhang", "checked", supervisor=True)
    mode = Act(ModeAsked(ModeSource.STAFF, Mode.CLOSED), "1")
    assert mode.by("li", supervisor=True) == ModeAsked(ModeSource.STAFF, Mode.CLOSED, "li")
    assert Act(Scanned(1, b"x")).by("li", supervisor=True) == Scanned(1, b"x")


def test_who_is_no_supervisor_asks_as_a_steward() -> None:
    override = read_act(json.dumps({**OVERRIDE, "staff_code": "1"}).encode())
    asked = override.by("li", supervisor=False)
    assert isinstance(asked, Overridden)
    assert not asked.supervisor
