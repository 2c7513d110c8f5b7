"""Cameras are looked through, and a person shows a code."""

import random
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from gate_agent.checks import camera
from gate_agent.checks.row import CheckRow, CheckState
from gate_agent.config.settings import CameraSettings, GateSettings
from gate_agent.drivers.camera.sight import look
from gate_agent.errors import DriverFault
from gate_agent.signs import Words
from hardware_sim.devices.phone import Frame, Look, empty_scene, picture
from tests.gate_agent.checks.conftest import Technician, visit

CODE = b"SECRET CODE"


@dataclass
class Scene:
    """Implements Frames: what lies in front of the camera."""

    frame: Frame
    closed: int = 0

    def open(self) -> None: ...

    def read(self) -> NDArray[np.uint8]:
        return self.frame

    def close(self) -> None:
        self.closed += 1


@dataclass
class Shower(Technician):
    """Shows a picture when told to."""

    scene: Scene | None = None
    frame: Frame | None = None

    def instruct(self, what: Words) -> None:
        super().instruct(what)
        assert self.scene is not None
        assert self.frame is not None
        self.scene.frame = self.frame


def only(settings: GateSettings, scene: Scene | None, **options: object) -> CheckRow:
    lane = replace(settings.lanes[0], camera=CameraSettings("/dev/nothing"))
    park = visit(replace(settings, lanes=(lane,)), **options)
    (row,) = camera.check_cameras(park, None if scene is None else lambda _: scene)
    return row


def empty(level: float = 1.0) -> Frame:
    frame = empty_scene(Look(noise=6.0), random.Random(1))
    return np.asarray(np.clip(frame * level, 0, 255), dtype=np.uint8)


def test_nobody_is_asked(settings: GateSettings) -> None:
    scene = Scene(empty())
    row = only(settings, scene)
    assert row.state is CheckState.PASS
    assert row.text.en.startswith("640 × 480, ")
    assert "frames a second, brightness 9" in row.text.en
    assert scene.closed == 1


def test_a_code_is_shown_and_not_told(settings: GateSettings) -> None:
    scene = Scene(empty())
    person = Shower(scene=scene, frame=picture(CODE, Look(noise=6.0), random.Random(2)))
    row = only(settings, scene, person=person)
    assert row.state is CheckState.PASS
    assert "a code of 11 bytes in " in row.text.en
    assert "SECRET" not in f"{row}"
    assert person.asked[0].en == "show any code to lane 1's camera"


def test_nothing_is_shown(settings: GateSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "SHOW_S", 0.1)
    scene = Scene(empty())
    row = only(settings, scene, person=Shower(scene=scene, frame=empty()))
    assert (row.state, "a third" in row.hint.en) == (CheckState.FAIL, True)


@pytest.mark.parametrize(
    ("frame", "hint"),
    [
        (empty(0.2), "too dark"),
        (empty(3.0), "blown out"),
        (np.full((480, 640, 3), 120, dtype=np.uint8), "nothing sharp"),
    ],
)
def test_what_is_wrong_with_the_picture(settings: GateSettings, frame: Frame, hint: str) -> None:
    row = only(settings, Scene(frame))
    assert (row.state, row.hint.en.startswith(hint)) == (CheckState.NOTE, True)


def test_a_fault_of_the_picture_is_told_beside_a_code(settings: GateSettings) -> None:
    scene = Scene(empty(0.2))
    shown = picture(CODE, Look(paper=60, ink=5, noise=3.0), random.Random(3))
    row = only(settings, scene, person=Shower(scene=scene, frame=shown))
    assert (row.state, row.hint.en.startswith("too dark")) == (CheckState.NOTE, True)


def test_not_plugged_in(settings: GateSettings) -> None:
    row = only(settings, None)
    assert (row.state, "by-path" in row.hint.en) == (CheckState.FAIL, True)
    assert row.text.en.startswith("cannot open /dev/nothing")


def test_pulled_out_in_the_middle(settings: GateSettings) -> None:
    class Gone(Scene):
        def read(self) -> NDArray[np.uint8]:
            raise DriverFault("cannot read the test's camera: gone")

    scene = Gone(empty())
    assert only(settings, scene).text.en == "cannot read the test's camera: gone"
    assert scene.closed == 1


def test_the_daemon_has_it(settings: GateSettings) -> None:
    assert "守护进程" in only(settings, None, status={"pid": 7, "faults": {}}).text.zh


def test_a_lane_without_a_camera(settings: GateSettings) -> None:
    assert list(camera.check_cameras(visit(settings))) == []


def test_a_picture_that_is_none() -> None:
    sight = look(Scene(np.zeros((0, 0, 3), dtype=np.uint8)))
    assert (sight.width, sight.level, sight.sharpness) == (0, 0.0, 0.0)
