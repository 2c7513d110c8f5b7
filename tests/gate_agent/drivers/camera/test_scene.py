"""Scene: noise is no change, a phone is."""

import random

import numpy as np

from gate_agent.drivers.camera.pictures import grey_of
from gate_agent.drivers.camera.scene import Scene
from hardware_sim.devices.phone import Look, empty_scene, picture


def test_the_first_picture_is_a_change() -> None:
    assert Scene().changed(np.zeros((480, 640), dtype=np.uint8))


def test_noise_is_no_change() -> None:
    rng = random.Random(1)
    scene = Scene()
    scene.changed(grey_of(empty_scene(Look(noise=8.0), rng)))
    for _ in range(10):
        assert not scene.changed(grey_of(empty_scene(Look(noise=8.0), rng)))


def test_a_small_far_code_is_a_change() -> None:
    rng = random.Random(2)
    scene = Scene()
    scene.changed(grey_of(empty_scene(Look(noise=5.0), rng)))
    far = picture(b"SG1:" + b"7" * 40, Look(module_px=2.5, noise=5.0), rng)
    assert scene.changed(grey_of(far))
    assert scene.changed(grey_of(empty_scene(Look(noise=5.0), rng)))


def test_slow_changes_add_up() -> None:
    scene = Scene()
    changes = sum(
        scene.changed(np.full((480, 640), level, dtype=np.uint8)) for level in range(100, 160)
    )
    assert 3 <= changes <= 6
