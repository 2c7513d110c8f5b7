"""Texts of the page of reports; headings of columns and notes are those of every file."""

TEXTS = {
    "reports.title": ("报表", "Reports"),
    "reports.forms": ("报表种类", "Kinds of reports"),
    "reports.day": ("日期", "Day"),
    "reports.month": ("月份", "Month"),
    "reports.year": ("年份", "Year"),
    "reports.from": ("从", "From"),
    "reports.to": ("至", "To"),
    "reports.compare": ("对比", "Compare with"),
    "reports.compare.previous": ("上一期", "the period before"),
    "reports.compare.year": ("去年同期", "a year ago"),
    "reports.station": ("站点", "Station"),
    "reports.columns": ("列", "Columns"),
    "reports.preset.usual": ("常用", "usual"),
    "reports.preset.flow": ("客流", "flow"),
    "reports.preset.visitors": ("游客构成", "kinds of visitors"),
    "reports.preset.doubts": ("异常", "doubtful"),
    "reports.preset.every": ("全部", "all"),
    "reports.preset.own": ("自选", "my choice"),
    "reports.show": ("显示", "Show"),
    "reports.more": ("分组与自选列", "Groups and columns of your choice"),
    "reports.groups": (
        "分组（不选则为固定表）",
        "A line for each … (none: the fixed tables)",
    ),
    "reports.own_columns": ("自选列（“列”须为“自选”）", "Columns (where “my choice” is taken)"),
    "reports.earlier": ("上一期", "Earlier"),
    "reports.later": ("下一期", "Later"),
    "reports.chart": ("图", "Chart"),
    "reports.cut": (
        "此处只显示前 {shown} 行，共 {lines} 行；下载的文件中有全部行。合计包含所有行。",
        "The first {shown} of {lines} lines; a download has them all. The total is of all lines.",
    ),
    "reports.too_long": (
        "此表可能有 {lines} 行，网页最多 {most} 行。",
        "This table may have {lines} lines; a page takes {most}.",
    ),
    "reports.too_long_hint": (
        "请缩短时间或减少分组；更大的表用命令 fleet-manager report 生成。",
        "Take fewer days or groups; `fleet-manager report` writes larger tables.",
    ),
    "help.reports": (
        "日报、月报、年报是固定表：先按时间，再按闸机，再按票种。也可以自选分组、列、站点和对比期；"
        "地址里有全部选择，可以收藏。\n\n"
        "网页、图、CSV、XLSX、PDF 出自同一份结果，数字相同。日期和时段按园区时间。"
        "打印请用浏览器的打印功能。\n\n"
        "离线闸机的记录送达后，计入其发生的日期，因此过去某天的数字仍可能增加。"
        "每份报表写明数据截至的时间和没有联系的闸机。\n\n"
        "“在园”是入园减出园；从另一处出园的人会使单个站点出现负数。",
        "The day, month and year reports are fixed tables: over time, by gate, by product. Groups, "
        "columns, a station and another period can be chosen as well; the address holds every "
        "choice and can be kept.\n\n"
        "Page, chart, CSV, XLSX and PDF are made of one answer: their numbers are the same. Days "
        "and hours are the park's. To print, use the browser.\n\n"
        "Records of a gate that was offline count on the day on which they happened, when they "
        "arrive: numbers of a past day may still grow. Each report says as of when it is, and "
        "which gates are silent.\n\n"
        "Inside is entries less exits: below 0 at a station where people leave who came in at "
        "another.",
    ),
}
