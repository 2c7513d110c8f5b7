"""The door over real HTTPS: a board that knows nothing but its token."""

import http.client
import os
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn

from fleet_manager.access.actor import computer_user
from fleet_manager.centre import Centre
from fleet_manager.door.app import MAX_REQUEST_BYTES, TRIES, TRIES_S, RateLimit
from fleet_manager.door.server import make_server
from fleet_manager.gates import gates
from fleet_manager.services.boards import enrolment
from gate_agent.config.site_file import read_site
from gate_agent.enrolment.door import DoorRefusal
from gate_agent.enrolment.enrol import DRAWN, enrol
from gate_agent.errors import ConfigError, GateError
from gate_agent.trust import identity
from gate_agent.validator.messages.enrolment import EnrolmentToken

pytestmark = pytest.mark.process


class Serving(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        self.listening.set()

    @property
    def port(self) -> int:
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port


@pytest.fixture
def port(park: Centre) -> Iterator[int]:
    """The port of a door that serves the park."""
    any_port = replace(park, config=replace(park.config, door_port=0))
    server = Serving(make_server(any_port, "127.0.0.1").config)
    thread = threading.Thread(target=server.run)
    thread.start()
    assert server.listening.wait(60)
    yield server.port
    server.should_exit = True
    thread.join()


def invite(park: Centre, port: int) -> EnrolmentToken:
    token = enrolment.invite(
        park, computer_user(), "north-3", "north", valid_ms=3_600_000, replaces=False
    )
    return replace(token, port=port)


def test_a_board_draws_its_keys_and_gets_the_rest(park: Centre, port: int, tmp_path: Path) -> None:
    token = invite(park, port)
    folder = tmp_path / "identity"
    enrol(token.to_text(), folder)
    enrolled = identity.load(folder)
    with park.store.read() as connection:
        assert gates.find_in_use(connection, "north-3").public == enrolled.public
    assert enrolled.link == park.unlock().link_secret("north-3", enrolled.public)
    assert identity.common_name(folder / identity.CERTIFICATE) == "north-3"
    site = read_site(folder)
    assert site is not None
    assert (site.park, site.gate, site.host) == ("west-lake", "north-3", "localhost")
    assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {"0o600"}
    assert not (folder / DRAWN).exists()


def test_a_board_that_lost_the_answer_asks_again_with_the_same_key(
    park: Centre, port: int, tmp_path: Path
) -> None:
    token = invite(park, port)
    folder = tmp_path / "identity"

    class Lost(Exception):
        pass

    def ask_and_lose(token: EnrolmentToken, request: object) -> object:
        from gate_agent.enrolment import door

        door.ask(token, request)  # type: ignore[arg-type]
        raise Lost

    with pytest.raises(Lost):
        enrol(token.to_text(), folder, ask_and_lose)  # type: ignore[arg-type]
    assert [path.name for path in folder.iterdir()] == [DRAWN]
    enrol(token.to_text(), folder)
    assert identity.load(folder).link is not None


def test_a_second_board_with_the_same_token_hears_that_it_was_used(
    park: Centre, port: int, tmp_path: Path
) -> None:
    token = invite(park, port)
    enrol(token.to_text(), tmp_path / "first")
    with pytest.raises(DoorRefusal, match="another board has used this token") as caught:
        enrol(token.to_text(), tmp_path / "second")
    assert "was stolen" in caught.value.hint
    assert not (tmp_path / "second" / identity.KEY).exists()


def test_another_centre_at_that_address_is_not_believed(
    park: Centre, port: int, tmp_path: Path
) -> None:
    token = replace(invite(park, port), fingerprint=os.urandom(16))
    with pytest.raises(GateError, match="another fingerprint than the token"):
        enrol(token.to_text(), tmp_path / "identity")
    with park.store.read() as connection:
        assert all(gate.id != "north-3" for gate in gates.every(connection))


def test_a_board_that_is_enrolled_is_not_enrolled_over(
    park: Centre, port: int, tmp_path: Path
) -> None:
    token = invite(park, port)
    enrol(token.to_text(), tmp_path)
    before = (tmp_path / identity.KEY).read_bytes()
    with pytest.raises(ConfigError, match="enrolled already, as north-3"):
        enrol(token.to_text(), tmp_path)
    assert (tmp_path / identity.KEY).read_bytes() == before


def test_a_door_that_is_not_there_is_said_with_its_address(park: Centre, tmp_path: Path) -> None:
    token = invite(park, 1)
    with pytest.raises(
        GateError, match=r"cannot reach the centre's door at localhost:1: "
    ) as error:
        enrol(token.to_text(), tmp_path)
    assert "fleet-manager-door" in error.value.hint


def _post(port: int, body: bytes) -> int:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=context)
    try:
        connection.request("POST", "/enrol", body)
        return connection.getresponse().status
    finally:
        connection.close()


def test_bytes_that_are_no_request_are_refused_and_too_many_wait(port: int) -> None:
    assert _post(port, b"x" * (MAX_REQUEST_BYTES + 1)) == 413
    statuses = [_post(port, b"{}") for _ in range(TRIES)]
    assert statuses == [400] * (TRIES - 1) + [429]


def test_the_limit_is_by_address_and_ends_after_a_minute() -> None:
    now_s = 0.0
    limit = RateLimit(lambda: now_s)
    assert [limit.allows("a") for _ in range(TRIES + 1)] == [True] * TRIES + [False]
    assert limit.allows("b")
    now_s = TRIES_S
    assert limit.allows("a")
