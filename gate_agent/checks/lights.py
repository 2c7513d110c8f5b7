"""Lamps, buzzer, voice and display: each is tried, and a person says whether it worked."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gate_agent.checks.row import CheckPart, CheckRow, CheckVisit, both, lane_part, row_from_daemon
from gate_agent.config.settings import RECORDINGS, LaneSettings
from gate_agent.drivers.displays.build import feedback
from gate_agent.drivers.displays.recordings import missing
from gate_agent.effects import Show, Sign
from gate_agent.errors import DriverFault
from gate_agent.events import Event, Faulted
from gate_agent.ports import Display
from gate_agent.signs import Words
from gate_agent.validator.reasons import Reason

SHOWN_S = 1.5

NAMES = {
    "lamps": Words("指示灯", "lamps"),
    "buzzer": Words("蜂鸣器", "buzzer"),
    "voice": Words("语音", "voice"),
    "display": Words("显示屏", "display"),
}


def check_feedback(visit: CheckVisit) -> Iterator[CheckRow]:
    """Check every lane's lamps, buzzer, voice and display, each with a row of its own."""
    for lane in visit.settings.lanes:
        yield from _prepared(lane, visit)
        wanted = [name for name in NAMES if getattr(lane, name) is not None]
        for name in wanted:
            part = lane_part(lane.number, name, NAMES[name])
            reported = row_from_daemon(part, visit, f"{name} {lane.number}")
            yield reported if reported is not None else _shown(part, lane, name, visit)


def _shown(part: CheckPart, lane: LaneSettings, name: str, visit: CheckVisit) -> CheckRow:
    pins = Words("用户的组、接线、是否被占用？", "this user's groups, the wires, another program?")
    try:
        others: dict[str, Any] = {other: None for other in NAMES if other != name}
        (display,) = feedback(replace(lane, **others), visit.settings.data, visit.pins)
        fault = _try(display, visit)
    except DriverFault as error:
        return part.bad(both(str(error)), both(error.hint) if error.hint else pins)
    except ImportError as error:
        extra = Words("安装 scenic-gate[display]", "install scenic-gate[display]")
        return part.bad(both(str(error)), extra)
    if fault:
        return part.bad(both(fault), pins)
    if visit.person is None:
        return part.good(Words("可打开", "it opens"))
    question = Words(
        f"{part.words.zh}：刚才先示意通行，再示意拒绝，对吗？",
        f"{part.words.en}: did it say go, and then no?",
    )
    if visit.person.confirm(question):
        return part.good(Words("通行、拒绝都正确", "go and no, both right"))
    return part.bad(Words("表现不对", "it did not"), Words("接线与电源", "wires and supply"))


def _try(display: Display, visit: CheckVisit) -> str:
    faults: list[str] = []

    def put(event: Event) -> None:
        if isinstance(event, Faulted):
            faults.append(event.text)

    display.start(put)
    try:
        if visit.person is not None:
            for show in (Show(Sign.GO, 1), Show(Sign.REFUSED, reason=Reason.USED)):
                display.show(show)
                time.sleep(SHOWN_S)
        else:
            time.sleep(SHOWN_S / 5)
    finally:
        display.stop()
    return faults[0] if faults else ""


def _prepared(lane: LaneSettings, visit: CheckVisit) -> Iterator[CheckRow]:
    """Check what must be on the board for voice and display, apart from the devices."""
    if lane.voice is not None:
        part = lane_part(lane.number, "recordings", Words("语音文件", "recordings"))
        folder = visit.settings.data / RECORDINGS
        wanted = missing(folder)
        if wanted:
            yield part.bad(
                Words(f"缺 {len(wanted)} 个语音文件，如 {wanted[0]}",
                      f"{len(wanted)} recordings are missing, {wanted[0]} among them"),
                Words("用 gate-agent voice 生成", "gate-agent voice makes them"),
            )  # fmt: skip
        elif shutil.which("aplay") is None:
            yield part.bad(
                Words("没有 aplay", "there is no aplay"),
                Words("安装 alsa-utils", "install alsa-utils"),
            )
        else:
            yield part.good(both(str(folder)))
    if lane.display is not None:
        part = lane_part(lane.number, "glyphs", Words("中文字体", "Chinese font"))
        try:
            from gate_agent.drivers.displays.panel import chinese_font
        except ImportError as error:
            yield part.bad(
                both(str(error)), Words("安装 scenic-gate[display]", "install scenic-gate[display]")
            )
            return
        font = chinese_font()
        yield (
            part.good(both(font))
            if font
            else part.note(
                Words(
                    "没有中文字体：只显示英文与符号", "no Chinese font: English and symbols only"
                ),
                Words("安装 fonts-wqy-microhei", "fonts-wqy-microhei has one"),
            )
        )
