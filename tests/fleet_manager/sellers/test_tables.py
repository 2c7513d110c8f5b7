"""Tables as spreadsheets and people write them: taken as meant, or refused in plain words."""

import io
import sys
import zipfile
from collections.abc import Sequence
from datetime import date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from fleet_manager.centre import Centre
from fleet_manager.sellers import table_text, xlsx_rows
from fleet_manager.sellers.csv_table import CodeCells, CsvRow, Mistake, SellerTable
from fleet_manager.sellers.table_cells import read_day
from fleet_manager.tickets import products
from gate_agent.validator.lists.code_head import digest_of

SALT = b"s" * 16
PEPPER = bytes(range(32))
HEAD = "code,product,from\n"


def table_of(park: Centre, code_cells: CodeCells = CodeCells.DOUBTFUL_REFUSED) -> SellerTable:
    with park.store.read() as connection:
        sold = products.every(connection)
    return SellerTable(SALT, PEPPER, sold, park.calendar, tagged=True, code_cells=code_cells)


def read(
    park: Centre, data: bytes | str, code_cells: CodeCells = CodeCells.DOUBTFUL_REFUSED
) -> list[CsvRow | Mistake]:
    file = io.BytesIO(data if isinstance(data, bytes) else data.encode())
    return list(table_of(park, code_cells).read(file))


def mistakes(park: Centre, data: bytes | str) -> list[Mistake]:
    return [row for row in read(park, data) if isinstance(row, Mistake)]


def taken(park: Centre, data: bytes | str, *codes: str) -> list[CsvRow]:
    """Assert that a table has these codes and no mistake, and return its rows."""
    rows = read(park, data)
    assert [row for row in rows if isinstance(row, Mistake)] == []
    good = [row for row in rows if isinstance(row, CsvRow)]
    assert [row.digest for row in good] == [digest_of(SALT, code.encode()) for code in codes]
    return good


# --- what is taken -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        HEAD + "T1,adult,2026-12-01\n",
        b"\xef\xbb\xbfcode,product,from\r\nT1,adult,2026-12-01\r\n",
        "sep=,\r\n" + HEAD + "T1,adult,2026/12/1\r\n",
        "sep=;\r\ncode;product;from\r\nT1;adult;2026-12-01\r\n",
        "sep=\t\r\ncode\tproduct\tfrom\r\nT1\tadult\t2026-12-01\r\n",
        '"sep=|"\ncode|product|from\nT1|adult|2026-12-01\n',
        "code;product;from\nT1;adult;2026-12-01\n",
        "code\tproduct\tfrom\nT1\tadult\t2026-12-01\n",
        "票码，产品，开始\nT1，adult，2026年12月1日\n",
        "票号,产品,开始日期\nT1,adult,2026/12/1\n",
        "券码,票种,自\nT1,ADULT,46357\n",
        "票码,产品,日期\nT1,adult,2026-12-01\n",
        "票码（必填）,票种代码*,入园日期\nT1,adult,2026.12.1\n",
        "Code ,PRODUCT,From\nT1,Adult,2026-12-1\n",
        "\n,,\n" + HEAD + "T1,adult,2026-12-01\n",
        "\n;;\ncode;product;from\nT1;adult;2026-12-01\n",
        HEAD + "T1,adult,2026-12-01\n,,\r\n , ,\n,,,,\n\n",
        "code,product,from,,\nT1,adult,2026-12-01,,\n",
        "code,,product,from\nT1,,adult,2026-12-01\n",
        HEAD + "T1,adult,2026-12-01,,\n",
        HEAD.replace("\n", "\r") + "T1,adult,2026-12-01\r",
        HEAD + "T1,adult,2026-12-01\n\x1a",
        HEAD + "T1,adult,2026-12-01\x1a\x1a\r\n",
        HEAD + "\u00a0T1\u00a0,\u3000adult,2026-12-01\u00a0\n",
        HEAD + "\ufeffT1\u200b,adult\u200b,2026-12-01\n",
        HEAD + "T1,ａｄｕｌｔ,２０２６／１２／１\n",
        HEAD + "T1,adult,2026-12-01 00:00:00\n",
        HEAD + "T1,adult,2026/12/1 0:00\n",
        HEAD + "T1,adult,20261201\n",
        (HEAD + "T1,adult,2026-12-01\n").encode("utf-16"),
        (HEAD + "T1,adult,2026-12-01\n").encode("utf-16-le"),
        (HEAD + "T1,adult,2026-12-01\n").encode("utf-16-be"),
        (HEAD + "T1,adult,2026-12-01\n").encode("utf-32"),
        "票号,产品,开始\nT1,adult,2026年12月1日\n".encode("gbk"),
        "票号\t产品\t开始\nT1\tadult\t2026/12/1\n".encode("utf-16"),
    ],
)
def test_a_table_is_taken_as_it_is_meant(park: Centre, data: bytes | str) -> None:
    (row,) = taken(park, data, "T1")
    assert row.kind.not_before == park.calendar.window(date(2026, 12, 1), 1)[0]


