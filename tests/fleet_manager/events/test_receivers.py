"""Acts on receivers: who may, what is allowed, secrets that nobody finds, tests and replays."""

import logging
import queue
import ssl
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet_manager.__main__ import build
from fleet_manager.access import audit
from fleet_manager.access.actor import Actor, Role, Via
from fleet_manager.access.audit import Filter
from fleet_manager.access.rights import NotAllowed
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.events import deliveries
from fleet_manager.events.event_types import ALL, EventType
from fleet_manager.events.sender import Sender
from fleet_manager.keys import certificates
from fleet_manager.keys.vault import to_pem
from fleet_manager.services.webhooks import receivers
from fleet_manager.services.webhooks.worker import WebhookWorker
from gate_agent.validator.passage import PassageKind
from tests.fleet_manager.events.conftest import (
    ADMINISTRATOR,
    Clock,
    Courier,
    added,
    events_in,
    log_of,
    standing,
    stored,
    visits,
)
from tests.fleet_manager.events.receiver import LONGEST_S, Receiver, answering, signed_by
from tests.fleet_manager.scribe import ticket_id

CASHIER = Actor("li", Role.CASHIER, Via.PAGE, "10.0.0.8")


# --- what may be added -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://localhost/x", "no http or https address"),
        ("http:///x", "no http or https address"),
        ("http://localhost:0/x", "no http or https address"),
        ("http://localhost:99999/x", "no address"),
        ("http://[::1", "no address"),
        ("http://user:pass@localhost/x", "user name or a fragment"),
        ("http://localhost/x#y", "user name or a fragment"),
        ("http://localhost/x y", "without blanks"),
        ("http://localhost/\r\nX: y", "without blanks"),
        ("http://localhost/" + "x" * 500, "at most 500"),
        ("http://北门/x", "ASCII"),
        ("http://169.254.169.254/latest", "169.254.169.254: it is not an allowed host"),
        ("http://LOCALHOST.evil.example/", "it is not an allowed host"),
    ],
)
def test_an_address_that_is_none_or_is_not_allowed_is_refused_and_audited(
    centre: Centre, url: str, message: str
) -> None:
    with pytest.raises(CentreError, match=message):
        receivers.add(centre, ADMINISTRATOR, "till", url, ALL)
    with centre.store.read() as connection:
        line = audit.lines(connection, Filter())[-1]
    assert (line.act, line.result) == ("webhook.add", "refused")


@pytest.mark.parametrize("name", ["", "Till", "a b", "x" * 21, "-x", "北门"])
def test_a_name_that_is_none_is_refused(centre: Centre, name: str) -> None:
    with pytest.raises(CentreError, match="must be 1 to 20"):
        receivers.add(centre, ADMINISTRATOR, name, "http://localhost/x", ALL)


def test_a_name_is_there_once_and_twenty_are_enough(centre: Centre) -> None:
    for number in range(20):
        receivers.add(centre, ADMINISTRATOR, f"w{number}", "http://localhost/x", ALL)
    with pytest.raises(CentreError, match="w3: it exists"):
        receivers.add(centre, ADMINISTRATOR, "w3", "http://localhost/x", ALL)
    with pytest.raises(CentreError, match="there are 20"):
        receivers.add(centre, ADMINISTRATOR, "w20", "http://localhost/x", ALL)


def test_a_cashier_may_not(centre: Centre, receiver: Receiver) -> None:
    added(centre, receiver)
    with pytest.raises(NotAllowed):
        receivers.send_test(centre, CASHIER, "till")
    with pytest.raises(NotAllowed):
        receivers.remove(centre, CASHIER, "till")
    assert receiver.received == []


def test_a_host_that_is_not_allowed_any_more_gets_nothing(
    centre: Centre, receiver: Receiver, courier: Courier
) -> None:
    added(centre, receiver)
    stored(centre, visits(1))
    courier.centre = replace(centre, config=replace(centre.config, webhook_hosts=frozenset()))
    courier.round()
    assert receiver.received == []
    with centre.store.read() as connection:
        [line] = deliveries.newest(connection, "till", 9)
    assert "not an allowed host" in line.detail


# --- secrets -----------------------------------------------------------------------------------


