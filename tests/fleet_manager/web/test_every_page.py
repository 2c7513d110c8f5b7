"""Every address, with every role, session or none: what each may reach, and nothing else."""

import re
from html.parser import HTMLParser

import pytest

from fleet_manager.access.actor import Actor, Role, Via
from fleet_manager.access.rights import Act, may, may_see
from fleet_manager.centre import Centre
from fleet_manager.web.registry import ADDRESSES, WebAddress
from fleet_manager.web.texts import LANGUAGES, TEXTS
from tests.fleet_manager.web.busy_park import WICKED, fill
from tests.fleet_manager.web.conftest import Entering
from tests.fleet_manager.web.page_client import PageClient

PAGES = [address for address in ADDRESSES.values() if address.method == "GET"]
FORMS = [address for address in ADDRESSES.values() if address.method == "POST"]
PEOPLE = [role for role in Role if role is not Role.DISPLAY]  # a display never signs in


def somebody(role: Role) -> Actor:
    return Actor("somebody", role, Via.PAGE, "10.1.2.3")


def is_for(address: WebAddress, role: Role) -> bool:
    """What the two tables of rights say of an address."""
    if address.public:
        return True
    if address.view is not None:
        return may_see(somebody(role), address.view)
    return not address.acts or any(may(somebody(role), act) for act in address.acts)


def plain(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "nothing", path)


@pytest.mark.parametrize("role", PEOPLE, ids=lambda role: role.value)
def test_each_role_reaches_its_pages_and_no_others(
    park: Centre, entering: Entering, role: Role
) -> None:
    fill(park)
    client = entering(role)
    wrong = []
    for address in PAGES:
        page = client.get(plain(address.path))
        allowed = {200, 303, 422, 404} if is_for(address, role) else {403}
        if "{" in address.path or address.public:
            allowed = {200, 303, 403, 404}  # what it names may be nothing
        if page.status not in allowed:
            wrong.append((address.path, page.status, page.words[-200:]))
    assert not wrong


@pytest.mark.parametrize("role", PEOPLE, ids=lambda role: role.value)
def test_each_role_carries_out_its_forms_and_no_others(
    park: Centre, entering: Entering, role: Role
) -> None:
    client = entering(role)
    client.get("/live" if may_see(somebody(role), ADDRESSES["GET", "/live"].view) else "/account")  # type: ignore[arg-type]
    wrong = []
    for address in FORMS:
        if address.path in {"/sign-out"}:
            continue
        if not client.token:
            break
        page = client.post(plain(address.path))
        # An empty form is refused for what it lacks, by those who may send it.
        own = address.public or address.path.startswith("/account/")  # 403 for a wrong password
        good = page.status in ({200, 303, 422, 403} if own else {200, 303, 422})
        if good is not is_for(address, role):
            wrong.append((address.path, page.status, page.words[-200:]))
    assert not wrong


def test_who_is_not_signed_in_reaches_nothing_but_the_door(stranger: PageClient) -> None:
    for address in ADDRESSES.values():
        if address.public:
            continue
        page = (stranger.get if address.method == "GET" else stranger.post)(plain(address.path))
        assert (page.status, page.location[:8]) == (303, "/sign-in"), address.path


def test_a_refused_act_is_in_the_audit(park: Centre, entering: Entering) -> None:
    from fleet_manager.access import audit

    client = entering(Role.AUDITOR)
    client.get("/live")
    assert client.post("/live/limits", at_once="7").status == 403
    with park.store.read() as connection:
        [line] = audit.lines(connection, audit.Filter(act=Act.PARK_LIMITS.value))
    assert (line.actor, line.result) == ("auditor0", "refused")


class Outline(HTMLParser):
    """Collects the names of tags and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_carries_out_what_a_stranger_wrote_nor_needs_more_than_the_policy_allows(
    park: Centre, entering: Entering, language: str
) -> None:
    fill(park)
    client = entering(Role.ADMINISTRATOR, language=language)
    for address in PAGES:
        for query in ("", "?q=%3Cscript%3Ealert(1)%3C/script%3E", "?kind=override", "?q=%231"):
            page = client.get(plain(address.path) + query)
            if "html" not in page.headers.get("content-type", ""):
                continue  # a file, or the way elsewhere
            assert page.status in {200, 303, 403, 404, 422}, (address.path, page.words[-300:])
            assert WICKED not in page.html, address.path
            outline = Outline()
            outline.feed(page.html)
            assert "style" not in outline.attributes | outline.tags, address.path
            assert not any(name.startswith("on") for name in outline.attributes), address.path


QUERIES = ("%00", "q=%00", "q=%ff", "from=2026-02-30", "to=9999999999", "after=x", "gate=nobody",
           "q=" + "9" * 300, "zone=99999999999999999999", "from=0001-01-01&to=9999-12-31",
           "state=no", "group=-1", "page=1.5")  # fmt: skip


def test_what_nobody_types_is_one_sentence(entering: Entering) -> None:
    client = entering(Role.ADMINISTRATOR)
    for address in PAGES:
        for query in QUERIES:
            page = client.get(f"{plain(address.path)}?{query}")
            assert page.status in {200, 303, 400, 403, 404, 422}, (address.path, query, page.words)


def test_texts_are_whole_in_both_languages() -> None:
    placeholder = re.compile(r"\{(\w+)\}")
    for key, (zh, en) in TEXTS.items():
        assert zh, key
        assert en, key
        assert set(placeholder.findall(zh)) == set(placeholder.findall(en)), key
