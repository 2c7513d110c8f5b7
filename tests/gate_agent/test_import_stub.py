"""A library without a part of it."""

import subprocess
import sys

SCRIPT = """
import sys
from gate_agent.import_stub import stub_import
with stub_import("urllib.request"):
    import urllib.request
    assert not hasattr(urllib.request, "urlopen")
assert "urllib.request" not in sys.modules
import urllib.request
assert hasattr(urllib.request, "urlopen")
with stub_import("urllib.request"):
    import urllib.request
    assert hasattr(urllib.request, "urlopen")
"""
LINK = """
import sys
import gate_agent.uplink.mqtt
assert "paho.mqtt.client" in sys.modules
assert "http.client" not in sys.modules and "email" not in sys.modules
from paho.mqtt.client import Client, CallbackAPIVersion
assert Client(CallbackAPIVersion.VERSION2)._get_proxy() is None
"""


PINS = """
import sys
import gate_agent.drivers.displays.lamps, gate_agent.drivers.arms.relay
import gate_agent.drivers.pins.contact_pins
from gate_agent.drivers.pins.factory import open_factory
open_factory("mock").close()
assert "gpiozero" in sys.modules
loaded = {"importlib.metadata", "statistics", "email", "zipfile"} & set(sys.modules)
assert not loaded, loaded
import statistics, importlib.metadata
assert statistics.median([1, 2, 3]) == 2 and importlib.metadata.version("gpiozero")
"""


def run(script: str) -> None:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_it_is_missing_only_meanwhile_and_only_if_it_was_before() -> None:
    run(SCRIPT)


def test_pins_load_no_packaging_and_no_statistics() -> None:
    run(PINS)


def test_the_link_loads_no_http() -> None:
    run(LINK)
