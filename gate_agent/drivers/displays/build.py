"""The displays of one lane: lamps, buzzer, voice, small display, each loaded only where gate.toml
names it."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gate_agent.config.settings import RECORDINGS, LaneSettings
from gate_agent.ports import Display

if TYPE_CHECKING:
    from gpiozero import Factory


def feedback(lane: LaneSettings, data: Path, pins: "Callable[[], Factory]") -> Iterator[Display]:
    """Yield lamps, buzzer, voice and display of `lane`, not started. `data`: the gate's data
    folder. `pins` opens the board's pins, or returns those that are open."""
    if lane.lamps is not None:
        from gate_agent.drivers.displays.lamps import Lamps

        yield Lamps(lane.number, lane.lamps, pins())
    if lane.buzzer is not None:
        from gate_agent.drivers.displays.buzzer import Buzzer

        yield Buzzer(lane.number, lane.buzzer, pins())
    if lane.voice is not None:
        from gate_agent.drivers.displays.voice import Voice

        yield Voice(lane.number, lane.voice, data / RECORDINGS)
    if lane.display is not None:
        from gate_agent.drivers.displays.luma_device import open_luma
        from gate_agent.drivers.displays.small_display import SmallDisplay

        yield SmallDisplay(lane.number, lane.display, partial(open_luma, factory=pins))
