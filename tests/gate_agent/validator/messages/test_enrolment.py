"""The token's text, the request and the answer of an enrolment."""

import base64
import json
import string
from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.enrolment.enrol import request_of
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.enrolment import (
    MAX_TOKEN_CHARS,
    PREFIX,
    Enrolled,
    EnrolmentToken,
    read_enrolled,
    read_request,
    read_token,
)

TOKEN = EnrolmentToken(
    id=bytes(range(8)),
    secret=bytes(range(16)),
    fingerprint=bytes(range(16, 32)),
    park="west-lake",
    gate="north-1",
    host="centre.example",
    port=8443,
    expires_s=1_796_000_000,
)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ANSWER = Enrolled(
    park="west-lake",
    gate="north-1",
    host="centre.example",
    port=8883,
    time_zone="Asia/Shanghai",
    certificate="c",
    authority="a",
    ring="r",
    pepper="p",
    link="l",
)


def test_a_token_comes_back_from_its_text() -> None:
    assert read_token(TOKEN.to_text()) == TOKEN


def test_a_token_is_made_of_what_a_qr_code_holds_best() -> None:
    alphanumeric = set(string.digits + string.ascii_uppercase + " $%*+-./:")
    assert set(TOKEN.to_text()) <= alphanumeric
    assert len(TOKEN.to_text()) < 160


def test_white_space_and_small_letters_do_no_harm() -> None:
    text = TOKEN.to_text().lower()
    assert read_token(f"  {text[:40]}\n {text[40:]}\r\n") == TOKEN


@given(at=st.integers(0, 150), letter=st.sampled_from(string.ascii_uppercase + "234567"))
def test_a_letter_that_is_wrong_is_noticed(at: int, letter: str) -> None:
    text = TOKEN.to_text()
    at = len(PREFIX) + at % (len(text) - len(PREFIX))
    if text[at] != letter:
        with pytest.raises(WireError, match="wrong or missing"):
            read_token(text[:at] + letter + text[at + 1 :])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SG1:ABC",
        PREFIX,
        PREFIX + "A",
        PREFIX + "1890",
        "x" * (MAX_TOKEN_CHARS + 1),
        PREFIX + "é",
    ],
)
def test_other_texts_are_no_tokens(text: str) -> None:
    with pytest.raises(WireError, match="not a token"):
        read_token(text)


@pytest.mark.parametrize("rest", [b"", b"\1a\1b", b"\1a\1b\0", b"\4A B \1b\1c"])
def test_a_token_of_another_version_is_refused(rest: bytes) -> None:
    body = bytes(46) + rest
    whole = body + sha256(b"scenic-gate enrolment\0" + body).digest()[:4]
    with pytest.raises(WireError, match="not a token of this version"):
        read_token(PREFIX + base64.b32encode(whole).decode().rstrip("="))


@given(st.text(max_size=200))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    with pytest.raises(WireError):
        read_token(PREFIX + text)


def test_a_request_comes_back_and_proves_itself() -> None:
    request = request_of(TOKEN, KEY)
    assert read_request(request.to_json()) == request
    request.check(TOKEN.secret)
    assert TOKEN.secret.hex().encode() not in request.to_json()


@pytest.mark.parametrize("field", ["park", "gate", "token_id", "public", "proof", "code"])
def test_a_request_with_another_field_is_refused(field: str) -> None:
    request = request_of(TOKEN, KEY)
    other = request_of(
        replace(TOKEN, park="east-lake", gate="north-2", id=bytes(8), secret=bytes(16)),
        Ed25519PrivateKey.from_private_bytes(bytes(32)),
    )
    with pytest.raises(WireError):
        replace(request, **{field: getattr(other, field)}).check(TOKEN.secret)


def test_a_request_under_another_secret_is_refused() -> None:
    with pytest.raises(WireError, match="secret is another"):
        request_of(TOKEN, KEY).check(bytes(16))


@pytest.mark.parametrize(
    "change",
    [
        {"park": "West Lake"},
        {"gate": "../x"},
        {"token": "00"},
        {"public": "zz" * 32},
        {"proof": 5},
        {"code": None},
    ],
)
def test_a_request_with_a_field_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    fields = json.loads(request_of(TOKEN, KEY).to_json()) | change
    with pytest.raises(WireError):
        read_request(json.dumps(fields).encode())


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 30_000, b" " * 40_000])
def test_bytes_that_are_no_request_and_no_answer_are_refused(body: bytes) -> None:
    with pytest.raises(WireError):
        read_request(body)
    with pytest.raises(WireError):
        read_enrolled(body)


def test_an_answer_comes_back() -> None:
    assert read_enrolled(ANSWER.to_json()) == ANSWER


@pytest.mark.parametrize("change", [{"port": 0}, {"port": "8883"}, {"port": 70_000}, {"ring": 1}])
def test_an_answer_with_a_field_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    fields = json.loads(ANSWER.to_json()) | change
    with pytest.raises(WireError):
        read_enrolled(json.dumps(fields).encode())
