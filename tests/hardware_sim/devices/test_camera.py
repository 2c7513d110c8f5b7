"""Frames over a socket, and the gate's camera driver at the near end."""

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from gate_agent.config.settings import CameraSettings
from gate_agent.drivers.camera.camera import Camera
from gate_agent.errors import DriverFault
from gate_agent.events import Faulted, Recovered, Scanned
from hardware_sim.devices.camera import CameraScene, SocketFrames
from hardware_sim.devices.phone import Look, empty_scene, picture
from tests.gate_agent.drivers.collected import PATIENCE_S, Collected

CODE, OTHER = b"SG1:" + b"A1$" * 40, b"SG1:" + b"B2%" * 40


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "camera"


@pytest.fixture
def scene(path: Path) -> Iterator[CameraScene]:
    scene = CameraScene(path, fps=50, quality=0)
    scene.start()
    yield scene
    scene.stop()
    scene.stop()


def test_frames_arrive_as_they_were_shown(scene: CameraScene, path: Path) -> None:
    frames = SocketFrames(path)
    frames.open()
    rng = random.Random(1)
    for _ in range(3):
        frame = empty_scene(Look(noise=9), rng)
        scene.show(frame)
        assert np.array_equal(frames.read(), frame)
        assert np.array_equal(frames.read(), frame), "nothing new: as before"
    assert scene.wait_sent(PATIENCE_S)
    frames.close()
    frames.close()


def test_no_camera_is_a_fault(path: Path) -> None:
    frames = SocketFrames(path)
    with pytest.raises(DriverFault, match=r"^cannot open .*: no such file"):
        frames.open()
    with pytest.raises(DriverFault, match=r"^cannot read .*: it is not open"):
        frames.read()


def test_the_cable_is_pulled_and_put_back(scene: CameraScene, path: Path) -> None:
    scene.show(picture(CODE, Look(), random.Random(2)))
    inbox = Collected()
    camera = Camera(1, CameraSettings(device="simulated"), SocketFrames(path))
    camera.start(inbox.put)
    inbox.wait_for(Scanned(1, CODE))
    scene.unplug()
    inbox.wait(lambda events: isinstance(events[-1], Faulted))
    scene.show(picture(OTHER, Look(), random.Random(3)))
    scene.plug()
    inbox.wait(lambda events: Scanned(1, OTHER) in events)
    camera.stop()
    assert [type(event) for event in inbox.events] == [Scanned, Faulted, Recovered, Scanned]


def test_jpeg_frames_are_read_too(path: Path) -> None:
    scene = CameraScene(path, quality=80)
    scene.start()
    inbox = Collected()
    camera = Camera(1, CameraSettings(device="simulated"), SocketFrames(path))
    camera.start(inbox.put)
    scene.show(picture(CODE, Look(noise=4), random.Random(4)))
    inbox.wait_for(Scanned(1, CODE))
    camera.stop()
    scene.stop()