def test_a_chinese_table_with_every_column(park: Centre) -> None:
    header = "票号,产品,自,至,人数,区域,入园次数,状态,身份证号"
    row = "T1,adult,2026/12/1,2026/12/3,４,0、3,每日,冻结,11010519491231002X"
    (good,) = taken(park, f"{header}\n{row}\n", "T1")
    english = "code,product,from,to,admits,zones,entry,status,document"
    plain = "T1,adult,2026-12-01,2026-12-03,4,0 3,daily,suspended,id-card:11010519491231002X"
    assert read(park, f"{english}\n{plain}\n") == [good]
    assert read(park, f"{header}\n{row}\n".encode("gb18030")) == [good]
    for bound in ("身份证：11010519491231002X", "id-card：11010519491231002X"):
        other = row.replace("11010519491231002X", bound)
        assert read(park, f"{header}\n{other}\n") == [good]


def test_a_chinese_code_in_gbk_is_the_code_that_its_qr_code_holds(park: Centre) -> None:
    taken(park, (HEAD + "门票,adult,2026-12-01\n").encode("gbk"), "门票")
    # The same bytes as a letter of another alphabet: nobody can know.
    (wrong,) = mistakes(park, HEAD.encode() + "Müller,adult,2026-12-01\n".encode("latin-1"))
    assert (wrong.line, wrong.column) == (2, "code")
    assert "save the table as CSV UTF-8" in wrong.text


