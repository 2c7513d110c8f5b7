"""gpiozero, without what it loads and a gate never uses: how it finds pins by itself (we tell it)
and smoothing (for other sensors). 3 MiB."""

from gate_agent.import_stub import without

with (
    without("importlib.metadata", "entry_points"),
    without("statistics", "mean", "median"),
):
    from gpiozero import DigitalInputDevice, OutputDevice
    from gpiozero.exc import GPIOZeroError
    from gpiozero.pins import Factory

__all__ = ["DigitalInputDevice", "Factory", "GPIOZeroError", "OutputDevice"]
