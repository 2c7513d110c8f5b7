"""Refusals of fields of a page, in Chinese; the most general ones last."""

from typing import Final

CHINESE: Final = (
    (r"cannot read (\S+): it holds what cannot be typed", r"\1 中有无法输入的字符"),
    (r"cannot use (\w[\w. -]*?) ('.*'): must be a number, (-?\d+) to (\d+)",
     r"\1 须为 \3 到 \4 的数字，不是 \2"),
    (r"cannot use (\w[\w. -]*?) ('.*'): must be one of (.*)", r"\1 须为以下之一：\3；不是 \2"),
    (r"cannot use the (?:day|\w+) ('.*'): must be (?:like 2026-11-30|a day, such as .*)",
     r"\1 不是日期，应如 2026-11-30"),
    (r"cannot use (\w+) ('.*'): must be (?:like 2026-11-30|a day, such as .*)",
     r"\2 不是日期，应如 2026-11-30"),
    (r"cannot show (\S+) to (\S+): must be ten years at most", r"\1 至 \2：最多十年"),
    (r"cannot show (\S+) to (\S+): the last day is before the first", r"\1 至 \2：结束早于开始"),
    (r"cannot show station (.*): must be (.*)", r"没有站点 \1：须为 \2"),
    (r"leave the station out, or ask with an account for the whole park",
     r"不要指定站点，或换全园的账户"),
    (r"cannot go on from (.*): it is no place", r"无法从 \1 继续"),
    (r"begin anew", r"请从头开始"),
    (r"cannot use the price (.*): must be an amount such as 120 or 99\.50",
     r"价格 \1 不可用：应如 120 或 99.50"),
    (r"cannot use these zones: must be numbers from 0 to 15, such as 0,1",
     r"区域须为 0 到 15 的数字，如 0,1"),
    (r"cannot do that without a reason: say why, others will read it", r"请写明原因，其他人会看到"),
    (r"cannot take the whole group: the ticket is of none", r"此票不属于任何团队"),
    (r"cannot use (\d+) lines: at most (\d+)", r"最多 \2 行，现有 \1 行"),
    (r"cannot use the line (.*): must be such as adult\*2", r"无法读取 \1：应如 adult*2"),
    (r"cannot change line (\S+): there are (\d+)", r"没有第 \1 行：共 \2 行"),
    (r"cannot sell (\d+) at once: at most (\d+)", r"一次最多 \2 人，不是 \1"),
)  # fmt: skip
