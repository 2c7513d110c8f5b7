"""The cache of signatures says nothing that the real library would not."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate_agent.validator.errors import WireError
from gate_agent.validator.trust import keys
from gate_agent.validator.trust.keys import KeyUse, PublicKey
from hardware_sim.park import signature_cache as module
from hardware_sim.park.signature_cache import SignatureCache, cached_verification

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = PRIVATE.public_key().public_bytes_raw()


def test_what_it_signs_holds_and_is_really_signed() -> None:
    signatures = SignatureCache()
    sign = signatures.signing(PRIVATE)
    with cached_verification(signatures):
        key = PublicKey.of(PUBLIC, KeyUse.GATE, "north")
    assert key.signed(sign(b"words"), b"words")
    PRIVATE.public_key().verify(sign(b"words"), b"words")


@pytest.mark.parametrize("asked", [1, 2])
def test_forged_and_moved_signatures_are_refused_each_time(asked: int) -> None:
    signatures = SignatureCache()
    sign = signatures.signing(PRIVATE)
    with cached_verification(signatures):
        key = PublicKey.of(PUBLIC, KeyUse.GATE, "north")
        other = PublicKey.of(
            Ed25519PrivateKey.generate().public_key().public_bytes_raw(), KeyUse.GATE, "south"
        )
    for _ in range(asked):
        assert not key.signed(sign(b"words"), b"other words")
        assert not key.signed(bytes(64), b"words")
        assert not other.signed(sign(b"words"), b"words")


def test_now_and_then_it_looks_itself() -> None:
    signatures = SignatureCache()
    name = b"never signed"
    signatures.remember(name)
    answers = [signatures.holds(name) for _ in range(module.SAMPLE)]
    assert answers.count(False) == 1


def test_it_forgets_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    signatures = SignatureCache()
    for name in (b"1", b"2", b"3", b"4", b"5"):
        signatures.remember(name)
    assert not signatures.holds(b"1")
    assert signatures.holds(b"5")


def test_a_key_that_is_none_is_refused_as_ever_and_the_library_comes_back() -> None:
    real = vars(keys)["Ed25519PublicKey"]
    with cached_verification(SignatureCache()), pytest.raises(WireError):
        PublicKey.of(b"short", KeyUse.GATE, "north")
    assert vars(keys)["Ed25519PublicKey"] is real


def test_a_verification_that_is_not_remembered_is_the_librarys() -> None:
    with cached_verification(SignatureCache()):
        key = PublicKey.of(PUBLIC, KeyUse.GATE, "north")
    assert key.signed(PRIVATE.sign(b"words"), b"words")
    with pytest.raises(InvalidSignature):
        key._key.verify(bytes(64), b"words")
