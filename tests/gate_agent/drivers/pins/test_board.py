"""Board pins, where lgpio is installed: its interface is what this module was written against."""

import inspect

import pytest

lgpio = pytest.importorskip("lgpio", reason="lgpio is installed on boards only")


def test_an_output_is_claimed_at_its_level() -> None:
    assert list(inspect.signature(lgpio.gpio_claim_output).parameters)[:3] == [
        "handle",
        "gpio",
        "level",
    ]


def test_a_machine_without_a_header_is_one_clear_error() -> None:
    from gate_agent.drivers.pins.factory import open_factory
    from gate_agent.errors import DriverFault

    with pytest.raises(DriverFault, match=r"^cannot (find|open) "):
        open_factory("lgpio")
