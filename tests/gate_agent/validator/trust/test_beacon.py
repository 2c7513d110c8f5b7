"""Beacons: any bytes give one or a clear error, and what they vouch for."""

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.errors import WireError
from gate_agent.validator.moment import END_MS
from gate_agent.validator.trust import beacon
from gate_agent.validator.trust.beacon import (
    Beacon,
    MixedError,
    Vouching,
    apply_beacon,
    open_beacon,
)
from tests.gate_agent.validator.builders import CBOR_VALUES, prove
from tests.vectors.keyring import LIST, RING

T = 1_795_000_000_000
VERSION = st.integers(1, 2**32 - 1)
beacons = st.builds(
    Beacon,
    st.integers(1, END_MS - 1),
    st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=16), VERSION, max_size=5).map(
        lambda versions: tuple(sorted(versions.items()))
    ),
    VERSION,
    VERSION,
)


@prove
@given(beacons)
def test_a_beacon_comes_back(said: Beacon) -> None:
    assert open_beacon(beacon.seal(said, LIST.id, LIST.sign), RING) == said


@prove
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_clearly(data: bytes) -> None:
    with pytest.raises(WireError):
        open_beacon(data, RING)


@prove
@given(st.lists(CBOR_VALUES, min_size=3, max_size=5))
def test_any_value_signed_by_a_list_key_gives_a_beacon_or_one_error(values: list[object]) -> None:
    written = cbor2.dumps(values)
    sealed = LIST.id + LIST.sign(b"scenic-gate beacon\0" + written) + written
    try:
        assert beacon.seal(open_beacon(sealed, RING), LIST.id, LIST.sign) == sealed
    except WireError:
        pass


def at(later: int, version: int = 3, series: str = "main") -> Beacon:
    return Beacon(T + later, ((series, version),))


HELD = {"main": (3, T)}


def test_a_beacon_vouches_for_the_version_that_it_names() -> None:
    vouching = apply_beacon(Vouching(), at(10), HELD)
    assert vouching.vouched_ms("main", 3) == T + 10
    assert vouching.vouched_ms("main", 2) == vouching.vouched_ms("other", 3) == 0
    assert (vouching.newest("main"), vouching.newest("other")) == (3, 0)


def test_freeze() -> None:
    """A gate that does not get the newest list knows it: nobody vouches for the old one."""
    vouching = apply_beacon(Vouching(), at(10), HELD)
    vouching = apply_beacon(vouching, at(20, version=4), HELD)
    assert vouching.vouched_ms("main", 3) == 0
    assert vouching.newest("main") == 4


@pytest.mark.parametrize("later", [10, 9, -5])
def test_a_beacon_that_is_replayed_or_late_is_refused(later: int) -> None:
    vouching = apply_beacon(Vouching(), at(10), HELD)
    with pytest.raises(WireError, match="not newer"):
        apply_beacon(vouching, at(later), HELD)


def test_mix_and_match() -> None:
    """A list of tomorrow with the beacon of today, or one of two series put back."""
    with pytest.raises(MixedError, match="names list main 2: 3 is in force"):
        apply_beacon(Vouching(), at(1, version=2), HELD)
    both = Beacon(T + 5, (("main", 3), ("partner", 6)))
    with pytest.raises(MixedError, match="list partner 6: 7 is in force"):
        apply_beacon(Vouching(), both, {"main": (3, T), "partner": (7, T)})


def test_a_beacon_from_before_the_list_was_made_is_only_old() -> None:
    vouching = apply_beacon(Vouching(), at(0, version=2), {"main": (3, T + 1)})
    assert vouching.vouched_ms("main", 3) == 0
