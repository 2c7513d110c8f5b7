"""Build the devices that a gate's settings name, and the lanes that they serve."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from gate_agent.actor.unit import LaneUnit
from gate_agent.config.settings import CameraSettings, GateSettings, LaneSettings
from gate_agent.drivers.arms.build import Arms, patience_ms
from gate_agent.drivers.displays.build import feedback
from gate_agent.lane.state import Lane
from gate_agent.ports import Device
from gate_agent.validator.decide import LaneRules

if TYPE_CHECKING:
    from gpiozero import Factory

    from gate_agent.drivers.camera.camera import Frames
    from gate_agent.page.page import Page

MakeFrames = Callable[[CameraSettings], "Frames"]


class BoardDevices:
    """`every`: all devices, in the order in which they start. `units`: the lanes with their parts.

    `factory`, `frames` and `lines` replace pins, cameras and relays' lines where there is no
    hardware. Raises DriverFault if a pin cannot be opened.
    """

    def __init__(
        self,
        settings: GateSettings,
        page: "Page | None",
        *,
        factory: "Factory | None" = None,
        frames: MakeFrames | None = None,
        lines: str | None = None,
    ) -> None:
        self._settings = settings
        self._page = page
        self._factory = factory
        self._frames = frames
        alone = settings.pins == "mock" and factory is None
        self._arms = Arms(settings, self._pins, lines, alone=alone)
        self.every: list[Device] = []
        inputs = self._arms.inputs()
        if inputs is not None:
            self.every.append(inputs)
        if page is not None:
            self.every.append(page)
        self.units = [self._unit(lane) for lane in settings.lanes]

    def _unit(self, settings: LaneSettings) -> LaneUnit:
        displays = list(feedback(settings, self._settings.data, self._pins))
        arm = self._arms.make(settings)
        if arm is not None:
            self.every.append(arm)
        if self._page is not None:
            displays.append(self._page.display(settings.number))
        self._add_readers(settings)
        self.every.extend(displays)
        claim_ms = self._settings.broker.claim_ms
        lane = Lane(
            settings.number,
            settings.direction,
            arm is not None,
            claim_ms=claim_ms,
            # Where nobody can be asked, the scan of a team lets all of it in.
            asks_persons=arm is None and self._page is not None,
        )
        if settings.arm is not None:
            lane = replace(lane, release_ms=patience_ms(settings.arm))
        rules = LaneRules(settings.direction, settings.zone, self._settings.time_zone)
        # Staff type what a handheld does not read; visitors at an arm are sent to another lane.
        parts = {"scanner": settings.scanner, "camera": settings.camera}
        readers = frozenset(f"{name} {lane.number}" for name, part in parts.items() if part and arm)
        return LaneUnit(lane, rules, arm, tuple(displays), readers=readers)

    def _add_readers(self, settings: LaneSettings) -> None:
        """Add scanner and camera. What a lane does not have is not loaded: a gate has 40 MiB."""
        if settings.scanner is not None:
            from gate_agent.drivers.scanners.build import scanner_of

            self.every.append(scanner_of(settings.number, settings.scanner))
        if settings.camera is not None:
            from gate_agent.drivers.camera.camera import Camera, V4l2Frames

            source = (self._frames or V4l2Frames)(settings.camera)
            self.every.append(Camera(settings.number, settings.camera, source))

    def _pins(self) -> "Factory":
        """Return the board's pins, opened when the first device asks for them."""
        if self._factory is None:
            from gate_agent.drivers.pins.factory import open_factory

            self._factory = open_factory(self._settings.pins)
        return self._factory