def test_a_secret_is_nowhere_but_in_the_answer(
    centre: Centre, receiver: Receiver, courier: Courier, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = [added(centre, receiver)]
    secrets.append(receivers.rotate(centre, ADMINISTRATOR, "till")[1])
    receivers.send_test(centre, ADMINISTRATOR, "till")
    stored(centre, visits(1))
    courier.drain()
    assert len(set(secrets)) == 2
    database = b"".join(file.read_bytes() for file in Path(centre.config.folder).glob("centre.db*"))
    with centre.store.read() as connection:
        lines = "".join(map(repr, audit.lines(connection, Filter())))
    for secret in secrets:
        text = secret.removeprefix("whsec_")
        assert text not in lines
        assert text not in caplog.text
        assert text.encode() not in database


def test_a_rotation_signs_with_both_secrets_until_the_old_one_ends(
    centre: Centre, receiver: Receiver, courier: Courier, clock: Clock
) -> None:
    old = added(centre, receiver, EventType.PASSAGES)
    new = receivers.rotate(centre, ADMINISTRATOR, "till", old_valid_ms=3_600_000)[1]
    scribe = visits(1)
    stored(centre, scribe)
    courier.drain()
    clock.turn(3_600_001)
    scribe.write(PassageKind.TAKEN, ticket=ticket_id(5), admits=1)
    stored(centre, scribe, first=2)
    courier.drain()
    both, alone = receiver.received
    assert both.headers["webhook-signature"].count("v1,") == 2
    assert both.verify(old) == both.verify(new)
    assert alone.headers["webhook-signature"].count("v1,") == 1
    assert signed_by(alone, new)
    assert not signed_by(alone, old)


def test_a_receiver_of_the_same_name_has_another_secret(centre: Centre, receiver: Receiver) -> None:
    first = added(centre, receiver)
    receivers.remove(centre, ADMINISTRATOR, "till")
    assert added(centre, receiver) != first


# --- tests and replays -------------------------------------------------------------------------


def test_a_test_says_what_came_of_it_and_changes_nothing(
    centre: Centre, receiver: Receiver
) -> None:
    secret = added(centre, receiver)
    before = standing(centre)
    receiver.behaviours = [answering(500), answering(410)]
    results = [receivers.send_test(centre, ADMINISTRATOR, "till") for _ in range(3)]
    assert [(line.status, line.result) for line in results] == [
        (500, "failed"),
        (410, "failed"),
        (204, "delivered"),
    ]
    assert standing(centre) == before
    assert receiver.received[-1].verify(secret)["type"] == "webhook.test"
    assert [kind for kind, _, _ in log_of(centre)] == ["test"] * 3


def test_a_replay_has_the_old_id_and_body_and_the_current_secret(
    centre: Centre, receiver: Receiver, courier: Courier
) -> None:
    added(centre, receiver)
    stored(centre, visits(1))
    courier.drain()
    new = receivers.rotate(centre, ADMINISTRATOR, "till", old_valid_ms=0)[1]
    first = receiver.received[0]
    before = standing(centre)
    receiver.behaviours = [answering(500)]
    assert receivers.replay(centre, ADMINISTRATOR, "till", first.id).result == "failed"
    assert receivers.replay(centre, ADMINISTRATOR, "till", first.id).result == "delivered"
    again = receiver.received[-1]
    assert (again.id, again.body) == (first.id, first.body)
    again.verify(new)
    assert standing(centre) == before
    with pytest.raises(CentreError, match="cannot find event"):
        receivers.replay(centre, ADMINISTRATOR, "till", "evt_0")


# --- setting -----------------------------------------------------------------------------------


def test_what_is_wanted_later_begins_later(
    centre: Centre, receiver: Receiver, courier: Courier
) -> None:
    added(centre, receiver, EventType.AUDIT_HEAD)
    scribe = visits(3)
    stored(centre, scribe)
    courier.drain()
    receivers.change(centre, ADMINISTRATOR, "till", kinds=(EventType.PASSAGES,))
    assert courier.drain() == 0
    scribe.write(PassageKind.TAKEN, ticket=ticket_id(50), admits=1)
    stored(centre, scribe, first=4)
    courier.drain()
    assert [received.document["data"]["first"] for received in receiver.received] == [4]


def test_disabled_it_gets_nothing_and_then_all_or_only_what_is_new(
    centre: Centre, receiver: Receiver, courier: Courier
) -> None:
    added(centre, receiver, EventType.PASSAGES)
    receivers.disable(centre, ADMINISTRATOR, "till", "moves house")
    stored(centre, visits(1))
    courier.drain()
    assert receiver.received == []
    assert events_in(centre) == 1
    receivers.enable(centre, ADMINISTRATOR, "till", from_now=True)
    courier.drain()
    assert receiver.received == []
    stored(centre, visits(1, "gate-2"))
    courier.drain()
    assert [received.document["data"]["gate"] for received in receiver.received] == ["gate-2"]


def test_what_is_old_is_deleted(
    centre: Centre, receiver: Receiver, courier: Courier, clock: Clock
) -> None:
    added(centre, receiver, EventType.PASSAGES)
    stored(centre, visits(1))
    courier.drain()
    clock.turn(31 * 86_400_000)
    courier.rounds.tidy()
    assert events_in(centre) == 0
    assert log_of(centre) == []


# --- TLS and the thread ------------------------------------------------------------------------


def of_park(centre: Centre, host: str, tmp_path: Path) -> ssl.SSLContext:
    """A server's TLS with a certificate of the park's own authority."""
    key = Ed25519PrivateKey.generate()
    certificate = certificates.server(
        centre.unlock(),
        centre.config.park,
        host,
        key.public_key().public_bytes_raw(),
        datetime.now(UTC),
    )
    file = tmp_path / "server.pem"
    file.write_bytes(to_pem(key) + certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.mark.parametrize(
    ("host", "detail"), [("localhost", ""), ("elsewhere.example", "its certificate is not good")]
)
def test_a_certificate_of_the_parks_own_authority_is_believed_for_its_host_alone(
    centre: Centre, tmp_path: Path, host: str, detail: str
) -> None:
    authority = tmp_path / "ca.crt"
    authority.write_bytes(centre.authority())
    with Receiver(of_park(centre, host, tmp_path)) as receiver:
        added(centre, receiver)
        delivery = receivers.send_test(centre, ADMINISTRATOR, "till", Sender(authority))
    assert delivery.detail.startswith(detail)
    assert bool(delivery.detail) == bool(detail)


def test_the_thread_delivers_and_ends(centre: Centre, receiver: Receiver) -> None:
    secret = added(centre, receiver)
    stored(centre, visits(3))
    worker = WebhookWorker(centre)
    worker.start()
    try:
        receiver.wait_for(1)
        stored(centre, visits(3, "gate-2"))
        received = receiver.wait_for(2)
    finally:
        worker.stop()
    assert [each.verify(secret)["data"]["gate"] for each in received] == ["gate-1", "gate-2"]


def test_a_receiver_that_is_silent_does_not_hold_up_the_end(
    centre: Centre, receiver: Receiver, tmp_path: Path
) -> None:
    said: queue.Queue[bytes | None] = queue.Queue()

    def listening(handler: BaseHTTPRequestHandler) -> None:
        handler.connection.settimeout(LONGEST_S)
        try:
            said.put(handler.connection.recv(1))
        except TimeoutError:
            said.put(None)

    added(centre, receiver)
    receiver.behaviours = [listening]
    stored(centre, visits(1))
    worker = WebhookWorker(centre, Sender(tmp_path / "none", quiet_s=300.0, whole_s=300.0))
    worker.start()
    receiver.wait_for(1)
    worker.stop()
    assert said.get(timeout=LONGEST_S) == b"", "the sender has hung up"
    assert standing(centre).tries == 1


# --- the command -------------------------------------------------------------------------------


def test_the_command_adds_tests_lists_replays_and_removes(park: Centre, receiver: Receiver) -> None:
    folder = park.config.folder
    with (folder / "centre.toml").open("a") as settings:
        settings.write('\n[webhooks]\nhosts = ["LocalHost"]\n')

    def run(*words: str, status: int = 0) -> str:
        ran = CliRunner().invoke(build(), ["--data", str(folder), "webhook", *words])
        assert ran.exit_code == status, ran.output
        return str(ran.output)

    secret = run("add", "till", receiver.url, "--events", "passages,incident").splitlines()[0]
    assert secret.startswith("whsec_")
    assert "delivered to till: 204" in run("test", "till")
    receiver.received[0].verify(secret)
    listed = run("list")
    assert "incident.opened" in listed
    assert secret not in listed
    assert "webhook.test" in run("log", "till")
    assert "no such type" in run("add", "x", receiver.url, "--events", "visitors", status=1)
    assert run("set", "till", "--rotate", "--old-valid", "0h").strip() != secret
    assert "disabled" in run("set", "till", "--disable", "moves")
    assert "till is ok" in run("set", "till", "--enable", "--from-now")
    assert "pass --yes" in run("remove", "till", status=1)
    assert "removed" in run("remove", "till", "--yes")
    assert run("log", "till", status=1).startswith("fleet-manager: cannot find webhook 'till'")
