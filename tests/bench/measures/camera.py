"""How well and at what cost the camera's reader reads.

The photographs are in a folder beside the project; without them their figures are left out. Every
other picture is drawn from a seed.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from pyzbar import pyzbar

from gate_agent.config.settings import CameraSettings
from gate_agent.drivers.camera.camera import Camera
from gate_agent.drivers.camera.decode import texts_in
from gate_agent.drivers.camera.passes import PLAIN, resized
from gate_agent.drivers.camera.pictures import grey_of, read_picture
from hardware_sim.devices.phone import Look, easy_look, empty_scene, picture
from tests.bench.figures import Absent, Figure, measure
from tests.bench.measures.camera_ladder import RUNGS, Rung, ladder, tickets
from tests.gate_agent.drivers.camera import hostile
from tests.gate_agent.drivers.camera.hostile_files import files, run_gate_agent

PHOTOS = Path(__file__).parent.parent.parent.parent / "shared" / "qr-photos"
SETS = ("qrcode-3", "qrcode-5")
FRAME_MS = 1000 / 15
FRAMES = 30  # of a presentation: two seconds
SENSOR = 2.0  # grey levels of noise between two frames of one picture
IDLE = 500

HELD = 60  # frames of each ticket

Grey = NDArray[np.uint8]
Reader = Callable[[Grey], list[bytes]]


@cache
def photos() -> tuple[tuple[str, Grey, bytes], ...]:
    """Name, picture within 640 × 480, and text of each; raises Absent."""
    found = []
    for path in sorted((PHOTOS / "codes").glob("*.png")):
        text = path.with_suffix(".txt").read_bytes()
        found.append((path.stem, _fitted(grey_of(read_picture(path))), text))
    if not found:
        raise Absent(f"no photographs in {PHOTOS}")
    return tuple(found)


def no_code() -> Iterator[Grey]:
    """Photographs without a code."""
    for path in sorted((PHOTOS / "no-code").iterdir()):
        yield _fitted(grey_of(read_picture(path)))


def _fitted(grey: Grey) -> Grey:
    scale = min(640 / grey.shape[1], 480 / grey.shape[0])
    return grey if scale >= 1 else resized(grey, scale)


def stream(grey: Grey, seed: int, count: int = FRAMES) -> Iterator[Grey]:
    """What a camera delivers of one picture: the sensor's noise is new in every frame."""
    noise = np.random.default_rng(seed)
    for _ in range(count):
        seen = grey + noise.normal(0, SENSOR, grey.shape)
        yield np.clip(seen, 0, 255).astype(np.uint8)


def _camera() -> Camera:
    return Camera(1, CameraSettings(device="none"))


class _Watched:
    """A camera's live reader, its CPU time by frame, and when it first read each picture."""

    def __init__(self) -> None:
        self.ms: list[float] = []
        self.altered = 0

    def first(self, grey: Grey, text: bytes | None, seed: int) -> int | None:
        """The number of the frame, from 1, that read `text`; None: not within FRAMES."""
        camera = _camera()
        camera.look(np.full_like(grey, 90), 0)
        first = None
        for number, frame in enumerate(stream(grey, seed), 1):
            start = process_time()
            texts = camera.look(frame, number * FRAME_MS)
            self.ms.append((process_time() - start) * 1000)
            self.altered += sum(one != text for one in texts)
            if first is None and text in texts:
                first = number
        return first


def _pyzbar(grey: Grey) -> list[bytes]:
    """As it comes, only that a picture which makes it raise is one that it does not read."""
    try:
        return [one.data for one in pyzbar.decode(grey, symbols=[pyzbar.ZBarSymbol.QRCODE])]
    except ValueError:
        return []


def _shares(hits: Counter[str], every: Counter[str]) -> str:
    return ", ".join(f"{name} {hits[name]}/{every[name]}" for name in every)


