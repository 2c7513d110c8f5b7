"""Camera: real frames with real codes through the real decoder."""

import random
from collections import deque
from pathlib import Path
from threading import Condition

import numpy as np
from numpy.typing import NDArray

from gate_agent.config.settings import CameraSettings
from gate_agent.drivers.camera.camera import Camera
from gate_agent.drivers.camera.presentations import AWAY_MS
from gate_agent.drivers.camera.reader import TURNS
from gate_agent.errors import DriverFault
from gate_agent.events import Faulted, Recovered, Scanned
from hardware_sim.devices.phone import Look, easy_look, empty_scene, picture
from tests.gate_agent.drivers.collected import Collected

SETTINGS = CameraSettings(device="/dev/video-of-no-camera")
CODE, OTHER = b"SG1:" + b"A1$" * 40, b"SG1:" + b"B2%" * 40
Frame = NDArray[np.uint8]


class Fed:
    """Frames handed over one by one; None stands for a pulled cable."""

    def __init__(self) -> None:
        self.opened = 0
        self._frames: deque[Frame | None] = deque()
        self._changed = Condition()

    def feed(self, *frames: Frame | None) -> None:
        with self._changed:
            self._frames.extend(frames)
            self._changed.notify_all()

    def open(self) -> None:
        self.opened += 1

    def read(self) -> Frame:
        with self._changed:
            if not self._changed.wait_for(lambda: self._frames, 1.0):
                raise DriverFault("cannot read the test's camera: nothing fed")
            frame = self._frames.popleft()
            if frame is None:
                raise DriverFault("cannot read the test's camera: unplugged")
            return frame

    def close(self) -> None:
        pass


def _camera() -> Camera:
    return Camera(1, SETTINGS, Fed())


def test_a_code_held_in_moving_hands_is_one_presentation() -> None:
    rng = random.Random(21)
    camera = _camera()
    told = [camera.look(empty_scene(Look(), rng), 0)]
    told += [camera.look(picture(CODE, easy_look(rng), rng), 100 + 66 * i) for i in range(30)]
    assert [code for codes in told for code in codes] == [CODE]


def test_absence_and_another_code_begin_a_new_presentation() -> None:
    rng = random.Random(22)
    camera = _camera()
    shown = [
        (0, picture(CODE, Look(), rng)),
        (500, picture(OTHER, Look(), rng)),
        (1000, empty_scene(Look(), rng)),
        (1000 + 3 * AWAY_MS, picture(CODE, Look(), rng)),
    ]
    assert [camera.look(frame, now_ms) for now_ms, frame in shown] == [[CODE], [OTHER], [], [CODE]]


def test_a_code_that_lies_still_is_in_view_for_ever() -> None:
    rng = random.Random(23)
    camera = _camera()
    frame = picture(CODE, Look(), rng)
    assert camera.look(frame, 0) == [CODE]
    assert all(camera.look(frame, now_ms) == [] for now_ms in range(500, 20_000, 500))
    assert camera.look(picture(CODE, Look(turn_deg=5), rng), 20_000) == []


def test_a_still_scene_is_looked_at_for_a_while_and_then_no_more() -> None:
    rng = random.Random(24)
    camera = _camera()
    empty = empty_scene(Look(), rng)
    for i in range(TURNS + 1):
        camera.look(empty, 10_000 + i)
    assert not camera._reader.busy


def test_a_dark_mode_phone_in_moving_hands_is_read_in_time() -> None:
    rng = random.Random(25)
    camera = _camera()
    looks = [Look(dark=True, module_px=5, turn_deg=rng.uniform(-9, 9)) for _ in range(16)]
    told = [camera.look(picture(CODE, look, rng), 66 * i) for i, look in enumerate(looks)]
    assert [code for codes in told for code in codes] == [CODE]


def test_any_frame_is_looked_at() -> None:
    camera = _camera()
    for shape in ((1, 1), (3, 4000), (480, 640), (2, 2, 3), (5, 5, 4), (4, 4, 2), (0, 0)):
        assert camera.look(np.zeros(shape, dtype=np.uint8), 0) == []


def test_unplugged_and_back() -> None:
    rng = random.Random(26)
    frames, inbox = Fed(), Collected()
    camera = Camera(1, SETTINGS, frames)
    camera.start(inbox.put)
    frames.feed(picture(CODE, Look(), rng))
    inbox.wait_for(Scanned(1, CODE))
    frames.feed(None, None, picture(OTHER, Look(), rng))
    inbox.wait(lambda events: Scanned(1, OTHER) in events)
    camera.stop()
    camera.stop()
    kinds = [type(event) for event in inbox.events[:4]]
    assert kinds == [Scanned, Faulted, Recovered, Scanned]
    assert inbox.events[2] == Recovered("camera 1")
    assert frames.opened == 3


def test_a_camera_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    inbox = Collected()
    camera = Camera(2, CameraSettings(device=str(tmp_path / "video")))
    camera.start(inbox.put)
    (fault,) = inbox.wait(bool)
    camera.stop()
    assert isinstance(fault, Faulted)
    assert fault.device == "camera 2"
    assert fault.text.startswith("cannot open ")