@pytest.mark.parametrize("cell", ['="00123456"', '"=""00123456"""', "'00123456", ' "00123456"'])
def test_tricks_that_keep_a_code_as_text_are_taken_off(park: Centre, cell: str) -> None:
    taken(park, HEAD + f"{cell},adult,2026-12-01\n", "00123456")
    assert read(park, HEAD + f"{cell},adult,2026-12-01\n", CodeCells.AS_WRITTEN) != read(
        park, HEAD + "00123456,adult,2026-12-01\n"
    )


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-02-28", date(2026, 2, 28)),
        ("2026-02-29", None),
        ("36526", date(2000, 1, 1)),
        ("46357.0", date(2026, 12, 1)),
        ("46357.5", None),
        ("12345", None),
        ("2026-W49-1", None),
        ("2026W491", None),
        ("2026-335", None),
        ("12/1/2026", None),
        ("1-12-2026", None),
        ("26/12/1", None),
        ("2026/12-1", None),
        ("2026-12-01 10:30", None),
        ("2026-12-01T00:00:00", date(2026, 12, 1)),
        ("２０２６年１２月１日", date(2026, 12, 1)),
        ("٢٠٢٦-١٢-٠١", None),
        ("", None),
    ],
)
def test_a_day_is_taken_only_if_it_is_one_day_for_everybody(text: str, day: date | None) -> None:
    assert read_day(text) == day


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "line", "column", "says"),
    [
        (HEAD + "I1,adult,2026-W49-1\n", 2, "from", "not '2026-W49-1': a week"),
        (HEAD + "I1,adult,1/12/2026\n", 2, "from", "not '1/12/2026': the year must come first"),
        (HEAD + "I1,adult,2026-12-01 9:30\n", 2, "from", "a time of day does not count"),
        (HEAD + "I1,Adults,2026-12-01\n", 2, "product", "not 'Adults'"),
        (HEAD + "1.23457E+17,adult,2026-12-01\n", 2, "code", "Excel has rounded this"),
        (HEAD + '"1,23457E+17",adult,2026-12-01\n', 2, "code", "format the column as text"),
        (HEAD + '="1E+12",adult,2026-12-01\n', 2, "code", "Excel has rounded this"),
        (HEAD + "123456789.0,adult,2026-12-01\n", 2, "code", "made a number of this"),
        (HEAD + "#N/A,adult,2026-12-01\n", 2, "code", "'#N/A', instead of a code"),
        (HEAD + "########,adult,2026-12-01\n", 2, "code", "instead of a code"),
        (HEAD + '"T9 ",adult,2026-12-01\n', 2, "code", "--codes as-written"),
        (HEAD + " T9,adult,2026-12-01\n", 2, "code", "--codes trimmed"),
        (HEAD + "H\u200b4,adult,2026-12-01\n", 2, "code", "number 2 is U+200B"),
        (HEAD + 'T1,adult,"2026-12-01\nT2,adult,2026-12-01\n', 2, "", "never closed"),
        (HEAD + '"T1" ,adult,2026-12-01\n', 2, "", "behind a closing quotation mark"),
        (HEAD + "T1,adult,2026-12-01,x\n", 2, "", "text in cell 4, and that"),
        ("code,,product,from\nT1,y,adult,2026-12-01\n", 2, "", "text in cell 2, and that"),
        (HEAD + "T1,adult\n", 2, "", "has 2 cells, the first line has 3"),
        (HEAD + "T1,adult,2026-12-01\n\x1aT2,adult,2026-12-01\n", 3, "", "behind a Ctrl-Z"),
        ("code,product,from,name,phone\n", 1, "", "not known: 'name', 'phone'"),
        ("# exported\n" + HEAD, 1, "", "must name the columns"),
        ("code,product\n", 1, "", "must name the columns from"),
        ("code,票号,product,from\n", 1, "", "names code again"),
        (b"code,product,from\n\xff\xff,adult,2026-12-01\n", 2, "", "neither UTF-8 nor GBK"),
        (b"\xef\xbb\xbfcode,product,from\n\xc3\xc5,adult,2026-12-01\n", 2, "", "not UTF-8"),
        (b"\xff\xfec\0o\0d", 1, "", "not UTF-16"),
        ('sep="\n' + HEAD, 1, "", "cannot separate cells"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), 1, "", "old Excel workbook (.xls)"),
        (b"<html><table><tr><td>code</td></tr></table></html>", 1, "", "is a web page"),
        (b"", 1, "", "must name the columns"),
    ],
)
def test_a_mistake_says_where_it_is_and_how_to_mend_it(
    park: Centre, data: bytes | str, line: int, column: str, says: str
) -> None:
    (mistake,) = mistakes(park, data)
    assert (mistake.line, mistake.column) == (line, column)
    assert says in mistake.text


def test_a_message_shows_no_code_and_no_document_also_where_they_are_misplaced(
    park: Centre,
) -> None:
    row = "1f0c7de1a2b3c4d5e6f708,adult,2026-12-01,id-card:11010519491231002X\n"
    for table in (row, "code,product,from,document\na," + row):
        (mistake,) = mistakes(park, table)
        assert "1f0c7d" not in mistake.text
        assert "110105" not in mistake.text


def test_a_table_is_read_by_itself_whatever_was_read_before(park: Centre) -> None:
    table = table_of(park)
    for _ in range(2):
        _, mistake = table.read(io.BytesIO(numbers("123456789012345000").encode()))
        assert isinstance(mistake, Mistake)
    (row,) = table.read(io.BytesIO(numbers("T1").encode()))
    assert isinstance(row, CsvRow)


def numbers(*codes: str) -> str:
    return HEAD + "".join(f"{code},adult,2026-12-01\n" for code in codes)


