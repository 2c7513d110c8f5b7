"""Codes that others sell: import row by row, all or nothing, and lists that cost what changed."""

import csv
import io
import random
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from fleet_manager.centre import Centre
from fleet_manager.database import tables
from fleet_manager.errors import CentreError
from fleet_manager.explain import explain
from fleet_manager.lists import codes as seller_list
from fleet_manager.lists import versions
from fleet_manager.sellers import code_export, sellers
from fleet_manager.sellers.code_import import MAX_MISTAKES, ImportResult
from fleet_manager.sellers.csv_table import COLUMNS, CsvRow, Mistake, SellerTable
from fleet_manager.services.sellers import take_in
from fleet_manager.tickets import products
from gate_agent.validator.decide import Denied, Granted, HolderNeeded
from gate_agent.validator.lists.code_changes import open_delta
from gate_agent.validator.lists.code_list import TableReader
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.reasons import Reason
from tests.fleet_manager.scribe import NOON

PEPPER = bytes(range(32))
DAY = "2026-11-23"


def make(park: Centre, series: str = "otter", *, tagged: bool = False) -> sellers.Seller:
    with park.store.write() as connection:
        sellers.add(connection, series, "Otter Travel", tagged=tagged, draw=lambda n: b"s" * n)
        return sellers.find_series(connection, series)


def table_of(park: Centre, seller: sellers.Seller) -> SellerTable:
    with park.store.read() as connection:
        known = products.every(connection)
    return SellerTable(seller.salt, PEPPER, known, park.calendar, tagged=seller.tagged)


def read(park: Centre, seller: sellers.Seller, text: str | bytes) -> list[CsvRow | Mistake]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(table_of(park, seller).read(io.BytesIO(data)))


def bring(park: Centre, seller: sellers.Seller, text: str, **options: bool) -> ImportResult:
    return take_in(park.store, seller.series, iter(read(park, seller, text)), **options)


def lines(*rows: str, header: str = "code,product,from") -> str:
    return "\n".join([header, *rows]) + "\n"


def codes(count: int, mark: str = "a") -> str:
    return lines(*(f"{mark}{number:021x},adult,{DAY}" for number in range(count)))


def state(park: Centre) -> list[tuple[object, ...]]:
    with park.store.read() as connection:
        query = select(tables.code).order_by(tables.code.c.series, tables.code.c.digest)
        return [tuple(row) for row in connection.execute(query)]


# --- the rows ----------------------------------------------------------------------------------


def test_what_a_row_says(park: Centre) -> None:
    seller = make(park, tagged=True)
    header = "document,status,entry,zones,admits,to,from,product,code"
    text = lines(
        f"id-card:110101 1990-0307 0011,void,daily,0 3,4,2026-11-25,{DAY},adult,Ä b-1",
        f",,,,,,{DAY},adult,second",
        "",
        header=header,
    )
    first, second = read(park, seller, "\ufeff" + text)
    assert isinstance(first, CsvRow)
    assert isinstance(second, CsvRow)
    kind = first.kind
    assert (first.line, first.status, kind.admits, kind.zones) == (2, TicketStatus.VOID, 4, 0b1001)
    assert (kind.expires_at - kind.not_before) == 3 * 86_400
    assert first.tag is not None
    assert (second.line, second.status, second.tag, second.kind.admits) == (3, None, None, 1)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (f",adult,{DAY},,,,,,", "code"),
        (f"{'x' * 129},adult,{DAY},,,,,,", "code"),
        (f"a\x07b,adult,{DAY},,,,,,", "code"),
        (f"SG1:ABC,adult,{DAY},,,,,,", "code"),
        (f"ok,nobody,{DAY},,,,,,", "product"),
        ("ok,adult,23.11.2026,,,,,,", "from"),
        ("ok,adult,2026-W49-1,,,,,,", "from"),
        ("ok,adult,2026-11-31,,,,,,", "from"),
        ("ok,adult,,,,,,,", "from"),
        (f"ok,adult,{DAY},tomorrow,,,,,", "to"),
        (f"ok,adult,{DAY},2026-11-22,,,,,", "to"),
        (f"ok,adult,{DAY},9999-12-31,,,,,", "to"),
        ("ok,adult,0001-01-01,,,,,,", "from"),
        (f"ok,adult,{DAY},,0,,,,", "admits"),
        (f"ok,adult,{DAY},,65536,,,,", "admits"),
        (f"ok,adult,{DAY},,²,,,,", "admits"),
        (f"ok,adult,{DAY},,,0 16,,,", "zones"),
        (f"ok,adult,{DAY},,,x,,,", "zones"),
        (f"ok,adult,{DAY},,,,1,,", "entry"),
        (f"ok,adult,{DAY},,,,,gone,", "status"),
        (f"ok,adult,{DAY},,,,,,12345678", "document"),
        (f"ok,adult,{DAY},,,,,,:12345678", "document"),
        (f"ok,adult,{DAY},,,,,,id-card:1", "document"),
        (f"ok,adult,{DAY},,,,,,id-card:110101199003070012", "document"),
        (f"ok,adult,{DAY},,,,,,id-card:110101199013070018", "document"),
        (f"ok,adult,{DAY},,,,,,id-card:11010119900307001", "document"),
        ("ok,adult", ""),
        ('ok,adult,"open', ""),
    ],
)
def test_a_mistake_names_line_column_and_text_but_never_a_code_or_a_document(
    park: Centre, row: str, column: str
) -> None:
    seller = make(park, tagged=True)
    good = f"fine,adult,{DAY},,,,,,"
    found = read(park, seller, lines(good, row, header=",".join(COLUMNS)))
    [mistake] = [one for one in found if isinstance(one, Mistake)]
    assert (mistake.line, mistake.column) == (3, column)
    cells = dict(zip(COLUMNS, row.split(","), strict=False))
    for secret in (cells["code"], cells.get("document", "")):
        assert len(secret) < 5 or secret not in mistake.text
    if column not in ("", "code", "document"):
        assert repr(cells[column]) in mistake.text


