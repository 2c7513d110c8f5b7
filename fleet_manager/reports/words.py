"""PURE. The words of reports in Chinese and English: columns, groups, forms, notes."""

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    "entries": ("入园人数", "Entries"),
    "first_entries": ("首次入园", "First entries"),
    "reentries": ("再次入园", "Re-entries"),
    "exits": ("出园人数", "Exits"),
    "inside": ("在园", "Inside"),
    "free_visitors": ("免票人数", "Free of charge"),
    "pass_visitors": ("年卡人数", "Pass holders"),
    "team_visitors": ("团队人数", "Team persons"),
    "overridden": ("人工放行", "Let in by staff"),
    "not_taken": ("放行未入", "Not taken"),
    "unresolved": ("未定", "Unresolved"),
    "forced": ("强行通过", "Forced turns"),
    "free": ("自由通行", "Open-lane turns"),
    "denied": ("拒绝次数", "Refusals"),
    "disowned": ("不计人数", "Disowned"),
    "by.month": ("月份", "Month"),
    "by.day": ("日期", "Day"),
    "by.hour": ("时段", "Hour"),
    "by.station": ("站点", "Station"),
    "by.gate": ("闸机", "Gate"),
    "by.product": ("票种", "Product"),
    "by.kind": ("票类", "Kind"),
    "kind.paid": ("售票", "paid"),
    "kind.free": ("免票", "free"),
    "kind.pass": ("年卡", "pass"),
    "none": ("无票", "no ticket"),
    "unknown": ("未知票种 {number}", "unknown product {number}"),
    "beyond": ("对比期多出的日子", "days of the longer period"),
    "total": ("合计", "Total"),
    "before": ("{column}（对比期）", "{column}, before"),
    "change": ("{column}增减", "{column}, change"),
    "form.day": ("日报", "Day report"),
    "form.month": ("月报", "Month report"),
    "form.year": ("年报", "Year report"),
    "form.range": ("统计表", "Report"),
    "title": ("{park} {form} {period}", "{park}: {form}, {period}"),
    "table.by": ("按{groups}", "by {groups}"),
    "period": ("{first} 至 {last}", "{first} to {last}"),
    "compared": ("对比期：{period}", "Compared with: {period}"),
    "station": ("仅站点：{station}", "Station: {station} alone"),
    "as_of": (
        "数据截至 {time}（{zone}，UTC{offset}）",
        "As of {time} ({zone}, UTC{offset})",
    ),
    "running": (
        "统计期尚未结束，数字还会增加。",
        "The period is not over: these numbers will grow.",
    ),
    "silent": (
        "闸机 {gate} 自 {time} 起没有联系，其记录可能缺失。",
        "Gate {gate} has been silent since {time}: its records may be missing.",
    ),
    "never": (
        "闸机 {gate} 从未联系过，其记录可能缺失。",
        "Gate {gate} was never heard: its records may be missing.",
    ),
    "silent_more": (
        "另有 {count} 台闸机没有联系，其记录可能缺失。",
        "{count} more gates are silent: their records may be missing.",
    ),
    "waiting": (
        "闸机上还有 {count} 条记录尚未送达，送达后会计入各自发生的日期。",
        "Records still on gates: {count}. They will count on the days on which they happened.",
    ),
    "complete": (
        "所有闸机都有联系，没有待送达的记录。",
        "All gates are heard, and no records are on their way.",
    ),
    "again": (
        "迟到的记录使本表重新统计：{changes}（首次统计于 {time}）。",
        "Counted again, because records came late: {changes} (first counted at {time}).",
    ),
    "changed": ("{column} {before} → {now}", "{column} {before} → {now}"),
    "disowned_note": (
        "不计人数：被撤销记录中的人数，不计入其他各列。",
        "Disowned: persons of records that count for nothing, in no other column.",
    ),
}


def word(key: str, language: str, **values: object) -> str:
    """Return a text in a language, "zh" or "en", with its values in their places."""
    text = WORDS[key][language != "zh"]
    return text.format(**values) if values else text
