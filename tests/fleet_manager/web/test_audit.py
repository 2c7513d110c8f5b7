"""The audit page: searching, changes, verifying, exporting."""

import re
from hashlib import sha256

import pytest
from sqlalchemy import update

from fleet_manager.access import audit
from fleet_manager.access.actor import Actor, Role, Via
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.database.tables_access import audit as table
from fleet_manager.web.pages.audit import PAGE_LINES
from fleet_manager.web.texts import TEXTS
from tests.fleet_manager.web.conftest import Entering

WANG = Actor("wang", Role.MANAGER, Via.PAGE, "10.0.0.8")
NOON_MS = 1_795_406_400_000  # 2026-11-23 12:00 in Shanghai


def write(
    park: Centre, count: int, *, act: Act = Act.PRODUCT_PRICE, subject: str = "product"
) -> None:
    with park.store.write() as connection:
        for number in range(count):
            audit.append(
                connection,
                WANG,
                act,
                f"{subject} {number}",
                NOON_MS + number,
                before={"price_cents": 8000, "name": "same", "from_ms": NOON_MS},
                after={"price_cents": 9000 + number, "name": "same", "from_ms": NOON_MS + 60_000},
                reason="旺季",
            )


def numbers(html: str) -> list[int]:
    return [
        int(text) for text in re.findall(r'<td class="num">(\d+)</td><td class="when">20', html)
    ]


def test_the_newest_act_is_first_with_what_was_before_and_after(
    park: Centre, entering: Entering
) -> None:
    write(park, 2)
    auditor = entering(Role.AUDITOR)
    page = auditor.get("/audit?actor=wang")
    assert numbers(page.html) == sorted(numbers(page.html), reverse=True)
    assert "Price set product.price product 1 ✓ done 旺季 Fields: 2" in page.words
    assert "price_cents 8000 9001" in page.words
    assert "from_ms 2026-11-23 12:00:00 2026-11-23 12:01:00" in page.words
    assert "same" not in page.words


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("actor=wang", 4),
        ("act=ticket.void", 1),
        ("actor=wang&object=product+2", 1),
        ("actor=wang&from=2026-11-23&to=2026-11-23", 4),
        ("actor=wang&to=2026-11-22", 0),
        ("actor=wang&from=2026-11-24", 0),
        ("actor=wang&result=refused", 0),
        ("actor=wang%27+OR+1%3D1--", 0),
        ("object=%25", 0),
    ],
)
def test_acts_are_found_by_person_act_object_day_and_result(
    park: Centre, entering: Entering, query: str, count: int
) -> None:
    write(park, 3)
    write(park, 1, act=Act.TICKET_VOID, subject="ticket")
    page = entering(Role.AUDITOR).get(f"/audit?{query}")
    assert page.status == 200
    assert len(numbers(page.html)) == count


def test_pages_follow_each_other_without_a_hole(park: Centre, entering: Entering) -> None:
    write(park, 2 * PAGE_LINES + 7)
    auditor = entering(Role.AUDITOR)
    path, seen = "/audit?actor=wang", []
    for _ in range(4):
        page = auditor.get(path)
        seen += numbers(page.html)
        following = re.search(r'href="([^"]*)" rel="next"', page.html)
        if following is None:
            break
        path = following[1].replace("&amp;", "&")
    assert len(seen) == 2 * PAGE_LINES + 7
    assert seen == sorted(set(seen), reverse=True)


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-02-30",
        "from=x",
        "to=0001-01-01",
        "act=nothing",
        "below=x",
        "below=1e9",
        "result=maybe",
        f"below={2**70}",
    ],
)
def test_what_cannot_be_searched_for_is_one_sentence(entering: Entering, query: str) -> None:
    page = entering(Role.AUDITOR).get(f"/audit?{query}")
    assert page.status == 422
    assert "✕ cannot use" in page.words


def test_texts_that_somebody_chose_are_shown_as_text(park: Centre, entering: Entering) -> None:
    nasty = "<script>alert(1)</script>"
    with park.store.write() as connection:
        values = {nasty: nasty}
        audit.append(
            connection, WANG, Act.RULES_SET, nasty, NOON_MS, before=values, after=None, reason=nasty
        )
    page = entering(Role.AUDITOR).get("/audit")
    assert "<script>alert" not in page.html
    assert page.html.count("&lt;script&gt;alert(1)") >= 3


def test_verifying_says_that_the_record_is_whole_and_is_an_act(
    park: Centre, entering: Entering
) -> None:
    auditor = entering(Role.AUDITOR)
    auditor.get("/audit")
    page = auditor.post("/audit/verify")
    assert page.status == 200
    assert "lines, whole" in page.words
    assert "audit.verify" in auditor.get("/audit?act=audit.verify").words


def test_verifying_names_a_line_that_was_changed(park: Centre, entering: Entering) -> None:
    write(park, 3)
    auditor = entering(Role.AUDITOR, language="zh")
    with park.store.write() as connection:
        connection.execute(update(table).where(table.c.actor == "wang").values(actor="li"))
    auditor.get("/audit")
    page = auditor.post("/audit/verify")
    assert "审计记录不完整" in page.words
    assert re.search(r"第 \d+ 行被改过", page.words)


def test_a_kept_head_is_compared(park: Centre, entering: Entering) -> None:
    auditor = entering(Role.AUDITOR)
    auditor.get("/audit")
    kept = auditor.get("/audit/head").body
    page = auditor.upload("/audit/verify", "head.json", kept)
    assert "The kept head fits" in page.words
    for wrong in (b"no head", b"{}", b"\x00" * 5000, kept.replace(b'"line":', b'"line":1')):
        page = auditor.upload("/audit/verify", "head.json", wrong)
        assert page.status == 422
        assert "✕ cannot" in page.words


def test_the_export_can_be_verified_by_whoever_has_sha256(park: Centre, entering: Entering) -> None:
    write(park, 3)
    auditor = entering(Role.AUDITOR)
    auditor.get("/audit")
    got = auditor.post("/audit/export")
    assert "attachment" in got.headers["content-disposition"]
    first, *rows = got.body.splitlines()
    digest = bytes.fromhex(first.decode())
    for row in rows:
        shown, text = row.split(b" ", 1)
        digest = sha256(digest + text).digest()
        assert shown.decode() == digest.hex()
    assert len(rows) > 4
    assert auditor.post("/audit/export", {"from": "2026-13-01"}).status == 422


@pytest.mark.parametrize("act", Act)
def test_every_act_has_a_name_in_both_languages(act: Act) -> None:
    zh, en = TEXTS[f"act.{act.value}"]
    assert zh
    assert en
