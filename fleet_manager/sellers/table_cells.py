"""PURE. The cells of a seller's table as people and spreadsheets write them.

Names of columns, days, numbers and words are taken in English and Chinese, with capitals and
full-width characters. Codes are taken to the character, but for what spreadsheets put around them.
"""

import re
from datetime import date, timedelta

MAX_SHOWN_CHARS = 40
_HIDDEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_SPACES = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
_EDGES = _SPACES + _HIDDEN
_EDGES_OF_CODE = "".join(char for char in _EDGES if char != " ")
"""What no code may contain, because it does not print; a blank may be part of one."""

_HALF_WIDTH = {char: char - 0xFEE0 for char in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}

HEADER_NAMES = {
    "code": "票号 票码 码 券码 券号 条码 条形码 二维码 编码 电子票号 凭证码",
    "product": "产品 票种 票型 商品 产品代码 产品编码 票种代码",
    "from": "开始 自 从 起 始 日期 开始日期 开始时间 起始日期 生效日期 有效期起 入园日期 使用日期",
    "to": "结束 至 到 止 结束日期 结束时间 截止日期 截止 失效日期 到期日期 有效期止 有效期至",
    "admits": "人数 入园人数 可入园人数",
    "zones": "区域 园区 分区 区域编号",
    "entry": "入园方式 入园次数 次数 可用次数",
    "status": "状态 票状态",
    "document": "证件 证件号 证件号码",
}
"""Chinese names of the columns, separated by blanks."""
ID_CARD_NAMES = ("身份证", "身份证号", "身份证号码")
"""Names of a `document` column that holds numbers of identity cards alone."""
_COLUMN_OF = {
    name: column
    for column, names in HEADER_NAMES.items()
    for name in (column, *names.split())
} | dict.fromkeys(ID_CARD_NAMES, "document")  # fmt: skip
STATUS_WORDS = {
    "有效": "valid",
    "作废": "void",
    "无效": "void",
    "冻结": "suspended",
    "暂停": "suspended",
}
ENTRY_WORDS = {"一次": "once", "单次": "once", "每日": "daily", "每天": "daily"}
DOCUMENT_WORDS = {"身份证": "id-card", "护照": "passport", "通行证": "permit", "其他": "other"}

_DAY = re.compile(
    r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日?|(\d\d)(\d\d))", re.ASCII
)
_MIDNIGHT = re.compile(r"[t ]0{1,2}:00(:00(\.0+)?)?$")
_SERIAL = re.compile(r"(\d{5})(?:\.0+)?", re.ASCII)
_SERIAL_DAYS = range(36526, 73051)
"""Day numbers of Excel from 2000-01-01 to 2099-12-31."""
_SERIAL_START = date(1899, 12, 30)

_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[Ee]\+\d{1,3}")
_FRACTION = re.compile(r"\d{6,}\.0+")
_SHEET_ERROR = re.compile(r"#(?:N/A|NAME\?|REF!|VALUE!|NUM!|NULL!|DIV/0!|#+)")
_WRAPPED = re.compile(r"""="([^"]*)"|"([^"]*)"|'([^']*)'|'([^']*)""")
_EXACT_DIGITS = 15
_DOUBLE_DIGITS = 17
AS_TEXT = "format the column as text, and fill it again from where the codes came from"


def bare(text: str) -> str:
    """Return a cell without what cannot be seen at its ends: blanks of all kinds, marks."""
    return text.strip(_EDGES)


def shown(text: str) -> str:
    """Return a cell's text for a message: quoted, cut, nothing in it that moves a cursor."""
    cut = text if len(text) <= MAX_SHOWN_CHARS else text[:MAX_SHOWN_CHARS] + "…"
    return repr(cut)


def plain(text: str) -> str:
    """Return a cell that holds a day, number or word: half-width, in small letters."""
    if text.isascii():
        return text.lower()
    return bare(text.translate(_HALF_WIDTH)).lower()


def column_of(name: str) -> str:
    """Return the column that a cell of the first line names, empty for an unknown name."""
    folded = re.sub(r"[\s_*:-]", "", plain(bare(name)))
    return _COLUMN_OF.get(re.sub(r"\([^()]*\)$", "", folded), "")


def is_id_card(name: str) -> bool:
    """Return whether a cell of the first line names a column of identity card numbers."""
    return re.sub(r"[\s*:]", "", plain(bare(name))) in ID_CARD_NAMES


