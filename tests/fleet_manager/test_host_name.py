"""What may be the host of a broker, wherever a host is taken."""

from pathlib import Path

import pytest

from fleet_manager import config
from fleet_manager.access.actor import computer_user
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreConfigError, CentreError
from fleet_manager.host_name import is_host
from fleet_manager.services.park import write_broker_files

GOOD = ["centre", "centre.example", "a_b.example.", "192.168.1.10", "fd00::10", "::1", "7.centre"]
BAD = {
    "mqtt://centre": "leave mqtt:// out",
    "centre:8883": "leave the port out",
    "[::1]": "without [ ]",
    "[::1]:8883": "without [ ]",
    " centre": "leave the blanks out",
    "a b": "leave the blanks out",
    "centre/x": "leave the path out",
    "bü.example": "xn--",
    "300.1.1.1": "",
    "192.168.1": "",
    "fe80::1%eth0": "",
    "-a": "",
    "a..b": "",
    "a" * 64: "",
    ".": "",
}


@pytest.mark.parametrize("host", GOOD)
def test_names_and_addresses_are_hosts(park: Centre, tmp_path: Path, host: str) -> None:
    assert is_host(host)
    assert write_broker_files(park, computer_user(), host, tmp_path / "broker")


@pytest.mark.parametrize("host", BAD)
def test_what_is_more_than_a_host_is_refused_with_what_to_do(
    park: Centre, tmp_path: Path, host: str
) -> None:
    with pytest.raises(CentreError, match="host name or an address alone") as asked:
        write_broker_files(park, computer_user(), host, tmp_path / "broker")
    assert BAD[host] in asked.value.hint
    assert not (tmp_path / "broker").exists()
    settings: dict[str, object] = {"park": "p", "time_zone": "UTC", "broker": {"host": host}}
    with pytest.raises(CentreConfigError, match=r"broker\.host: must be") as read:
        config.parse(Path("/x/centre.toml"), settings)
    assert BAD[host] in read.value.hint