@pytest.mark.parametrize(
    "codes",
    [
        ["123456789012345000"],
        ["1234567890123450", "1234567890123460", "1234567890123470"],
        ["12345678901234567000", "12345678901234568000"],  # 17 digits, as JavaScript keeps them
        ["A1", "123456789012345000", "123456789012346000", "123456789012345678"],
    ],
)
def test_a_column_of_rounded_numbers_is_refused(park: Centre, codes: list[str]) -> None:
    (mistake,) = mistakes(park, numbers(*codes))
    assert mistake.column == "code"
    assert "Excel has rounded this" in mistake.text
    assert "format the column as text" in mistake.text
    assert not any(
        isinstance(row, Mistake) for row in read(park, numbers(*codes), CodeCells.AS_WRITTEN)
    )


def test_numbers_that_end_in_zeros_by_chance_are_codes(park: Centre) -> None:
    for codes in (
        ["1234567890123450"],
        [str(10**17 + number) for number in range(1000)],
        [str(10**15 + 7 * number) for number in range(100)],
        ["100000", "200000", "300000"],
    ):
        taken(park, numbers(*codes), *codes)


def test_a_rounded_document_number_is_refused(park: Centre) -> None:
    head = "code,product,from,身份证号\n"
    for number in ("1.10105E+17", "110105194912310000"):
        (mistake,) = mistakes(park, head + f"T1,adult,2026-12-01,{number}\n")
        assert (mistake.line, mistake.column) == (2, "document")
        assert "Excel has rounded this" in mistake.text


def test_one_number_that_ends_in_zero_is_no_rounded_column_but_may_be_wrong(park: Centre) -> None:
    head = "code,product,from,身份证号\n"
    row = "T{},adult,2026-12-01,{}\n"
    good = row.format(1, "11010519491231002X")
    (mistake,) = mistakes(park, head + good + row.format(2, "110105194912310020"))
    assert (mistake.line, mistake.column) == (3, "document")
    assert "the last character does not fit" in mistake.text
    assert "110105194912310020" not in mistake.text


def test_blanks_at_the_ends_of_a_code_are_part_of_it_or_not_as_the_clerk_says(park: Centre) -> None:
    table = HEAD + '"T9 ",adult,2026-12-01\n'
    (kept,) = read(park, table, CodeCells.AS_WRITTEN)
    (cut,) = read(park, table, CodeCells.TRIMMED)
    assert isinstance(kept, CsvRow)
    assert isinstance(cut, CsvRow)
    assert kept.digest == digest_of(SALT, b"T9 ")  # what a gate makes of the QR code
    assert cut.digest == digest_of(SALT, b"T9")


# --- workbooks ---------------------------------------------------------------------------------


def workbook(*rows: Sequence[object], shapes: dict[str, str] | None = None) -> bytes:
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for place, shape in (shapes or {}).items():
        sheet[place].number_format = shape
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


CHINESE = ["票号", "产品", "开始"]


def test_a_workbook_is_read_as_its_csv_would_be(park: Centre) -> None:
    day = datetime(2026, 12, 1)  # noqa: DTZ001 - a cell has no zone
    data = workbook(
        CHINESE,
        ["T1", "adult", day],
        [None, None, None],
        [4711, "adult", "2026/12/1"],
        [123, "Adult", 46357],
        shapes={"A5": "00000000"},
    )
    rows = taken(park, data, "T1", "4711", "00000123")
    assert [row.line for row in rows] == [2, 4, 5]
    assert len({row.kind for row in rows}) == 1


def test_a_workbook_of_the_1904_calendar(park: Centre) -> None:
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.active.append(CHINESE)
    book.active.append(["T1", "adult", date(2026, 12, 1)])
    out = io.BytesIO()
    book.save(out)
    (row,) = taken(park, out.getvalue(), "T1")
    assert row.kind.not_before == park.calendar.window(date(2026, 12, 1), 1)[0]


def test_a_number_that_excel_has_rounded_is_refused_in_a_workbook(park: Centre) -> None:
    (mistake,) = mistakes(park, workbook(CHINESE, [123456789012345678, "adult", "2026-12-01"]))
    assert (mistake.line, mistake.column) == (2, "code")
    assert "Excel has rounded this" in mistake.text


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(name.replace("__", "/") + ".xml", data)
    return out.getvalue()


