"""Key sets: any bytes give one or a clear error."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from gate_agent.validator.trust import key_set
from gate_agent.validator.trust.key_set import KeyRow, KeySet, fields_of, open_set, read_set
from gate_agent.validator.trust.keys import KeyMode, KeyUse
from tests.gate_agent.validator.builders import CBOR_VALUES, prove
from tests.vectors.keyring import CENTRE, LIST, PARK, ROOTS, TICKET

PUBLICS = tuple(sorted(root.public for root in ROOTS))
ROWS = (
    KeyRow(use=KeyUse.TICKET, public=TICKET.public),
    KeyRow(use=KeyUse.LIST, public=LIST.public),
    KeyRow(use=KeyUse.CENTRE, public=CENTRE.public),
)
SET = KeySet(park=PARK, version=1, as_of_ms=1_795_000_000_000, roots=PUBLICS, keys=ROWS)


def sealed(keys: KeySet, count: int = 2) -> bytes:
    written = fields_of(keys)
    return key_set.seal(
        written, [key_set.sign(written, root.public, root.sign) for root in ROOTS[:count]]
    )


def test_a_set_comes_back() -> None:
    assert open_set(sealed(SET), PUBLICS, PARK) == SET
    assert open_set(sealed(SET, 3), PUBLICS, PARK) == SET
    ring = SET.ring()
    assert [key.public for key in ring.of(KeyUse.ROOT)] == list(PUBLICS)
    assert ring.find(KeyUse.TICKET, TICKET.id) is not None


@prove
@given(st.binary(max_size=400))
def test_any_bytes_are_refused_clearly(data: bytes) -> None:
    with pytest.raises(WireError):
        open_set(data, PUBLICS, PARK)


@prove
@given(st.lists(CBOR_VALUES, min_size=4, max_size=6))
def test_any_value_gives_a_set_or_one_error(values: list[object]) -> None:
    try:
        written = cbor.write(values)
    except Exception:
        return
    with pytest.raises(WireError):
        read_set(written)


@prove
@given(st.integers(0), st.integers(1, 255))
def test_a_changed_byte_is_refused(at: int, flip: int) -> None:
    data = bytearray(sealed(SET))
    data[at % len(data)] ^= flip
    with pytest.raises(WireError):
        open_set(bytes(data), PUBLICS, PARK)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(SET, version=0),
        replace(SET, roots=PUBLICS[:2]),
        replace(SET, roots=PUBLICS[::-1]),
        replace(SET, roots=(PUBLICS[0], *PUBLICS[:2])),
        replace(SET, roots=(b"", *PUBLICS[1:])),
        replace(SET, keys=ROWS[:2]),
        replace(SET, keys=(*ROWS, ROWS[0])),
        replace(SET, keys=(*ROWS[:2], KeyRow(use=KeyUse.CENTRE, public=bytes(31)))),
        replace(SET, keys=(*ROWS, KeyRow(use=KeyUse.GATE, public=TICKET.public))),
        replace(SET, keys=(ROWS[0], replace(ROWS[1], mode=KeyMode.SIG_LIST), ROWS[2])),
        replace(SET, keys=(replace(ROWS[0], until_s=5), *ROWS[1:])),
        replace(SET, keys=(replace(ROWS[0], last_serial=5), *ROWS[1:])),
        replace(SET, keys=(replace(ROWS[0], mode=KeyMode.LIST_ONLY), *ROWS[1:])),
    ],
)
def test_what_no_gate_would_take_is_not_written(wrong: KeySet) -> None:
    with pytest.raises(WireError):
        fields_of(wrong)


@pytest.mark.parametrize(
    "values",
    [
        [],
        [PARK, 1, 5, list(PUBLICS)],
        [1, 1, 5, list(PUBLICS), []],
        [PARK, 1, 5, None, []],
        [PARK, 1, 5, list(PUBLICS), [None]],
        [PARK, 1, 5, list(PUBLICS), [["ticket", TICKET.public, 0, 0]]],
        [PARK, 1, 5, list(PUBLICS), [[1, TICKET.public, 0, 0, 0]]],
    ],
)
def test_other_shapes_are_refused(values: list[object]) -> None:
    with pytest.raises(WireError):
        read_set(cbor.write(values))
