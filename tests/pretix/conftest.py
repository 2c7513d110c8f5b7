"""The organizer's shop of a pretix: the simulated one, and the real one where it is installed.

The real one lives in an environment of its own; `./run test-pretix` makes it and names it here.
"""

import json
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, cast
from zlib import crc32

import pytest

from hardware_sim.pretix.server import SimPretixServer
from tests.fleet_manager import conftest as centre_fixtures

park = centre_fixtures.park

ENVIRONMENT = "SCENIC_GATE_PRETIX"
"""The folder that `./run test-pretix` made: the environment `venv`, and `data` for its database."""


class Shop(Protocol):
    """What an organizer can do, simulated or real."""

    url: str

    def open_event(self, slug: str, signed: bool) -> dict[str, Any]: ...
    def sell(
        self, slug: str, item: int, count: int, status: str, hours: int | None
    ) -> list[dict[str, Any]]: ...
    def cancel(self, order: str) -> dict[str, Any]: ...
    def block(self, position: int, blocked: bool) -> dict[str, Any]: ...
    def renew(self, position: int) -> dict[str, Any]: ...
    def checkins(self, position: int) -> list[dict[str, Any]]: ...
    def public_key(self, slug: str) -> dict[str, Any]: ...


class RealShop:
    """Speaks to shop.py, which runs inside pretix."""

    def __init__(self, folder: Path) -> None:
        script = Path(__file__).with_name("shop.py")
        self._errors = (folder / "shop.log").open("a", encoding="utf-8")
        self._process = subprocess.Popen(
            [folder / "venv" / "bin" / "python", script, "0"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, "PRETIX_CONFIG_FILE": str(folder / "pretix.cfg")},
        )
        self.url = f"http://localhost:{self._read()['port']}"

    def close(self) -> None:
        self._process.communicate(timeout=300)
        self._errors.close()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"pretix stopped: see {self._errors.name}"
        return json.loads(line)

    def __getattr__(self, deed: str) -> Any:
        def do(*values: Any, **named: Any) -> Any:
            assert self._process.stdin is not None
            names = _PARAMETERS[deed]
            asked = {"do": deed, **dict(zip(names, values, strict=False)), **named}
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            return self._read()

        if deed not in _PARAMETERS:
            raise AttributeError(deed)
        return do


_PARAMETERS = {
    "open_event": ("slug", "signed"),
    "sell": ("slug", "item", "count", "status", "hours"),
    "cancel": ("order",),
    "block": ("position", "blocked"),
    "renew": ("position",),
    "checkins": ("position",),
    "public_key": ("slug",),
}


@pytest.fixture(scope="session", params=["simulated", "real"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A pretix with an organizer."""
    if request.param == "simulated":
        sim = SimPretixServer(random.Random(1))
        yield sim
        sim.close()
        return
    folder = os.environ.get(ENVIRONMENT)
    if folder is None:
        pytest.skip("the real pretix is for ./run test-pretix")
    real = RealShop(Path(folder))
    yield cast(Shop, real)
    real.close()


@pytest.fixture
def slug(request: pytest.FixtureRequest) -> str:
    """A name for an event that no other test and no earlier run uses."""
    return f"e{os.getpid()}-{crc32(request.node.nodeid.encode()) % 1_000_000}"