@measure(
    "camera_read_share",
    "camera_read_share_pyzbar",
    "camera_altered",
    "camera_false",
    "camera_ms_mean",
    "camera_first_frame_share",
)
def photographs() -> dict[str, Figure]:
    """The shared photographs, each by itself and as a camera's stream."""
    sets = Counter(name[:8] for name, _, _ in photos())
    hits, second_hits, plain_hits, live_hits = (Counter[str]() for _ in range(4))
    altered, firsts, watched = 0, [], _Watched()
    for seed, (name, grey, text) in enumerate(photos()):
        texts = texts_in(grey)
        altered += sum(one != text for one in texts)
        hits[name[:8]] += text in texts
        second_hits[name[:8]] += text in _pyzbar(grey)
        plain_hits[name[:8]] += text in PLAIN.read(grey).texts
        first = watched.first(grey, text, seed)
        if first is not None:
            firsts.append(first)
            live_hits[name[:8]] += first == 1
    false = sum(len(texts_in(grey)) for grey in no_code())
    false += sum(len(texts_in(grey)) for _, grey in hostile.frames())
    for seed, grey in enumerate(no_code()):
        if min(grey.shape) >= 100:
            watched.first(grey, None, seed)
    total = sum(sets.values())
    live = f"read live within {FRAMES} frames: {len(firsts)}/{total}"
    return {
        "camera_read_share": Figure(
            hits.total() / total, "share", None,
            f"whole ladder, {_shares(hits, sets)}; plain pass alone {plain_hits.total()}; {live}",
            ">= 0.9",
        ),
        "camera_read_share_pyzbar": Figure(
            second_hits.total() / total, "share", None, _shares(second_hits, sets)
        ),
        "camera_altered": Figure(
            altered + watched.altered, "texts", 0, "photographs, one by one and live", "= 0"
        ),
        "camera_false": Figure(
            false, "texts", 0, "photographs without a code, and hostile frames", "= 0"
        ),
        "camera_ms_mean": Figure(
            round(mean(watched.ms), 2), "ms CPU", None,
            f"a frame, over every photograph with and without a code held still for {FRAMES} frames"
            f" of 15 a second with fresh noise; worst {max(watched.ms):.0f}",
            "<= 5",
        ),
        "camera_first_frame_share": Figure(
            live_hits.total() / total, "share", None, f"read live in the first frame; {live}"
        ),
    }  # fmt: skip


@measure("camera_idle_ms")
def idle() -> dict[str, Figure]:
    """Nobody there: noise, and the grey of a colour frame has to be made."""
    rng = random.Random(1)
    scenes = [empty_scene(Look(noise=4.0), rng) for _ in range(8)]
    camera = _camera()
    for at in range(FRAMES):
        camera.look(scenes[at % 8], at * FRAME_MS)
    start = process_time()
    for at in range(IDLE):
        camera.look(scenes[at % 8], (FRAMES + at) * FRAME_MS)
    ms = (process_time() - start) * 1000 / IDLE
    note = "640 × 480 blue-green-red, noise of 4 levels"
    return {"camera_idle_ms": Figure(round(ms, 3), "ms CPU", None, note, "<= 0.6")}


@measure(
    "camera_synthetic_share",
    "camera_synthetic_share_pyzbar",
    "camera_synthetic_altered",
    "camera_frames_to_read",
)
def synthetic() -> dict[str, Figure]:
    """The ladder of degradations: whole ladder of passes, live, and pyzbar."""
    every, hits, live, second = (Counter[str]() for _ in range(4))
    watched, altered, firsts = _Watched(), 0, list[int]()
    for seed, (kind, _, code, frame) in enumerate(ladder()):
        grey = grey_of(frame)
        every[kind] += 1
        texts = texts_in(grey)
        altered += sum(one != code for one in texts)
        hits[kind] += code in texts
        second[kind] += code in _pyzbar(grey)
        first = watched.first(grey, code, seed)
        if first is not None:
            live[kind] += 1
            firsts.append(first)
    total = every.total()
    at_once = sum(first == 1 for first in firsts) / total
    return {
        "camera_synthetic_share": Figure(
            round(hits.total() / total, 3), "share", None,
            f"one frame, whole ladder of passes: {_shares(hits, every)}; live in the first frame "
            f"{at_once:.3f}, within {FRAMES} frames {live.total() / total:.3f}",
        ),
        "camera_synthetic_share_pyzbar": Figure(
            round(second.total() / total, 3), "share", None, _shares(second, every)
        ),
        "camera_synthetic_altered": Figure(
            altered + watched.altered, "texts", 0, f"{total} pictures, one by one and live", "= 0"
        ),
        "camera_frames_to_read": Figure(
            median(firsts), "frames", 1,
            f"median over what is read; mean {mean(firsts):.2f}, last {max(firsts)}; "
            f"CPU a frame mean {mean(watched.ms):.2f}, worst {max(watched.ms):.0f} ms",
        ),
    }  # fmt: skip


