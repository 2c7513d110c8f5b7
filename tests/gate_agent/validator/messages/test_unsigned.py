"""What nobody has signed reaches no decoder."""

import cbor2
import pytest

from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from tests.gate_agent.validator.messages.test_envelopes import (
    CHECKED,
    SAMPLES,
    payload,
    read,
    values,
)
from tests.vectors.keyring import STRANGER


def test_no_decoder_sees_a_body_that_nobody_has_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """For half a second it built a decimal of 47 kB, three times a second."""
    good = payload("down/keys", cbor2.dumps(values(SAMPLES["down/keys"])), STRANGER)
    decimal = b"\xc4\x82\x00\xc2" + cbor2.dumps(bytes([0x7F]) * 47_000)
    seen: list[bytes] = []
    monkeypatch.setattr(cbor, "loads", seen.append)
    assert read("down/keys", good) == SAMPLES["down/keys"]
    for body in (decimal, b"\x81" + decimal, b"\x81\x5f\x41a\xff", b"\x81\x58\x01a", b"\x81\x61a"):
        with pytest.raises(WireError):
            read("down/keys", payload("down/keys", body, STRANGER))
    for end in CHECKED:
        with pytest.raises(WireError):
            read(end, payload(end, decimal, STRANGER))
    assert seen == []