def test_every_mistake_of_a_row_is_named(park: Centre) -> None:
    seller = make(park)
    header = "code,product,from,status,document"
    found = read(park, seller, lines(",x,y,z,id:12345678", header=header))
    assert [one.column for one in found if isinstance(one, Mistake)] == [
        "code", "product", "status", "document",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "must name"),
        (b"code:product:from\n", "must name the columns code, product, from"),
        (b"code,product\n", "must name the columns from"),
        (b"code,product,from,name,phone\n", "not known: 'name', 'phone'"),
        (b"code,product,from,code\n", "names code again"),
        (b"code,product,from\na\0b,adult,2026-11-23\n", "number 2 is U\\+0000"),
        (b"code,product,from\n" + b"x" * 200_000 + b",adult,2026-11-23\n", "longer than"),
    ],
)
def test_a_file_that_is_no_such_table(park: Centre, data: bytes, text: str) -> None:
    [mistake] = [one for one in read(park, make(park), data) if isinstance(one, Mistake)]
    assert re.search(text, mistake.text)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_rows_or_mistakes(park: Centre, data: bytes) -> None:
    seller = sellers.Seller("otter", "Otter", bytes(16), tagged=True, change=1)
    for candidate in (data, b"code,product,from,document\n" + data):
        for one in read(park, seller, candidate):
            assert isinstance(one, CsvRow | Mistake)


# --- all or nothing ----------------------------------------------------------------------------


def test_an_import_and_the_same_again(park: Centre) -> None:
    seller = make(park)
    assert bring(park, seller, codes(50)) == ImportResult(50, 50, 0, 0, ())
    before = state(park)
    assert bring(park, seller, codes(50)) == ImportResult(50, 0, 0, 0, ())
    assert state(park) == before
    more = codes(51).replace(f"a{7:021x},adult,{DAY}", f"a{7:021x},adult,2026-11-24")
    assert bring(park, seller, more) == ImportResult(51, 1, 1, 0, ())
    with park.store.read() as connection:
        assert len(sellers.kinds(connection, "otter")) == 2


def test_a_dry_run_changes_nothing(park: Centre) -> None:
    seller = make(park)
    bring(park, seller, codes(5))
    before = state(park)
    assert bring(park, seller, codes(9), dry_run=True) == ImportResult(9, 4, 0, 0, ())
    assert bring(park, seller, codes(2), dry_run=True, complete=True) == ImportResult(
        2, 0, 0, 3, ()
    )
    assert state(park) == before