def read_day(text: str) -> date | None:
    """Return the day in a cell, None if it is none, or could be another one.

    `2026-11-30`, `2026/11/30`, `2026.11.30`, `2026年11月30日`, `20261130`, each also with 0:00
    behind it, and Excel's day number 46356 (days since 1899-12-30, in the 1900 system).
    """
    text = _MIDNIGHT.sub("", plain(text))
    serial = _SERIAL.fullmatch(text)
    if serial and int(serial[1]) in _SERIAL_DAYS:
        return _SERIAL_START + timedelta(days=int(serial[1]))
    parts = _DAY.fullmatch(text)
    if parts is None:
        return None
    try:
        month, day = parts[3] or parts[5] or parts[7], parts[4] or parts[6] or parts[8]
        return date(int(parts[1]), int(month), int(day))
    except ValueError:
        return None


def day_mistake(text: str) -> str:
    """Return what is wrong with a cell that holds no day, and what is allowed."""
    allowed = f"must be a day like 2026-11-23, 2026/11/23 or 2026年11月23日, not {shown(text)}"
    if re.fullmatch(r"\d{4}-?w\d\d?(-?\d)?", text.lower()):
        return f"{allowed}: a week does not name a day that all readers agree on"
    if re.fullmatch(r"\d{1,2}([-/.])\d{1,2}\1\d{2,4}", text):
        return f"{allowed}: the year must come first, or day and month could be swapped"
    if re.search(r"\d:\d\d|\d{5}\.\d", text):
        return f"{allowed}: a time of day does not count"
    return allowed


def unwrapped(code: str) -> str:
    """Return a code without the tricks that make a spreadsheet keep it as text: `="0012"`, `'0012`,
    and quotation marks that a blank before them has made part of the cell."""
    if code.isalnum():  # nearly always
        return code
    wrapped = _WRAPPED.fullmatch(code.strip())
    if wrapped is None:
        return code
    return next((part for part in wrapped.groups() if part is not None), code)


def copied(text: str) -> str:
    """Return a code without what is around it where it was copied: marks, blanks, the separators
    of a table, quotation marks."""
    return bare(unwrapped(text.strip(_EDGES + ",;，；")))


def code_edges(text: str) -> str:
    """Return a code's cell without what no code contains at its ends; blanks are left."""
    return text.strip(_EDGES_OF_CODE)


def damage(code: str) -> str:
    """Return how a spreadsheet has spoilt a code, empty if there is no sign of it."""
    if code.isalnum():
        return ""
    if _SCIENTIFIC.fullmatch(code):
        return f"Excel has rounded this to {shown(code)}: {AS_TEXT}"
    if _FRACTION.fullmatch(code):
        return f"a spreadsheet has made a number of this ({shown(code)}): {AS_TEXT}"
    if _SHEET_ERROR.fullmatch(code):
        return f"has an error of the spreadsheet, {shown(code)}, instead of a code"
    return ""


def uncertain_in_gbk(code: str) -> str:
    """Return what is wrong with a code whose bytes could be another encoding than GBK."""
    try:
        code.encode("gb2312")
    except UnicodeEncodeError:
        return "has letters that are not certain in this encoding: save the table as CSV UTF-8"
    return ""


class RoundedNumbers:
    """Looks for a column of numbers that a spreadsheet has rounded.

    Excel keeps 15 digits of a number, others 17; the rest become zeros. One number that ends in
    zeros says little, a column of them does: at least three zeros in all, one a number on average,
    in more than half of the numbers of 16 digits or more. By chance that happens in fewer than one
    of a hundred small tables of random numbers, and in no large one.
    """

    def __init__(self) -> None:
        self._numbers = 0
        self._round = 0
        self._zeros = 0
        self.line = 0

    def add(self, line: int, text: str) -> bool:
        """Note the text of a cell in a line; return whether it may have been rounded."""
        if len(text) <= _EXACT_DIGITS or not (text.isascii() and text.isdecimal()):
            return False
        self._numbers += 1
        significant = len(text.rstrip("0"))
        if significant == len(text) or significant > _DOUBLE_DIGITS:
            return False
        self._round += 1
        self._zeros += len(text) - significant
        self.line = self.line or line
        return True

    def mistake(self) -> str:
        """Return what is wrong with the column, empty if it may be as it was."""
        if self._zeros < max(3, self._numbers) or 2 * self._round <= self._numbers:
            return ""
        return (
            f"Excel has rounded this: {self._round} of {self._numbers} long numbers end in zeros; "
            f"{AS_TEXT}"
        )
