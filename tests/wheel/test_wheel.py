"""What somebody gets who installs our wheel without our lock.

Each extra in a clean environment, in the newest and in the oldest versions that pyproject.toml
allows; and a gate and a centre that talk to each other, run from outside of the source tree.
"""

import json
import subprocess
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep

import pytest

from hardware_sim.broker import Broker, BrokerFiles, find_mosquitto
from hardware_sim.devices.scanner import SimScanner
from tests.wheel import environments
from tests.wheel.environments import NEWEST, OLDEST, ROOT, Environment, modules_of

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
MORE_THAN_A_GATE = ("drivers.camera", "drivers.displays", "drivers.pins.board")
"""Parts of the gate that want an extra of their own; the last one a board's own library."""
GATE_MODULES = tuple(
    name
    for name in modules_of("gate_agent")
    if not name.startswith(tuple(f"gate_agent.{part}" for part in MORE_THAN_A_GATE))
)
CENTRE_MODULES = tuple(name for name in modules_of("fleet_manager") if ".migrations." not in name)
NEEDS = {
    "gate": (*GATE_MODULES, "serial", "gpiozero"),
    "board": (*GATE_MODULES, "gpiozero"),
    "camera": modules_of("gate_agent.drivers.camera"),
    "display": ("gate_agent.drivers.displays.luma_device", "gate_agent.drivers.displays.panel"),
    "manager": CENTRE_MODULES,
    "postgresql": (*CENTRE_MODULES, "psycopg"),
    "reports": (*CENTRE_MODULES, "reportlab.platypus"),
    "sim": ("hardware_sim.demo.story", "hardware_sim.park.run", "hardware_sim.live.stage"),
}
"""What must be there with each extra."""
NOT_HERE = {
    "systemd": "source only: it is built by ./run, and tested with the daemon",
    "dev": "for the source tree",
}
MISSING = {
    ("gate-agent", "run"): "scenic-gate[gate]",
    ("gate-agent", "inspect"): "scenic-gate[gate]",
    ("fleet-manager", "init", "--park", "a", "--time-zone", "Asia/Shanghai"): "[manager]",
    ("hardware-sim", "demo"): "scenic-gate[sim]",
}
LONGEST_S = 60.0


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environments.build(tmp_path_factory.mktemp("wheel"))


def installed(wheel: Path, folder: Path, extra: str, resolution: str) -> Environment:
    environment = Environment(folder / f"{extra or 'bare'}-{resolution}")
    environment.install(wheel, extra, resolution)
    return environment


def test_a_wheel_puts_nothing_else_at_the_top_of_site_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"gate_agent", "fleet_manager", "hardware_sim"}


