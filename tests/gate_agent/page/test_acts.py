"""Acts: what a touch on the page may ask of the gate, and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.events import DocumentShown, Event, Scanned
from gate_agent.page.acts import read_act
from gate_agent.validator.errors import WireError

GOOD: list[tuple[dict[str, object], Event]] = [
    ({"act": "code", "lane": 1, "code": "SG1:AB"}, Scanned(1, b"SG1:AB")),
    ({"act": "code", "lane": 8, "code": "票\ud800"}, Scanned(8, "票?".encode())),
    (
        {"act": "document", "lane": 2, "document": "passport", "number": "E 1234"},
        DocumentShown(2, "passport", "E 1234"),
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
    {"act": 7, "lane": 1},
    {"act": "document", "lane": 1, "document": "face", "number": "1"},
    {"act": "document", "lane": 1, "document": "passport", "number": 1},
]  # fmt: skip


@pytest.mark.parametrize(("values", "event"), GOOD)
def test_a_good_act(values: dict[str, object], event: Event) -> None:
    assert read_act(json.dumps(values).encode()) == event


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
        st.one_of(st.none(), st.integers(-2, 10), st.text(max_size=5),
                  st.sampled_from(["code", "document", "passport"]), st.lists(st.integers())),
    )
)  # fmt: skip
def test_any_object_is_an_event_or_a_wire_error(values: dict[str, object]) -> None:
    try:
        event = read_act(json.dumps(values).encode())
    except WireError:
        return
    assert 1 <= event.lane <= 8
