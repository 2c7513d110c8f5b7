"""The board itself: the daemon, the watchdog, power, heat."""

from collections.abc import Iterator
from pathlib import Path

from gate_agent.checks.row import SEE_FAULTS, CheckPart, CheckRow, CheckVisit, both
from gate_agent.signs import Words

SYS, DEV = Path("/sys"), Path("/dev")
HOT_C, TOO_HOT_C = 75.0, 84.0
LONGEST_WATCHDOG_S = 60

_DAEMON = CheckPart("daemon", Words("守护进程", "daemon"))
_WATCHDOG = CheckPart("watchdog", Words("看门狗", "watchdog"))
_POWER = CheckPart("power", Words("供电", "power"))
_HEAT = CheckPart("heat", Words("温度", "heat"))


def check_daemon(visit: CheckVisit) -> Iterator[CheckRow]:
    """Check whether the daemon runs: then it holds the devices, and its own status counts."""
    if visit.status is None:
        yield _DAEMON.note(
            Words("没有运行：各部件由本检查直接测试", "not running: parts are tested directly")
        )
        return
    # Faults of a lane's devices have rows of their own.
    faults = {
        name: text
        for name, text in visit.status["faults"].items()
        if not name.rpartition(" ")[2].isdigit()
    }
    pid = visit.status["pid"]
    yield _DAEMON.good(
        Words(f"运行中（进程 {pid}）；测试设备需先停止：systemctl stop gate-agent",
              f"running (process {pid}); to test devices themselves: systemctl stop gate-agent")
    )  # fmt: skip
    for name, text in faults.items():
        yield _DAEMON.bad(
            both(f"{name}: {text}"),
            SEE_FAULTS,
        )


def check_watchdog(visit: CheckVisit) -> Iterator[CheckRow]:
    """Check whether the board starts again when its system hangs."""
    watchdogs = sorted((SYS / "class/watchdog").glob("watchdog*"))
    hint = Words(
        "安装 firmware_config/systemd/watchdog.conf 与 boot/config.txt，然后重启",
        "put firmware_config/systemd/watchdog.conf and boot/config.txt in place and start again",
    )
    if not watchdogs:
        yield _WATCHDOG.note(Words("没有看门狗设备", "there is no watchdog"), hint)
        return
    state, timeout = (_text(watchdogs[0] / name) for name in ("state", "timeout"))
    if state != "active":
        yield _WATCHDOG.bad(Words("看门狗未启用", "nobody feeds the watchdog"), hint)
        return
    yield _WATCHDOG.good(Words(f"已启用，{timeout} 秒", f"fed, {timeout} s"))


def check_power(visit: CheckVisit) -> Iterator[CheckRow]:
    """Check the voltage, as a Raspberry Pi measures it; and a battery or UPS, if there is one."""
    reported = False
    for monitor in sorted((SYS / "class/hwmon").glob("hwmon*")):
        alarm = _text(monitor / "in0_lcrit_alarm")
        if alarm:
            reported = True
            if alarm == "0":
                yield _POWER.good(Words("电压正常", "the voltage is good"))
            else:
                yield _POWER.bad(
                    Words("电压过低", "the voltage is too low"),
                    Words("更换电源或更短更粗的线", "a better supply, or a shorter, thicker cable"),
                )
    for supply in sorted((SYS / "class/power_supply").glob("*")):
        kind, state = _text(supply / "type"), _text(supply / "status")
        charge, online = _text(supply / "capacity"), _text(supply / "online")
        if kind in ("Battery", "UPS"):
            reported = True
            text = both(f"{supply.name}: {charge or '?'} %, {state or 'unknown'}")
            low = charge.isdigit() and int(charge) < 20 and state != "Charging"
            hint = Words("充电或更换电池", "charge or replace the battery")
            yield _POWER.bad(text, hint) if low else _POWER.good(text)
        elif online == "0":
            reported = True
            yield _POWER.note(Words(f"{supply.name}：断电", f"{supply.name}: no mains"))
    if not reported:
        yield _POWER.skipped(Words("本机不报告电源状态", "this board does not tell"))


def check_heat(visit: CheckVisit) -> Iterator[CheckRow]:
    """Check the highest temperature that the board reports."""
    degrees = []
    for zone in (SYS / "class/thermal").glob("thermal_zone*"):
        text = _text(zone / "temp")
        if text.lstrip("-").isdigit():
            degrees.append(int(text) / 1000)
    if not degrees:
        yield _HEAT.skipped(Words("本机不报告温度", "this board does not tell"))
        return
    hottest = both(f"{max(degrees):.0f} °C")
    hint = Words("通风、遮阳、散热片", "air, shade, a heat sink")
    if max(degrees) >= TOO_HOT_C:
        yield _HEAT.bad(hottest, hint)
    elif max(degrees) >= HOT_C:
        yield _HEAT.note(hottest, hint)
    else:
        yield _HEAT.good(hottest)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
