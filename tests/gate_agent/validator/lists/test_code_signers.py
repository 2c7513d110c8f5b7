"""Who else may sign: what the list says of them, and what their signature is worth."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.code_head import (
    LENGTH_BYTES,
    CodeHead,
    digest_of,
    read_head,
    signed_ticket,
)
from gate_agent.validator.lists.code_list import TableReader
from gate_agent.validator.lists.code_signers import CodeSigner, read_signers, signed_right
from gate_agent.validator.lists.code_table import CodeTable
from gate_agent.validator.lists.ticket_list import TicketStatus
from hardware_sim.pretix.secret import payload, seal, sign
from tests.gate_agent.lists.code_samples import DAY, HEAD, SALT, Codes, code_list

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
SIGNER = CodeSigner(PUBLIC, ((7, 0, 0, 0), (7, 3, 0, 1)))
SIGNED = replace(HEAD, signers=(SIGNER,))
CODE = sign(PRIVATE, "seed12345", item=7, variation=3).encode()
LIMITED = sign(
    PRIVATE, "seed54321", item=7, valid_from=1_795_300_020, valid_until=1_795_400_001
).encode()


class Memory:
    """A table in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read_at(self, offset: int, count: int) -> bytes:
        return self._data[offset : offset + count]

    def close(self) -> None: ...


def table(codes: Codes, head: CodeHead = SIGNED) -> CodeTable:
    made = code_list(1, codes, head=head)
    reader = TableReader(made.manifest.count)
    reader.feed(made.body)
    return CodeTable(made.manifest, Memory(made.body), 0, reader.finish())


def test_a_signed_ticket_is_good_without_being_listed() -> None:
    listed = table({b"another": (TicketStatus.VALID, 0)})
    found = listed.ticket(CODE)
    assert found is not None
    assert (found.product, found.admits, found.series) == (7, 5, "otter")
    assert (found.not_before, found.expires_at) == (DAY.not_before, DAY.expires_at)
    assert found.id == digest_of(SALT, CODE)[:8]
    assert listed.listing(found).status is TicketStatus.VALID


def test_the_ticket_s_own_window_counts() -> None:
    found = signed_ticket(SIGNED, "otter", bytes(10), LIMITED)
    assert found is not None
    assert (found.not_before, found.expires_at) == (1_795_300_020, 1_795_400_001)


def test_what_was_taken_back_is_listed() -> None:
    listed = table({CODE: (TicketStatus.VOID, 1)})
    found = listed.ticket(CODE)
    assert found is not None
    assert listed.listing(found).status is TicketStatus.VOID


def test_nobody_signs_where_the_list_names_nobody() -> None:
    listed = table({}, HEAD)
    assert listed.ticket(CODE) is None
    assert signed_right(CODE, ()) is None


@pytest.mark.parametrize(
    "code",
    [
        b"",
        b"x" * 130 + b"AQA",
        CODE[:-1],
        sign(OTHER, "seed12345", item=7, variation=3).encode(),
        sign(PRIVATE, "seed12345", item=8).encode(),
        sign(PRIVATE, "seed12345", item=7, variation=3, subevent=1).encode(),
        seal(PRIVATE, payload("seed12345", 7, 3, 0, 0, 0) + b"\x38\x01").encode(),
    ],
)
def test_what_is_not_signed_for_something_here_is_unknown(code: bytes) -> None:
    assert signed_right(code, (SIGNER,)) is None


def test_a_second_key_is_tried_as_well() -> None:
    old = CodeSigner(OTHER.public_key().public_bytes_raw(), SIGNER.rights)
    right = signed_right(CODE, (old, SIGNER))
    assert right is not None
    assert right.kind == 1


def test_an_absurd_time_is_cut() -> None:
    code = sign(PRIVATE, "s" * 9, item=7, valid_until=(1 << 62) - 1).encode()
    right = signed_right(code, (SIGNER,))
    assert right is not None
    assert right.valid_until == (1 << 33) - 1


def test_signers_come_and_go_with_a_delta() -> None:
    assert SIGNED.follows(HEAD)
    assert HEAD.follows(SIGNED)
    assert read_head(SIGNED.pack()[LENGTH_BYTES:]) == SIGNED


@pytest.mark.parametrize(
    "rows",
    [
        None,
        [[PUBLIC, []]] * 17,
        [7],
        [[PUBLIC]],
        [[PUBLIC, 7]],
        [["text", []]],
        [[bytes(31), []]],
        [[PUBLIC, [[1, 0, 0, 0]] * 4097]],
        [[PUBLIC, [[1, 0, 0]]]],
        [[PUBLIC, [7]]],
        [[PUBLIC, [[1, 0, 0, 3]]]],
        [[PUBLIC, [[1 << 62, 0, 0, 0]]]],
        [[PUBLIC, [[1, 0, True, 0]]]],
        [[PUBLIC, [[2, 0, 0, 0], [1, 0, 0, 0]]]],
        [[PUBLIC, [[1, 0, 0, 0], [1, 0, 0, 1]]]],
    ],
)
def test_wrong_signers_are_refused(rows: object) -> None:
    with pytest.raises(WireError):
        read_signers(rows, 3)
