"""A claim's number names the record that comes next, and the lane."""

from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.messages.claim_number import claim_number, lane_of

RECORDS, LANES = st.integers(1, (1 << 40) - 1), st.integers(1, 255)


@given(RECORDS, LANES)
def test_a_claim_number_gives_its_record_and_its_lane_back(record: int, lane: int) -> None:
    claim = claim_number(record, lane)
    assert (claim >> 8, lane_of(claim)) == (record, lane)


def test_the_layout_is_that_of_the_wire() -> None:
    """A centre of another version reads the same record and lane from it."""
    assert claim_number(0x1234, 7) == 0x123407
