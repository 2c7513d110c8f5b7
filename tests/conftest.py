"""Every run of the tests is the same run; with `--board`, real hardware is tested as well."""

from pathlib import Path

import pytest
from hypothesis import settings

from gate_agent.config import load
from gate_agent.config.settings import GateSettings

settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--board",
        metavar="GATE_TOML",
        help="test the devices of this gate.toml; a person stands at them (-s), no daemon runs",
    )


@pytest.fixture
def board(request: pytest.FixtureRequest) -> GateSettings:
    """The gate that `--board` names."""
    path = request.config.getoption("--board")
    if path is None:
        pytest.skip("no --board GATE_TOML")
    return load.load(Path(path))
