"""The broker's configuration and the process that runs it."""

from pathlib import Path

import pytest

from fleet_manager.centre import Centre
from hardware_sim.broker import Broker, BrokerError, BrokerFiles, find_mosquitto, render
from tests.fleet_manager.conftest import broker, park  # noqa: F401 - fixtures

pytestmark = pytest.mark.process


def test_only_settings_that_are_there_are_changed() -> None:
    assert render("# x\nlistener 8883\nother yes\n", {"listener": "1"}) == (
        "# x\nlistener 1\nother yes\n"
    )
    with pytest.raises(KeyError, match="lisner"):
        render("listener 1\n", {"lisner": "1"})


def test_it_starts_stops_and_is_killed(broker: Broker) -> None:  # noqa: F811
    port = broker.port
    for end in (broker.stop, broker.kill):
        end()
        end()
        states = [broker.running]
        broker.start()
        states.append(broker.running)
        assert states == [False, True]
        assert broker.port == port


def test_what_it_says_is_in_the_error(tmp_path: Path) -> None:
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    nothing = tmp_path / "nothing"
    with pytest.raises(BrokerError, match=r"(?i)unable to load"):
        Broker(tmp_path, BrokerFiles(nothing, nothing, nothing)).start()


def test_two_brokers_do_not_share_a_port(
    broker: Broker,  # noqa: F811
    park: Centre,  # noqa: F811
    tmp_path: Path,
) -> None:
    files = BrokerFiles(*(tmp_path / "broker" / n for n in ("ca.crt", "broker.crt", "broker.key")))
    with pytest.raises(BrokerError, match="in use"):
        Broker(tmp_path / "second", files, port=broker.port).start()
