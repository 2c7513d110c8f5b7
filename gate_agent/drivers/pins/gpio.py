"""gpiozero, without what it loads and a gate never uses: how it finds pins by itself (we tell it)
and smoothing (for other sensors). 3 MiB."""

from gate_agent.import_stub import stub_import

with (
    stub_import("importlib.metadata", "entry_points"),
    stub_import("statistics", "mean", "median"),
):
    from gpiozero import DigitalInputDevice, OutputDevice
    from gpiozero.exc import GPIOZeroError
    from gpiozero.pins import Factory

__all__ = ["DigitalInputDevice", "Factory", "GPIOZeroError", "OutputDevice"]
