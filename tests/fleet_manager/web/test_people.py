"""The pages about people, tokens and one's own account."""

import re
from html import unescape

import pyotp
import pytest

from fleet_manager.access.actor import Role
from fleet_manager.centre import Centre
from fleet_manager.web.app import Console
from tests.fleet_manager.web.conftest import PASSWORD, Entering, add_person
from tests.fleet_manager.web.page_client import Page, PageClient

OTHER = "nine swans on a lake"


def secret_in(page: Page) -> str:
    """The first secret of a page that shows some once."""
    found = re.search(r"<code>([^<]*)</code>", page.html)
    assert found is not None, page.words
    return unescape(found[1])


def browser(console: Console, address: str = "10.9.9.9") -> PageClient:
    client = PageClient(console, address)
    client.get("/sign-in")
    return client


# --- users --------------------------------------------------------------------------------------


def test_an_administrator_adds_somebody_who_sets_a_password_and_is_in(
    console: Console, entering: Entering
) -> None:
    boss = entering(Role.ADMINISTRATOR)
    boss.get("/people")
    made = boss.post(
        "/people/add", name="zhang", shown="张丽", role="station_lead", station="north"
    )
    assert made.status == 200
    assert made.headers["cache-control"] == "no-store"
    link = secret_in(made)
    assert link.startswith("https://localhost:8444/link?secret=")
    path = link.removeprefix("https://localhost:8444")
    somebody = browser(console)
    form = somebody.get(path)
    assert "Welcome, 张丽" in form.words
    assert "zhang" in form.words
    assert somebody.get(path).status == 200  # looking at it uses nothing of it
    secret = path.partition("=")[2]
    differ = somebody.post("/link", secret=secret, password=OTHER, again="something else")
    assert (differ.status, "the two passwords differ" in differ.words) == (422, True)
    entered = somebody.post("/link", secret=secret, password=OTHER, again=OTHER)
    assert (entered.status, entered.location) == (303, "/")
    assert "张丽" in somebody.get("/live").words
    over = somebody.get(path)
    assert (over.status, "was used" in over.words) == (403, True)
    row = boss.get("/people").words
    assert "zhang 张丽 Station lead north ✓ active" in row
    somebody.close()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "张丽"}, "must be 1 to 32 of a-z"),
        ({"name": "admin"}, "there is one"),
        ({"name": "zhang", "station": "west"}, "cannot find station"),
        ({"name": "zhang", "role": "display"}, "must be one of"),
        ({"name": "zhang", "role": "emperor"}, "must be one of"),
        ({"name": "zhang", "role": "administrator", "station": "north"}, "of the whole park"),
        ({"name": "zhang", "shown": "x" * 65}, "1 to 64 characters"),
        ({"name": "zhang", "language": "xx"}, "zh, en or empty"),
    ],
)
def test_a_user_who_cannot_be_is_refused_on_the_same_form_that_keeps_what_was_typed(
    entering: Entering, fields: dict[str, str], words: str
) -> None:
    boss = entering(Role.ADMINISTRATOR)
    boss.get("/people")
    page = boss.post("/people/add", {"shown": "张丽", "role": "cashier"} | fields)
    assert page.status == 422
    assert words in page.words
    assert f'value="{fields.get("shown", "张丽")}"' in page.html


def test_a_change_of_role_is_in_force_at_the_next_click(
    console: Console, park: Centre, entering: Entering
) -> None:
    boss, name = entering(Role.ADMINISTRATOR), add_person(park, Role.MANAGER, name="li")
    somebody = browser(console)
    somebody.post("/sign-in", name=name, password=PASSWORD)
    assert somebody.get("/live").status == 200
    boss.get(f"/people/user?name={name}")
    changed = boss.post("/people/set", user=name, shown="李", role="merchant")
    assert changed.location == "/people/user?name=li"
    assert somebody.get("/live").location.startswith("/sign-in")
    somebody.get("/sign-in")
    somebody.post("/sign-in", name=name, password=PASSWORD)
    assert somebody.get("/live").status == 403
    somebody.close()


def test_disabling_resetting_and_ending_sessions_are_buttons_of_the_users_page(
    console: Console, park: Centre, entering: Entering
) -> None:
    boss, name = entering(Role.ADMINISTRATOR), add_person(park, Role.MANAGER, name="li")
    somebody = browser(console)
    here = f"/people/user?name={name}"

    def enter(password: str = PASSWORD) -> int:
        somebody.get("/sign-in")
        return somebody.post("/sign-in", name=name, password=password).status

    assert enter() == 303
    assert "10.9.9.9" in boss.get(here).words
    assert boss.post("/people/end-sessions", user=name).status == 303
    assert somebody.get("/live").status == 303
    assert enter() == 303
    assert boss.post("/people/disable", user=name, reason="left").status == 303
    assert somebody.get("/live").status == 303
    assert enter() == 403
    assert "▲" not in boss.get(here).words
    assert boss.post("/people/disable", user=name).status == 422
    assert boss.post("/people/enable", user=name).status == 303
    assert enter() == 303
    link = secret_in(boss.post("/people/reset", user=name))
    assert enter() == 403
    secret = link.partition("secret=")[2]
    assert somebody.post("/link", secret=secret, password=OTHER, again=OTHER).status == 303
    somebody.close()


