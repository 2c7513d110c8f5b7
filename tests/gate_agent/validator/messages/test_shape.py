"""Messages by their fields: exactly what `write` makes is read, and nothing else."""

from dataclasses import dataclass

import pytest

from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages import shape


@dataclass(frozen=True, slots=True)
class Row:
    """A message with each kind of field."""

    number: int
    text: str
    records: tuple[bytes, ...]
    pairs: tuple[tuple[str, int], ...]


ROW = Row(7, "a", (b"x", b"y"), (("main", 1), ("other", 2)))
GOOD = [7, "a", [b"x", b"y"], [["main", 1], ["other", 2]]]


def test_a_row_comes_back() -> None:
    assert shape.write(ROW) == cbor.write(GOOD)
    assert shape.read("a row", Row, cbor.write(GOOD)) == ROW


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (7, "another number of fields"),
        (GOOD[:3], "another number of fields"),
        ([-1, *GOOD[1:]], "another type"),
        ([1 << 63, *GOOD[1:]], "another type"),
        ([7, b"a", *GOOD[2:]], "another type"),
        ([*GOOD[:2], b"xy", GOOD[3]], "another type"),
        ([*GOOD[:2], [b"x", "y"], GOOD[3]], "another type"),
        ([*GOOD[:3], 5], "another type"),
        ([*GOOD[:3], [5]], "another type"),
        ([*GOOD[:3], [["main", 1, 2]]], "another length"),
    ],
)
def test_another_shape_is_refused_with_its_reason(values: object, reason: str) -> None:
    with pytest.raises(WireError, match=f"a row with .*{reason}"):
        shape.read("a row", Row, cbor.write(values))


def test_another_way_to_write_the_same_is_refused() -> None:
    with pytest.raises(WireError, match="not written the one way"):
        shape.read("a row", Row, cbor.write(GOOD).replace(b"\x07", b"\x18\x07", 1))