def test_a_workbook_that_cannot_be_read_says_what_to_do(
    park: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = workbook(CHINESE, ["T1", "adult", "2026-12-01"])
    two = Workbook()
    two.create_sheet("七月")
    out = io.BytesIO()
    two.save(out)
    for data, says in (
        (good[: len(good) // 2], "cannot be read"),
        (zipped(word__document=b"<a/>"), "no .xlsx workbook"),
        (zipped(xl__workbook=b"<a/>"), "cannot be read"),
        (out.getvalue(), "must have one sheet, and has 2"),
    ):
        (mistake,) = mistakes(park, data)
        assert says in mistake.text
        assert "save the sheet as CSV UTF-8" in mistake.text
    monkeypatch.setattr(xlsx_rows, "MAX_UNPACKED_BYTES", 1000)
    assert "unpacks to more" in mistakes(park, good)[0].text


def test_a_sheet_of_empty_cells_is_bounded(park: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Workbook()
    book.active.append(CHINESE)
    for row in range(2, 9):
        book.active.cell(row, 16_000, "x")
    out = io.BytesIO()
    book.save(out)
    monkeypatch.setattr(xlsx_rows, "MAX_CELLS", 40_000)
    assert "too large" in mistakes(park, out.getvalue())[-1].text


# --- any bytes ---------------------------------------------------------------------------------

CELLS = st.sampled_from(
    [
        "code",
        "product",
        "from",
        "票号",
        "T1",
        "adult",
        "2026-12-01",
        "46357",
        "1.2E+17",
        '"',
        "'",
        '="1"',
        "\x1a",
        "\0",
        "\ufeff",
        "\r",
        "\n",
        "\r\n",
        ",",
        ";",
        "\t",
        "sep=",
        "=",
        " ",
        "\u3000",
        "产品",
        "开始",
        "至",
        "\u2028",
        "1" * 18 + "000",
    ]
)
TEXTS = st.lists(CELLS, max_size=60).map("".join)
BYTES = st.one_of(
    st.binary(max_size=300),
    TEXTS.map(str.encode),
    TEXTS.map(lambda text: (HEAD + text).encode()),
    TEXTS.map(lambda text: text.encode("utf-16")),
    TEXTS.map(lambda text: ("票号,产品,开始\n" + text).encode("gb18030")),
    st.binary(max_size=100).map(lambda data: b"PK\x03\x04" + data),
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=BYTES)
def test_any_bytes_are_rows_or_named_mistakes(park: Centre, data: bytes) -> None:
    for row in read(park, data):
        if isinstance(row, Mistake):
            assert row.line >= 1
            assert row.text
        else:
            assert isinstance(row, CsvRow)


def steps(park: Centre, data: bytes) -> int:
    """How many functions are called, in Python and C, while a table is read."""
    table = table_of(park)
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        for _ in table.read(io.BytesIO(data)):
            pass
    finally:
        sys.setprofile(None)
    return count


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=BYTES.filter(lambda data: not data.startswith(b"PK")), times=st.integers(1, 30))
def test_the_work_grows_with_the_length_and_no_faster(
    park: Centre, data: bytes, times: int
) -> None:
    assert steps(park, data * times) <= 2000 + 60 * len(data) * times


@pytest.mark.parametrize(
    "unit", [b",", b'"', b"\n", b",\n", b"\r", b"sep=,\n", b'"\n', b"\x1a", b"a\n"]
)
def test_no_repetition_is_dear(park: Centre, unit: bytes) -> None:
    size = 20_000 // len(unit)
    for head in (b"", HEAD.encode()):
        once = steps(park, head + unit * size)
        twice = steps(park, head + unit * size * 2)
        assert twice <= 2 * once + 2000


def test_a_table_that_is_too_large_is_not_read(
    park: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_text, "MAX_TABLE_BYTES", 1000)
    (mistake,) = mistakes(park, HEAD + "x" * 1000)
    assert "too large" in mistake.text
