"""Boards that enrol themselves: what the centre takes, what it refuses, and what it writes down."""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet_manager.access import audit
from fleet_manager.access.actor import Actor, Role, Via
from fleet_manager.access.audit import Filter
from fleet_manager.centre import Centre
from fleet_manager.database import incidents
from fleet_manager.errors import CentreError
from fleet_manager.gates import gates, invitations
from fleet_manager.gates.invitations import InvitationRefused
from fleet_manager.services.boards import enrolment
from gate_agent.enrolment.enrol import request_of
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.enrolment import Enrolled, EnrolmentToken

TECHNICIAN = Actor("wang", Role.TECHNICIAN, Via.COMMAND, "desk")
HOUR_MS = 3_600_000
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
THIEF = Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32)


def invite(park: Centre, gate: str = "north-3", *, replaces: bool = False) -> EnrolmentToken:
    station = None if replaces else "north"
    return enrolment.invite(
        park, TECHNICIAN, gate, station, valid_ms=2 * HOUR_MS, replaces=replaces
    )


def ask(park: Centre, token: EnrolmentToken, key: Ed25519PrivateKey = KEY) -> Enrolled:
    return enrolment.enrol(park, request_of(token, key).to_json(), "192.0.2.7")


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def key_in_force(park: Centre, gate: str = "north-3") -> bytes:
    with park.store.read() as connection:
        return gates.find_in_use(connection, gate).public


def last_line(park: Centre) -> tuple[str, str, str, str]:
    with park.store.read() as connection:
        line = audit.lines(connection, Filter())[-1]
    return line.actor, line.act, line.result, line.reason


def test_a_board_with_a_token_becomes_a_gate(park: Centre) -> None:
    token = invite(park)
    with park.store.read() as connection, pytest.raises(CentreError):
        gates.find(connection, "north-3")  # an invitation alone is no gate
    answer = ask(park, token)
    assert key_in_force(park) == public(KEY)
    assert (answer.park, answer.gate, answer.time_zone) == ("west-lake", "north-3", "Asia/Shanghai")
    assert answer.link.strip() == park.unlock().link_secret("north-3", public(KEY)).hex()
    assert last_line(park)[:3] == (f"token {token.id.hex()}", "gate.enrol", "done")


def test_an_answer_that_was_lost_is_given_again(park: Centre) -> None:
    token = invite(park)
    assert ask(park, token) == ask(park, token)


def test_a_token_that_another_board_has_used_is_refused_and_written_down(park: Centre) -> None:
    token = invite(park)
    ask(park, token, THIEF)
    with pytest.raises(InvitationRefused, match="another board has used this token") as caught:
        ask(park, token)
    assert "stolen" in caught.value.hint
    assert key_in_force(park) == public(THIEF)
    _actor, act, result, reason = last_line(park)
    assert (act, result) == ("gate.enrol", "refused")
    assert "another board" in reason
    with park.store.read() as connection:
        assert [count.gate for count in incidents.open_now(connection)] == ["north-3"]


def test_after_a_stolen_token_the_gate_is_taken_back_by_another(park: Centre) -> None:
    ask(park, invite(park), THIEF)
    ask(park, invite(park, replaces=True))
    assert key_in_force(park) == public(KEY)


def test_a_token_that_has_expired_is_refused(park: Centre) -> None:
    token = invite(park)
    later = replace(park, clock=lambda: token.expires_s * 1000 + 1000)
    with pytest.raises(InvitationRefused, match="has expired"):
        ask(later, token)


def test_a_newer_token_ends_the_older_one_of_a_gate(park: Centre) -> None:
    older = invite(park)
    newer = invite(park)
    with pytest.raises(InvitationRefused, match="has expired"):
        ask(park, older)
    ask(park, newer)


@pytest.mark.parametrize(
    "change", [{"secret": bytes(16)}, {"gate": "north-4"}, {"park": "east-lake"}, {"id": bytes(8)}]
)
def test_a_request_for_another_thing_than_the_token_is_refused(
    park: Centre, change: dict[str, bytes]
) -> None:
    token = replace(invite(park), **change)  # type: ignore[arg-type]
    with pytest.raises((InvitationRefused, WireError)):
        ask(park, token)
    with park.store.read() as connection, pytest.raises(CentreError):
        gates.find(connection, "north-3")


def test_strangers_words_do_not_fill_the_audit(park: Centre) -> None:
    token = invite(park)
    with park.store.read() as connection:
        before = len(audit.lines(connection, Filter()))
    for number in range(enrolment.MOST_REFUSALS + 20):
        with pytest.raises(InvitationRefused):
            ask(park, replace(token, id=bytes([number]) * 8))
        with pytest.raises(WireError):
            ask(park, replace(token, secret=bytes(16)))
    with park.store.read() as connection:
        assert len(audit.lines(connection, Filter())) == before + enrolment.MOST_REFUSALS
        invitation = invitations.find(connection, token.id)
    assert invitation is not None
    assert invitation.refused == enrolment.MOST_REFUSALS + 20
    ask(park, token)  # and the true board is let in all the same


@pytest.mark.parametrize("valid_ms", [0, 59_999, 15 * 24 * HOUR_MS])
def test_a_token_is_good_for_a_minute_to_two_weeks(park: Centre, valid_ms: int) -> None:
    with pytest.raises(CentreError, match="from 1 minute to 14 days"):
        enrolment.invite(park, TECHNICIAN, "north-3", "north", valid_ms=valid_ms, replaces=False)


def test_a_gate_that_exists_is_invited_only_to_be_replaced(park: Centre) -> None:
    ask(park, invite(park))
    with pytest.raises(CentreError, match="it exists"):
        invite(park)
    with pytest.raises(CentreError, match="cannot find"):
        invite(park, "north-9", replaces=True)


def test_the_database_holds_nothing_that_enrols(park: Centre) -> None:
    token = invite(park)
    stored = b"".join(path.read_bytes() for path in sorted(Path(park.config.folder).glob("*.db*")))
    assert token.secret not in stored
    assert token.secret.hex().encode() not in stored