def test_one_mistake_and_nothing_is_taken_in(park: Centre) -> None:
    seller = make(park)
    bad = codes(30) + f"x,nobody,{DAY}\n" + f"a{3:021x},adult,{DAY}\n"
    outcome = bring(park, seller, bad)
    assert [(one.line, one.column) for one in outcome.mistakes] == [(32, "product")]
    assert state(park) == []
    twice = bring(park, seller, codes(30) + f"a{3:021x},adult,{DAY}\n")
    assert [(one.line, one.column, one.text) for one in twice.mistakes] == [
        (32, "code", "stands in line 5 as well")
    ]
    assert state(park) == []


def test_mistakes_are_named_up_to_a_limit(park: Centre) -> None:
    seller = make(park)
    outcome = bring(park, seller, lines(*(f"x{n},nobody,{DAY}" for n in range(999))))
    assert len(outcome.mistakes) == MAX_MISTAKES


def test_a_complete_table_takes_away_what_is_not_in_it(park: Centre) -> None:
    seller = make(park)
    bring(park, seller, codes(9))
    assert bring(park, seller, codes(4), complete=True) == ImportResult(4, 0, 0, 5, ())
    with park.store.read() as connection:
        assert seller_list.read(connection, "otter", None).count == 4
    assert bring(park, seller, codes(4), complete=True) == ImportResult(4, 0, 0, 0, ())
    assert bring(park, seller, codes(9)) == ImportResult(9, 0, 5, 0, ())
    with park.store.read() as connection:
        assert seller_list.read(connection, "otter", None).count == 9


def test_a_complete_table_of_one_seller_takes_nothing_of_another_away(park: Centre) -> None:
    otter, heron = make(park), make(park, "heron")
    bring(park, otter, codes(3))
    bring(park, heron, codes(2, "b"))
    assert bring(park, otter, codes(3), complete=True) == ImportResult(3, 0, 0, 0, ())
    bring(park, otter, codes(4), complete=True)
    with park.store.read() as connection:
        assert seller_list.read(connection, "heron", None).count == 2


def test_kinds_keep_the_numbers_in_which_they_came(park: Centre) -> None:
    seller = make(park)
    bring(park, seller, lines(f"first,child,{DAY}", f"second,adult,{DAY}"))
    with park.store.read() as connection:
        first, second = (sellers.find(connection, code) for code in ("first", "second"))
        numbers = {product.code: product.id for product in products.every(connection)}
    assert first is not None
    assert second is not None
    products_sold = (first.ticket.product, second.ticket.product)
    assert products_sold == (numbers["child"], numbers["adult"])


def test_an_import_says_nothing_of_a_status_that_it_does_not_name(park: Centre) -> None:
    seller = make(park)
    bring(park, seller, codes(3))
    with park.store.write() as connection:
        done = sellers.set_status(connection, "otter", [f"a{1:021x}"], TicketStatus.VOID)
    assert done == (1, [])
    assert bring(park, seller, codes(3)) == ImportResult(3, 0, 0, 0, ())
    named = lines(f"a{1:021x},adult,{DAY},valid", header="code,product,from,status")
    assert bring(park, seller, named) == ImportResult(1, 0, 1, 0, ())


