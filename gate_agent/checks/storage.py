"""The card: room, how long a durable write takes, wear; the journal and the ticket lists on it."""

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from gate_agent.checks.row import CheckPart, CheckRow, CheckVisit, both
from gate_agent.checks.trust import trust_in_force
from gate_agent.errors import GateError
from gate_agent.folder import DiskFolder
from gate_agent.journal.journal import JOURNAL_FILE
from gate_agent.lists.code_files import CodeFiles
from gate_agent.lists.list_files import LISTS_FOLDER, ListFiles
from gate_agent.signs import Words
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.manifest import ListKind
from gate_agent.validator.moment import utc_text

LITTLE_MIB, LEAST_MIB = 500, 100
SLOW_MS, SLOWEST_MS = 100, 1000
OLD_LIST_H = 24
BLOCKS = Path("/sys/block")

_SPACE = CheckPart("disk", Words("存储空间", "disk"))
_FLUSH = CheckPart("durable write", Words("落盘速度", "durable write"))
_WEAR = CheckPart("card wear", Words("存储卡磨损", "card wear"))
_JOURNAL = CheckPart("journal", Words("通行日志", "journal"))
_LIST = CheckPart("ticket list", Words("票单", "ticket list"))


def check_space(visit: CheckVisit) -> Iterator[CheckRow]:
    """Check the room for passages."""
    data = visit.settings.data
    try:
        free_mib = shutil.disk_usage(data).free >> 20
    except OSError as error:
        yield _SPACE.bad(
            both(f"{data}: {error.strerror}"),
            Words("守护进程首次启动时会创建它；核对 gate.toml 的 data",
                  "the daemon makes it at its first start; is data in gate.toml right?"),
        )  # fmt: skip
        return
    text = Words(f"{data} 剩余 {free_mib} MiB", f"{free_mib} MiB free in {data}")
    hint = Words("清理存储卡，或更换更大的卡", "make room, or take a larger card")
    if free_mib < LEAST_MIB:
        yield _SPACE.bad(text, hint)
    elif free_mib < LITTLE_MIB:
        yield _SPACE.note(text, hint)
    else:
        yield _SPACE.good(text)


def check_flush(visit: CheckVisit) -> Iterator[CheckRow]:
    """Measure how long one page takes until it is durable: every visitor waits for it."""
    try:
        worst_ms = max(_flushes(visit.settings.data))
    except OSError as error:
        yield _FLUSH.bad(
            both(f"{visit.settings.data}: {error.strerror}"),
            Words("卡是否只读或已坏？以 scenic-gate 用户运行本检查",
                  "is the card read-only or broken? run this check as the daemon's user"),
        )  # fmt: skip
        return
    text = Words(f"最慢 {worst_ms:.0f} 毫秒", f"{worst_ms:.0f} ms at worst")
    hint = Words("卡太慢或将坏：更换", "a slow or dying card: replace it")
    if worst_ms > SLOWEST_MS:
        yield _FLUSH.bad(text, hint)
    elif worst_ms > SLOW_MS:
        yield _FLUSH.note(text, hint)
    else:
        yield _FLUSH.good(text)


def _flushes(folder: Path) -> list[float]:
    took = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(5):
            start = time.perf_counter()
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
            took.append((time.perf_counter() - start) * 1000)
    return took


def check_wear(visit: CheckVisit) -> Iterator[CheckRow]:
    """Check the wear that the card reports: eMMC does, SD cards do not."""
    reported = False
    for block in sorted(BLOCKS.glob("mmcblk[0-9]")):
        try:
            spent = [int(word, 16) for word in (block / "device/life_time").read_text().split()]
        except (OSError, ValueError):
            continue
        if not spent or max(spent) == 0:
            continue
        reported = True
        percent = min(100, max(spent) * 10)
        text = Words(f"{block.name} 已用约 {percent}%", f"{block.name}: about {percent} % used up")
        if percent >= 90:
            hint = Words("备份后更换", "export the journal and replace it")
            yield _WEAR.bad(text, hint)
        else:
            yield _WEAR.good(text)
    if not reported:
        yield _WEAR.skipped(Words("此卡不报告磨损", "this card does not tell"))


def check_journal(visit: CheckVisit) -> Iterator[CheckRow]:
    """Check the file as SQLite sees it, and the whole hash chain."""
    path = visit.settings.data / JOURNAL_FILE
    if not path.exists():
        yield _JOURNAL.note(Words("尚无；首次启动时创建", "none yet; made at the first start"))
        return
    save = Words(
        "先用 gate-agent export 导出能读的内容，再换卡",
        "gate-agent export what can be read, then replace the card",
    )
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            problem = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
        if problem != "ok":
            yield _JOURNAL.bad(both(f"{path}: {problem}"), save)
            return
        from gate_agent.journal.inspect import inspect_journal

        report = inspect_journal(visit.settings, 0)
    except (sqlite3.Error, UnicodeDecodeError, GateError) as error:
        yield _JOURNAL.bad(both(f"cannot read {path}: {error}"), save)
        return
    head, acked, state = report["head"], report["acked"], report["chain"]
    if state != "whole":
        yield _JOURNAL.bad(
            Words(f"哈希链不完整：{state}", f"its hash chain is not whole: {state}"), save
        )
        return
    yield _JOURNAL.good(
        Words(f"{head} 条，链完整，{head - acked} 条待上传",
              f"{head} records, chain whole, {head - acked} not yet at the centre")
    )  # fmt: skip


def check_lists(visit: CheckVisit) -> Iterator[CheckRow]:
    """Check the lists in force, and how old they are."""
    wait = Words("让闸机连上中心一次", "let the gate reach the centre once")
    if visit.status is None:
        wait = Words(
            "启动守护进程一次，它会取票单：systemctl start gate-agent",
            "start the daemon once, which fetches it: systemctl start gate-agent",
        )
    try:
        ring = trust_in_force(visit).ring
        store = ListFiles(DiskFolder(visit.settings.data / LISTS_FOLDER))
        codes = CodeFiles(store.folder)
        manifests = [
            (store if kind is ListKind.SERIALS else codes).load(series, ring).manifest
            for series, kind in store.series()
        ]
    except (WireError, GateError, OSError) as error:
        again = Words("连上中心后会自动重取", "it is fetched again once the centre is reached")
        yield _LIST.bad(both(str(error)), again)
        return
    if not manifests:
        yield _LIST.bad(Words("还没有票单，不放行", "no ticket list yet: nobody is let in"), wait)
    for manifest in manifests:
        age_h = (time.time_ns() // 1_000_000 - manifest.as_of_ms) / 3_600_000
        as_of = utc_text(manifest.as_of_ms)
        text = Words(
            f"{manifest.series} 第 {manifest.version} 版，{manifest.count} 张，截至 {as_of}",
            f"{manifest.series} version {manifest.version}, {manifest.count} tickets, "
            f"as of {as_of}",
        )
        yield _LIST.note(text, wait) if age_h > OLD_LIST_H else _LIST.good(text)