def test_a_wheel_holds_every_file_of_its_packages(wheel: Path) -> None:
    files = {
        str(file.relative_to(ROOT))
        for package in environments.PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    firmware = {name for name in files if name.startswith("firmware_config/")}
    expected = files - firmware | {f"gate_agent/{name}" for name in firmware}
    with zipfile.ZipFile(wheel) as archive:
        assert not expected - set(archive.namelist())


def test_every_extra_is_tried() -> None:
    assert set(PROJECT["optional-dependencies"]) == set(NEEDS) | set(NOT_HERE)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("resolution", [NEWEST, OLDEST])
@pytest.mark.parametrize("extra", NEEDS)
def test_an_extra_brings_what_its_part_needs(
    wheel: Path, tmp_path: Path, extra: str, resolution: str
) -> None:
    environment = installed(wheel, tmp_path, extra, resolution)
    assert environment.imports(NEEDS[extra]) == {}


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize(("python", "has_wheel"), [("3.11", True), ("3.13", False)])
def test_the_library_of_the_pins_comes_to_a_64_bit_arm_board_that_has_a_wheel(
    tmp_path: Path, python: str, has_wheel: bool
) -> None:
    """Debian 13 has no wheel: there the distribution brings it (python3-lgpio)."""
    names = environments.resolve_for_arm("board", python, tmp_path)
    assert {"gpiozero", "paho-mqtt"} <= names
    assert ("lgpio" in names) is has_wheel


@pytest.mark.slow
@pytest.mark.process
def test_without_an_extra_each_command_says_which_one_to_install(
    wheel: Path, tmp_path: Path
) -> None:
    environment = installed(wheel, tmp_path, "", NEWEST)
    for name in PROJECT["scripts"]:
        assert "Usage" in environment.run(name, "--help")
        assert PROJECT["version"] in environment.run(name, "--version")
    data = ("--data", str(tmp_path / "data"))
    for words, hint in MISSING.items():
        more = data if words[0] == "fleet-manager" else ()
        assert hint in environment.run(*words, *more, status=1)


# --- a gate and a centre ------------------------------------------------------------------------


def wait(holds: Callable[[], object], what: str) -> None:
    """Ask again and again; other processes do the work. Raises AssertionError."""
    end = monotonic() + LONGEST_S
    while not holds():
        assert monotonic() < end, f"in vain: {what}"
        sleep(0.1)


@pytest.fixture(params=[NEWEST, OLDEST])
def both(request: pytest.FixtureRequest, wheel: Path, tmp_path: Path) -> Environment:
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    return installed(wheel, tmp_path, "gate,manager", request.param)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    with ExitStack() as stack:

        def start(environment: Environment, *words: str) -> subprocess.Popen[bytes]:
            log = stack.enter_context((tmp_path / f"{words[0]}.log").open("wb"))
            process = subprocess.Popen(
                [environment.script(words[0]), *words[1:]],
                cwd=environment.elsewhere,
                env=environment.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            stack.callback(process.wait, LONGEST_S)
            stack.callback(process.terminate)
            return process

        yield start


GATE = """\
[gate]
park = "west-lake"
id = "hand-1"
time_zone = "Asia/Shanghai"
data = "{data}"
identity = "{identity}"
pins = "mock"
clock = "host"

[broker]
host = "localhost"
port = {port}

[[lane]]
number = 1

[lane.scanner]
port = "{scanner}"
"""


@pytest.mark.slow
@pytest.mark.process
def test_a_ticket_sold_at_an_installed_centre_is_taken_at_an_installed_gate(
    both: Environment, tmp_path: Path, running: Callable[..., subprocess.Popen[bytes]]
) -> None:
    data, tls, identity = tmp_path / "centre", tmp_path / "tls", tmp_path / "identity"

    def centre(*words: str) -> str:
        return both.run("fleet-manager", "--data", str(data), *words)

    centre("init", "--park", "west-lake", "--time-zone", "Asia/Shanghai")
    centre("station", "add", "north")
    centre("product", "add", "day")
    sold = json.loads(centre("ticket", "issue", "--product", "day", "--json"))
    centre("gate", "add", "hand-1", "--station", "north", "--out", str(identity))
    centre("broker-cert", "--host", "localhost", "--out", str(tls))
    files = BrokerFiles(tls / "ca.crt", tls / "broker.crt", tls / "broker.key")
    with Broker(tmp_path / "mosquitto", files) as broker, SimScanner(tmp_path / "tty") as scanner:
        settings = data / "centre.toml"
        text = settings.read_text("utf-8").replace("port = 8883", f"port = {broker.port}")
        settings.write_text(text, "utf-8")
        (tmp_path / "gate.toml").write_text(
            GATE.format(
                data=tmp_path / "gate", identity=identity, port=broker.port, scanner=scanner.path
            ),
            "utf-8",
        )
        running(both, "fleet-manager", "--data", str(data), "serve", "--no-web")
        running(both, "gate-agent", "run", "--config", str(tmp_path / "gate.toml"))

        def has_list() -> bool:
            gate = json.loads(centre("gate", "list", "--json"))
            return bool((gate["lists"] or {}).get("main")) and not gate["state"]["faults"]

        wait(has_list, "the gate has a list and no fault")
        scanner.present(sold["code"].encode())

        def entries() -> int:
            return int(json.loads(centre("counts", "--json"))["total"]["entries"])

        wait(lambda: entries() == 1, "the centre counts one entry")
        assert "refused" not in centre("incidents")