@measure("camera_held_ms_mean")
def held() -> dict[str, Figure]:
    """A visitor holds a code, and his hand is never still; beside it the library alone."""
    frames = [
        grey_of(picture(code, easy_look(rng), rng))
        for rng in (random.Random(20),)
        for code in tickets()
        for _ in range(HELD)
    ]
    camera, ms, plain_ms = _camera(), list[float](), list[float]()
    formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
    unread = sum(not PLAIN.read(grey).texts for grey in frames)  # also draws what is drawn once
    for at, grey in enumerate(frames):
        start = process_time()
        camera.look(grey, at * FRAME_MS)
        middle = process_time()
        zxingcpp.read_barcodes(grey, formats=formats, text_mode=zxingcpp.TextMode.Plain)
        ms.append((middle - start) * 1000)
        plain_ms.append((process_time() - middle) * 1000)
    note = (
        f"{len(frames)} different frames of tickets held well, {unread} not read by the plain "
        f"pass; worst {max(ms):.1f}; floor: zxing-cpp alone, worst {max(plain_ms):.1f}"
    )
    figure = Figure(round(mean(ms), 2), "ms CPU", round(mean(plain_ms), 2), note, "<= 2 × floor")
    return {"camera_held_ms_mean": figure}


@measure("camera_worst_file_mib", "camera_worst_file_s")
def worst_file() -> dict[str, Figure]:
    """The dearest picture file that anybody could think of, as `gate-agent decode` reads it: at
    most 300 MiB and 3 s of CPU time are promised, whatever is sent."""
    bare = run_gate_agent("--version")
    most_mib, most_s, name, slowest = 0.0, 0.0, "", ""
    with TemporaryDirectory() as folder:
        for which, path in files(Path(folder)):
            ran = run_gate_agent("decode", str(path))
            if ran.peak_mib > most_mib:
                most_mib, name = ran.peak_mib, which
            if ran.cpu_s > most_s:
                most_s, slowest = ran.cpu_s, which
    floor = "floor: the program with the reader's libraries, and no file"
    return {
        "camera_worst_file_mib": Figure(
            round(most_mib, 1),
            "MiB",
            round(bare.peak_mib, 1),
            f"peak of the reading process: {name}; {floor}",
            "<= 300",
            300,
        ),
        "camera_worst_file_s": Figure(
            round(most_s, 2), "s CPU", round(bare.cpu_s, 2), f"{slowest}; {floor}", "<= 3", 3
        ),
    }


@measure("camera_worst_ms")
def worst() -> dict[str, Figure]:
    """The dearest frame that anybody could think of, moving and still."""
    ms, name = 0.0, ""
    for which, grey in (*hostile.frames(), *_ladder_tops()):
        camera = _camera()
        for number in range(FRAMES):
            shown = np.roll(grey, 7 * number, axis=1) if number % 3 else grey
            start = process_time()
            camera.look(shown, number * FRAME_MS)
            spent = (process_time() - start) * 1000
            if spent > ms:
                ms, name = spent, which
    return {
        "camera_worst_ms": Figure(
            round(ms, 1), "ms CPU", None, f"a frame of 640 × 480, hostile or hopeless: {name}",
            "<= 150", 3000,
        )
    }  # fmt: skip


def _ladder_tops() -> Iterator[tuple[str, Grey]]:
    last = max(len(rungs) for rungs in RUNGS.values()) - 1
    rungs: Iterator[Rung] = (rung for rung in ladder(sights=1) if rung.step == last)
    for rung in rungs:
        yield rung.kind, grey_of(rung.frame)