def test_too_many_kinds_or_codes(park: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    seller = make(park)
    monkeypatch.setattr("fleet_manager.sellers.code_import.MAX_CODES", 3)
    assert "at most 3 codes" in bring(park, seller, codes(4)).mistakes[0].text
    monkeypatch.setattr("fleet_manager.sellers.code_import.MAX_KINDS", 0)
    assert "at most 0 different" in bring(park, seller, codes(2)).mistakes[0].text


def test_series(park: Centre) -> None:
    make(park)
    for name in ("main", "Otter", "", "x" * 17):
        with pytest.raises(CentreError, match="cannot use the series"):
            make(park, name)
    with pytest.raises(CentreError, match="it is there"):
        make(park)
    for number in range(sellers.MAX_SELLERS - 1):
        make(park, f"s{number}")
    with pytest.raises(CentreError, match="a gate keeps no more"):
        make(park, "one-more")
    with park.store.read() as connection:
        with pytest.raises(CentreError, match="cannot find series"):
            sellers.find_series(connection, "nobody")
        assert len(versions.every(connection)) == 1 + sellers.MAX_SELLERS


# --- status ------------------------------------------------------------------------------------


def test_codes_are_voided_suspended_and_restored_all_or_none(park: Centre) -> None:
    seller = make(park)
    bring(park, seller, codes(5))
    names = [f"a{number:021x}" for number in range(5)]
    with park.store.write() as connection:
        assert sellers.set_status(connection, "otter", names, TicketStatus.SUSPENDED) == (5, [])
        again = sellers.set_status(connection, "otter", [*names, "x"], TicketStatus.VALID)
        assert again == (0, [5])
        assert sellers.set_status(connection, "otter", names[:2] * 2, TicketStatus.VALID) == (2, [])
        assert sellers.set_status(connection, "otter", names[:2], TicketStatus.VALID) == (0, [])
    assert sorted(str(row[3]) for row in state(park)) == ["1", "1", "3", "3", "3"]


def test_why_a_code_would_be_refused(park: Centre) -> None:
    seller = make(park, tagged=True)
    header = "code,product,from,status,document"
    text = lines(
        f"good,adult,{DAY},,",
        f"gone,adult,{DAY},void,",
        "later,adult,2026-12-24,,",
        f"bound,adult,{DAY},,id-card:110101199003070011",
        header=header,
    )
    bring(park, seller, text)
    vault = park.unlock()
    with park.store.read() as connection:
        found = [
            explain(connection, code, vault, park.calendar, 0, NOON).decision
            for code in ("good", "gone", "later", "bound", "other")
        ]
    assert isinstance(found[0], Granted)
    assert isinstance(found[3], HolderNeeded)
    reasons = [one.reason for one in found if isinstance(one, Denied)]
    assert reasons == [Reason.VOID, Reason.NOT_YET, Reason.ALIEN]


# --- lists -------------------------------------------------------------------------------------


def test_a_list_brought_up_to_date_is_the_one_made_anew(park: Centre) -> None:
    seller = make(park)
    rng = random.Random(5)
    known: seller_list.SellerList | None = None
    for step in range(6):
        marked = codes(rng.randrange(1, 40), "abc"[step % 3])
        bring(park, seller, marked, complete=step == 4)
        with park.store.read() as connection:
            known = seller_list.read(connection, "otter", known)
            anew = seller_list.read(connection, "otter", None)
        assert known == anew
        reader = TableReader(known.count)
        reader.feed(known.snapshot())
        assert reader.finish().result == known.result


def test_a_delta_costs_what_changed(park: Centre) -> None:
    seller = make(park)
    bring(park, seller, codes(300))
    with park.store.read() as connection:
        since = sellers.find_series(connection, "otter").change
    bring(park, seller, codes(20, "b"))
    with park.store.read() as connection:
        body = seller_list.delta(connection, "otter", since)
    assert body is not None
    assert len(body) < 20 * 12 + 200
    _, changes = open_delta(body)
    assert len(changes) == 20


def test_a_delta_that_no_board_could_hold_is_none(
    park: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller = make(park)
    bring(park, seller, codes(30))
    monkeypatch.setattr("fleet_manager.lists.codes.MAX_CHANGES_BYTES", 100)
    with park.store.read() as connection:
        assert seller_list.delta(connection, "otter", 0) is None


# --- export and secrets ------------------------------------------------------------------------


def test_an_export_has_everything_but_the_codes(park: Centre) -> None:
    seller = make(park, tagged=True)
    header = "code,product,from,document"
    secret, number = "=cmd|calc", "110101199003070011"
    bring(park, seller, lines(f"{secret},adult,{DAY},id-card:{number}", header=header))
    out = io.StringIO()
    with park.store.read() as connection:
        assert code_export.write(connection, "otter", park.calendar, out) == 1
    [row] = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert (row["product"], row["from"], row["to"], row["holder"]) == ("adult", DAY, DAY, "yes")
    assert len(row["digest"]) == 20


def test_neither_codes_nor_document_numbers_are_kept(park: Centre, tmp_path: Path) -> None:
    seller = make(park, tagged=True)
    number = "110101199003070011"
    header = "code,product,from,document"
    bring(park, seller, lines(f"secret-code,adult,{DAY},id-card:{number}", header=header))
    with park.store.read() as connection:
        dump = repr(list(connection.execute(select(tables.code))))
        dump += repr(seller_list.read(connection, "otter", None))
    assert number not in dump
    assert "secret-code" not in dump