def test_the_last_administrator_is_kept_with_a_sentence(entering: Entering, park: Centre) -> None:
    boss = entering(Role.ADMINISTRATOR)
    boss.get("/people")
    boss.post("/people/disable", user="admin")
    page = boss.post("/people/disable", user="administrator0")
    assert (page.status, "last administrator" in page.words) == (422, True)


def test_an_auditor_sees_people_and_no_button(entering: Entering) -> None:
    auditor = entering(Role.AUDITOR)
    for path in ("/people", "/people/user?name=admin", "/people/tokens"):
        page = auditor.get(path)
        assert page.status == 200
        forms = set(re.findall(r'action="([^"]*)"', page.html))
        assert forms == {"/sign-out"}
    assert auditor.post("/people/disable", user="admin").status == 403


@pytest.mark.parametrize(
    "role", [role for role in Role if role not in (Role.ADMINISTRATOR, Role.DISPLAY, Role.AUDITOR)]
)
def test_nobody_else_reaches_the_pages_about_people(entering: Entering, role: Role) -> None:
    client = entering(role)
    client.get("/account")
    for path in ("/people", "/people/user?name=admin", "/people/tokens", "/audit", "/audit/head"):
        assert client.get(path).status == 403
    for path in ("add", "set", "disable", "enable", "reset", "end-sessions", "tokens/add"):
        assert client.post(f"/people/{path}", name="x1", user="admin").status == 403


def test_names_that_somebody_chose_are_shown_as_text(entering: Entering) -> None:
    boss = entering(Role.ADMINISTRATOR)
    boss.get("/people")
    nasty = "<img src=x onerror=alert(1)>{{7*7}}"
    made = boss.post("/people/add", name="li", shown=nasty, role="cashier")
    assert made.status == 200
    for page in (made, boss.get("/people"), boss.get("/people/user?name=li")):
        assert "<img" not in page.html
        assert "&lt;img" in page.html
        assert "{{7*7}}" in page.words


def test_a_user_who_is_not_there_is_a_sentence(entering: Entering) -> None:
    boss = entering(Role.ADMINISTRATOR)
    page = boss.get("/people/user?name=%3Cb%3Enobody")
    assert (page.status, "cannot find user" in page.words) == (422, True)
    assert "<b>nobody" not in page.html


# --- tokens -------------------------------------------------------------------------------------


def test_a_display_token_opens_the_wall_until_it_is_taken_back(
    console: Console, entering: Entering
) -> None:
    boss = entering(Role.ADMINISTRATOR)
    boss.get("/people/tokens")
    made = boss.post("/people/tokens/add", name="wall-north", role="display", days="30")
    token = secret_in(made)
    assert f"https://localhost:8444/wall/{token}" in made.words
    screen = PageClient(console)
    assert screen.get(f"/wall/{token}").status == 200
    listed = boss.get("/people/tokens")
    assert token not in listed.html
    number = token.split("_")[1]
    assert number in listed.words
    assert boss.post("/people/tokens/end", token=number).status == 303
    assert screen.get(f"/wall/{token}").status == 403
    assert "taken back" in boss.get("/people/tokens").words
    screen.close()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "Wall 1"}, "must be 1 to 32"),
        ({"name": "wall", "role": "administrator"}, "must be one of"),
        ({"name": "wall", "days": "401"}, "must be a number, 1 to 400"),
        ({"name": "wall", "days": "x"}, "must be a number, 1 to 400"),
        ({"name": "wall", "station": "west"}, "cannot find station"),
    ],
)
def test_a_token_that_cannot_be_is_refused_on_the_same_form(
    entering: Entering, fields: dict[str, str], words: str
) -> None:
    boss = entering(Role.ADMINISTRATOR)
    boss.get("/people/tokens")
    page = boss.post("/people/tokens/add", {"role": "display", "days": "30"} | fields)
    assert (page.status, words in page.words) == (422, True)


# --- one's own account --------------------------------------------------------------------------


def test_one_changes_ones_password_and_goes_on(console: Console, entering: Entering) -> None:
    client = entering(Role.CASHIER)
    client.get("/account")
    wrong = client.post("/account/password", password="wrong", new=OTHER, again=OTHER)
    assert (wrong.status, "the password is wrong" in wrong.words) == (403, True)
    weak = client.post("/account/password", password=PASSWORD, new="x", again="x")
    assert (weak.status, "10 to 128 characters" in weak.words) == (422, True)
    before = dict(client.cookies)
    done = client.post("/account/password", password=PASSWORD, new=OTHER, again=OTHER)
    assert (done.status, done.location) == (303, "/account")
    assert "Your password is changed" in client.get("/account").words
    stolen = browser(console)
    stolen.cookies = before
    assert stolen.get("/account").status == 303
    stolen.close()


