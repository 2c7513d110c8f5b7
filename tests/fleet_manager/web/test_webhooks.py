"""The page of webhooks: a receiver is added, tried out, read about, changed and removed."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from fleet_manager.access.actor import Role
from fleet_manager.centre import Centre
from fleet_manager.web.app import Console
from fleet_manager.web.server import make_console
from tests.fleet_manager.conftest import furnish_gates
from tests.fleet_manager.events.receiver import Receiver, answering
from tests.fleet_manager.web.conftest import Entering

PAGE = "/people/webhooks"


@pytest.fixture
def console(park: Centre) -> Iterator[Console]:
    """The console of a park whose receivers may be on this machine."""
    furnish_gates(park.store)
    config = replace(park.config, webhook_hosts=frozenset({"localhost"}))
    console = make_console(replace(park, config=config))
    yield console
    console.feed.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


def test_a_receiver_is_added_tested_replayed_and_removed(
    entering: Entering, receiver: Receiver
) -> None:
    client = entering(Role.ADMINISTRATOR)
    assert "There are no receivers yet" in client.get(PAGE).words
    once = client.post(f"{PAGE}/add", name="Till", url=receiver.url, event="audit.head")
    assert once.status == 200
    secret = next(word for word in once.words.split() if word.startswith("whsec_"))
    client.get(f"{PAGE}?name=till")
    tested = client.post(f"{PAGE}/test", name="till")
    assert (tested.status, tested.location) == (303, f"{PAGE}?name=till")
    assert receiver.received[0].verify(secret)["type"] == "webhook.test"
    page = client.get(f"{PAGE}?name=till")
    assert "till has taken it" in page.words
    assert "webhook.test" in page.words
    assert secret not in page.html
    receiver.behaviours = [answering(500)]
    failed = client.post(f"{PAGE}/test", name="till")
    assert failed.status == 422
    assert "cannot deliver to till: it answered 500" in failed.words
    assert "cannot find event" in client.post(f"{PAGE}/replay", name="till", event="evt_0").words
    rotated = client.post(f"{PAGE}/rotate", name="till", hours="1")
    assert "whsec_" in rotated.words
    assert secret not in rotated.words
    assert client.post(f"{PAGE}/set", name="till", url=receiver.url + "2").status == 303
    assert client.post(f"{PAGE}/disable", name="till", reason="moves").status == 303
    assert "disabled" in client.get(f"{PAGE}?name=till").words
    assert client.post(f"{PAGE}/enable", name="till", from_now="yes").status == 303
    assert client.post(f"{PAGE}/remove", name="till").status == 303
    assert "till is removed" in client.get(PAGE).words


def test_what_is_wrong_is_said_on_the_page_in_the_readers_language(entering: Entering) -> None:
    client = entering(Role.ADMINISTRATOR, language="zh")
    client.get(PAGE)
    refused = client.post(f"{PAGE}/add", name="till", url="http://evil.example/x")
    assert refused.status == 422
    assert "evil.example 不是允许的主机" in refused.words
    assert 'value="http://evil.example/x"' in refused.html
    for fields in (
        {"name": "a b", "url": "http://localhost/"},
        {"name": "till", "url": "nonsense"},
        {"name": "till", "url": "http://localhost/", "event": "visitors"},
    ):
        assert client.post(f"{PAGE}/add", fields).status == 422
    for act in ("test", "enable", "disable", "rotate", "remove", "set", "replay"):
        page = client.post(f"{PAGE}/{act}", name="nobody")
        assert page.status == 422, act
        assert "没有接收方 nobody" in page.words, act


def test_an_auditor_reads_and_changes_nothing(entering: Entering, receiver: Receiver) -> None:
    entering(Role.ADMINISTRATOR).post(f"{PAGE}/add", name="till", url=receiver.url)
    auditor = entering(Role.AUDITOR)
    page = auditor.get(f"{PAGE}?name=till")
    assert page.status == 200
    assert "<button" not in page.html.split("<main", 1)[1]
    assert auditor.post(f"{PAGE}/test", name="till").status == 403
    assert receiver.received == []
