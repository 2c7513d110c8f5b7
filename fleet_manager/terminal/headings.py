"""Headings of tables and a few words in them, in English and Chinese."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])

CHINESE = {
    "at": "时间", "by": "员工", "code": "票码", "day": "日期", "denied": "拒绝",
    "direction": "方向", "disowned": "不计",
    "entries": "入园", "exits": "出园", "first": "首次", "first_entries": "首次入园",
    "forced": "强行通过", "free": "自由通行", "gate": "闸机", "group": "团号", "hour": "小时",
    "inside": "在园", "kind": "类型", "lane": "通道", "last": "最近", "month": "月份",
    "not_taken": "未通行",
    "overridden": "人工放行", "park": "园区", "persons": "人数", "printed number": "票号",
    "product": "票种", "reason": "原因", "record": "记录号", "reentries": "再次入园",
    "refusals": "拒绝次数", "serial": "序号", "sold": "售出", "station": "站点", "status": "状态",
    "ticket": "票", "times": "次数", "total": "合计", "unresolved": "未定", "until": "有效至",
    "valid from": "有效自", "what": "事件", "why": "说明",
}  # fmt: skip
"""The word for a column. A column without one keeps its name."""
WORDS = {
    "boot": "启动", "denied": "拒绝", "disowned": "不计", "forced": "强行通过",
    "forgiven": "解除反潜回", "free": "自由通行", "granted": "放行", "in": "入", "mode": "模式",
    "not_taken": "未通行", "out": "出", "suspended": "冻结", "taken": "通过",
    "unresolved": "未定", "valid": "有效", "void": "已退",
}  # fmt: skip
"""The word for a value of a column."""


def language_option(command: _Command) -> _Command:
    """Add --language to a command: the parameter `language`, "en" or "zh"."""
    return click.option(
        "--language",
        type=click.Choice(["en", "zh"]),
        default="en",
        show_default=True,
        envvar="SCENIC_GATE_LANGUAGE",
        help="Of headings and words, not in JSON.",
    )(command)


def headings(names: Sequence[str], language: str) -> list[str]:
    """Return the headings of columns in a language."""
    return [CHINESE.get(name, name) if language == "zh" else name for name in names]


def word(value: str, language: str) -> str:
    """Return a word of the tables in a language."""
    return WORDS.get(value, value) if language == "zh" else value
