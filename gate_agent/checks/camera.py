"""Cameras: what they see is measured, and a person shows a code."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from gate_agent.checks.row import CheckPart, CheckRow, CheckVisit, both, lane_part, row_from_daemon
from gate_agent.config.settings import CameraSettings
from gate_agent.errors import DriverFault
from gate_agent.signs import Words

if TYPE_CHECKING:
    from gate_agent.drivers.camera.camera import Frames
    from gate_agent.drivers.camera.sight import Sight

SHOW_S = 20.0

_SEEN = Words(
    "插好了吗？ls -l /dev/v4l/by-path；用户在 video 组吗？",
    "is it plugged in? ls -l /dev/v4l/by-path; is this user in the group video?",
)
_DARK = Words("太暗：给读码处加灯", "too dark: give the reading place a lamp")
_BLOWN = Words(
    "过曝：避开灯和太阳的直射，或降低曝光",
    "blown out: turn it from lamps and sun, or lower the exposure",
)
_SOFT = Words(
    "画面无细节：摘掉镜头膜，擦镜头，对焦到读码距离",
    "nothing sharp in view: take the film off, wipe the lens, focus it at reading distance",
)
_UNREAD = Words(
    "二维码占画面宽度的三分之一到三分之二，手机调亮",
    "hold the code so that it takes a third to two thirds of the picture; brighten the phone",
)


def check_cameras(
    visit: CheckVisit, frames_of: "Callable[[CameraSettings], Frames] | None" = None
) -> Iterator[CheckRow]:
    """Check every lane's camera. `frames_of` opens them; V4L2 if it is not given."""
    for lane in visit.settings.lanes:
        if lane.camera is None:
            continue
        part = lane_part(lane.number, "camera", Words("摄像头", "camera"))
        reported = row_from_daemon(part, visit, f"camera {lane.number}")
        yield (
            reported
            if reported is not None
            else _camera(part, lane.number, lane.camera, visit, frames_of)
        )


def _camera(
    part: CheckPart,
    lane: int,
    settings: CameraSettings,
    visit: CheckVisit,
    frames_of: "Callable[[CameraSettings], Frames] | None",
) -> CheckRow:
    # Late: a gate with a serial scanner alone has no OpenCV.
    try:
        from gate_agent.drivers.camera.camera import V4l2Frames
        from gate_agent.drivers.camera.sight import look, wait_for_code
    except ImportError as error:
        return part.bad(
            both(f"cannot load the camera's libraries: {error}"),
            Words("安装附加项 camera", "install the extra camera"),
        )
    frames = (frames_of or V4l2Frames)(settings)
    try:
        frames.open()
        sight = look(frames)
        words = _measured(sight)
        fault = _fault(sight)
        if visit.person is None:
            return part.note(words, fault) if fault is not None else part.good(words)
        visit.person.instruct(
            Words(f"请向通道{lane}的摄像头出示二维码", f"show any code to lane {lane}'s camera")
        )
        shown = wait_for_code(frames, SHOW_S)
    except DriverFault as error:
        return part.bad(both(str(error)), _SEEN)
    finally:
        frames.close()
    if shown is None:
        unread = Words(f"；{SHOW_S:.0f} 秒内没有读到", f"; nothing was read within {SHOW_S:.0f} s")
        return part.bad(_joined(words, unread), fault or _UNREAD)
    size, ms = shown
    read = Words(f"；{ms:.0f} 毫秒读到 {size} 字节", f"; a code of {size} bytes in {ms:.0f} ms")
    if fault is not None:
        return part.note(_joined(words, read), fault)
    return part.good(_joined(words, read))


def _measured(sight: "Sight") -> Words:
    size = f"{sight.width} × {sight.height}"
    return Words(
        f"{size}，每秒 {sight.fps:.0f} 帧，亮度 {sight.level:.0f}，过曝 {sight.blown:.0%}，"
        f"清晰度 {sight.sharpness:.0f}",
        f"{size}, {sight.fps:.0f} frames a second, brightness {sight.level:.0f}, "
        f"blown out {sight.blown:.0%}, sharpness {sight.sharpness:.0f}",
    )


def _fault(sight: "Sight") -> Words | None:
    from gate_agent.drivers.camera.sight import BLOWN_SHARE, DARK_LEVEL, SOFT

    if sight.level < DARK_LEVEL:
        return _DARK
    if sight.blown > BLOWN_SHARE:
        return _BLOWN
    return _SOFT if sight.sharpness < SOFT else None


def _joined(first: Words, second: Words) -> Words:
    return Words(first.zh + second.zh, first.en + second.en)