def test_one_sets_up_a_second_factor_with_a_picture_for_the_phone(
    console: Console, park: Centre, entering: Entering
) -> None:
    client = entering(Role.MANAGER)
    assert "<svg" not in client.get("/account").html
    assert client.post("/account/second-factor/offer").status == 303
    page = client.get("/account")
    assert page.html.count("<svg") == 1
    assert "style=" not in page.html
    secret = secret_in(page)
    now = pyotp.TOTP(secret).now()
    wrong = client.post("/account/second-factor/confirm", code="000000", password=PASSWORD)
    assert wrong.status == 422
    done = client.post("/account/second-factor/confirm", code=now, password=PASSWORD)
    codes = re.findall(r"<code>([^<]*)</code>", done.html)
    assert len(codes) == 10
    page = client.get("/account")
    assert "10 recovery codes left" in page.words
    assert secret not in page.html

    somebody = browser(console)
    half = somebody.post("/sign-in", name="manager0", password=PASSWORD, next="/account")
    assert half.location == "/sign-in/code?next=/account"
    assert somebody.get("/account").location.startswith("/sign-in")
    form = somebody.get(half.location)
    assert form.status == 200
    refused = somebody.post("/sign-in/code", code=now, next="/account")
    assert (refused.status, "was used before" in refused.words) == (403, True)
    entered = somebody.post("/sign-in/code", code=codes[0], next="/account")
    assert (entered.status, entered.location) == (303, "/account")
    assert "9 recovery codes left" in somebody.get("/account").words
    dropped = somebody.post("/account/second-factor/drop", password=PASSWORD)
    assert dropped.status == 303
    assert "Set it up" in somebody.get("/account").words
    somebody.close()


def test_new_recovery_codes_replace_the_old_ones(entering: Entering) -> None:
    client = entering(Role.MANAGER)
    client.get("/account")
    client.post("/account/second-factor/offer")
    code = pyotp.TOTP(secret_in(client.get("/account"))).now()
    old = client.post("/account/second-factor/confirm", code=code, password=PASSWORD)
    new = client.post("/account/second-factor/codes", password=PASSWORD)
    assert new.status == 200
    assert secret_in(new) not in old.html


def test_one_ends_a_session_elsewhere_and_no_strangers(
    console: Console, entering: Entering
) -> None:
    client, other = entering(Role.CASHIER), entering(Role.MANAGER)
    elsewhere = browser(console)
    elsewhere.post("/sign-in", name="cashier0", password=PASSWORD)
    page = client.get("/account")
    assert "(this browser)" in page.words
    row = page.html.partition("10.9.9.9")[2]
    number = re.findall(r'name="session" value="(\d+)"', row)[0]
    other.get("/account")
    assert other.post("/account/end-session", session=number).status == 422
    assert client.post("/account/end-session", session="x").status == 422
    assert elsewhere.get("/account").status == 200
    assert client.post("/account/end-session", session=number).status == 303
    assert elsewhere.get("/account").status == 303
    elsewhere.close()


def test_ones_language_follows_one_to_other_browsers(console: Console, entering: Entering) -> None:
    client = entering(Role.CASHIER)
    client.get("/account")
    assert client.post("/account/language", language="zh").status == 303
    assert "我的账户" in client.get("/account").words
    elsewhere = browser(console)
    elsewhere.post("/sign-in", name="cashier0", password=PASSWORD)
    assert "我的账户" in elsewhere.get("/account").words
    elsewhere.close()


def test_who_reads_chinese_is_refused_in_chinese(console: Console, entering: Entering) -> None:
    boss = entering(Role.ADMINISTRATOR, language="zh")
    boss.get("/people")
    page = boss.post("/people/add", name="admin", shown="x", role="cashier")
    assert "用户 admin 已存在" in page.words
    assert "cannot" not in page.words
    stranger = PageClient(console, language="zh")
    stranger.get("/sign-in")
    refused = stranger.post("/sign-in", name="nobody", password="x")
    assert "用户名或密码错误" in refused.words
    stranger.close()


def test_who_has_to_wait_is_told_how_long(
    console: Console, park: Centre, stranger: PageClient
) -> None:
    name = add_person(park, Role.MANAGER)
    for _ in range(5):
        assert stranger.post("/sign-in", name=name, password="wrong").status == 403
    page = stranger.post("/sign-in", name=name, password="wrong")
    assert (page.status, page.headers["retry-after"]) == (429, "1")
    assert "wait 1 s" in page.words


def test_recovery_codes_and_links_are_not_kept_in_a_cookie(entering: Entering) -> None:
    boss = entering(Role.ADMINISTRATOR)
    boss.get("/people")
    made = boss.post("/people/add", name="li", shown="李", role="cashier")
    assert made.cookies == []


def test_the_help_of_a_page_stands_first_also_that_of_ones_own_account(entering: Entering) -> None:
    auditor = entering(Role.AUDITOR)
    for path, words in (("/account", "Print the ten"), ("/audit", "computes the chain anew")):
        page = auditor.get(f"/help?page={path}")
        assert words in page.html.partition("</section>")[0]
    assert "Role: Auditor" in auditor.get("/help").words
