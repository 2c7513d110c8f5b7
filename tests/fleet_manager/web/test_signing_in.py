"""Who is let in, by which page, and who is not."""

import pytest

from fleet_manager.access.actor import Role, computer_user
from fleet_manager.centre import Centre
from fleet_manager.services.people import users
from tests.fleet_manager.web.conftest import PASSWORD, Entering, add_person
from tests.fleet_manager.web.page_client import PageClient


def test_somebody_who_is_not_signed_in_is_led_to_the_form_and_back(
    park: Centre, stranger: PageClient
) -> None:
    name = add_person(park, Role.MANAGER)
    led = stranger.get("/live?station=north")
    assert (led.status, led.location) == (303, "/sign-in?next=/live%3Fstation%3Dnorth")
    assert stranger.get(led.location).status == 200
    entered = stranger.post("/sign-in", name=name, password=PASSWORD, next="/live?station=north")
    assert (entered.status, entered.location) == (303, "/live?station=north")
    assert stranger.get("/live").status == 200


def test_a_wrong_password_is_one_sentence_on_the_same_form(
    park: Centre, stranger: PageClient
) -> None:
    name = add_person(park, Role.MANAGER)
    page = stranger.post("/sign-in", name=name, password="wrong horse battery")
    assert page.status == 403
    assert "the name or the password is wrong" in page.words
    assert f'value="{name}"' in page.html  # and the name need not be typed again
    assert not stranger.cookies


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_nobody_is_led_to_another_site_after_signing_in(
    park: Centre, stranger: PageClient, target: str
) -> None:
    name = add_person(park, Role.MANAGER)
    entered = stranger.post("/sign-in", name=name, password=PASSWORD, next=target)
    assert entered.location == "/"


def test_the_session_is_a_new_one_whatever_cookie_the_browser_brings(
    park: Centre, stranger: PageClient
) -> None:
    name = add_person(park, Role.MANAGER)
    stranger.cookies["__Host-scenic"] = "chosen-by-somebody-else"
    stranger.post("/sign-in", name=name, password=PASSWORD)
    assert stranger.cookies["__Host-scenic"] != "chosen-by-somebody-else"


def test_the_cookie_is_for_this_host_over_https_alone_and_no_script_reads_it(
    park: Centre, stranger: PageClient
) -> None:
    name = add_person(park, Role.MANAGER)
    entered = stranger.post("/sign-in", name=name, password=PASSWORD)
    cookie = next(text for text in entered.cookies if text.startswith("__Host-scenic="))
    for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie


def test_signing_out_ends_the_session_also_for_who_kept_the_cookie(entering: Entering) -> None:
    client = entering(Role.MANAGER)
    kept = dict(client.cookies)
    client.get("/live")
    assert client.post("/sign-out").status == 303
    client.cookies = kept
    assert client.get("/live").status == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "same-origin"},  # but without the token of the form
    ],
)
def test_a_form_of_another_site_is_not_carried_out(
    entering: Entering, headers: dict[str, str]
) -> None:
    client = entering(Role.MANAGER)
    client.get("/live")
    body = b"at_once=7"
    if headers != {"sec-fetch-site": "same-origin"}:
        body += f"&form_token={client.token}".encode()
    form = {"content-type": "application/x-www-form-urlencoded", **headers}
    page = client.ask("POST", "/live/limits", body, headers=form)
    assert page.status == 403
    assert "another site" in page.words
    assert "No approved maximum" in client.get("/live").words


def test_a_host_that_is_not_ours_gets_nothing(stranger: PageClient) -> None:
    page = stranger.ask("GET", "/sign-in", headers={"host": "evil.example"})
    assert (page.status, page.body) == (400, b"unknown host")


def test_a_link_of_this_computer_signs_in_once_and_sets_no_password(
    park: Centre, stranger: PageClient
) -> None:
    name = add_person(park, Role.MANAGER)
    secret = users.entry_link(park, computer_user(), name).secret
    assert "signs you in once" in stranger.get(f"/link?secret={secret}").words
    assert not stranger.cookies  # looking at it uses nothing of it
    assert stranger.post("/link", secret=secret).status == 303
    assert stranger.get("/live").status == 200
    assert stranger.post("/link", secret=secret).status == 403
    again = stranger.post("/sign-in", name=name, password=PASSWORD)
    assert again.status == 303  # the password stayed


def test_a_link_for_a_password_does_not_sign_in_without_one(
    park: Centre, stranger: PageClient
) -> None:
    name = add_person(park, Role.MANAGER)
    secret = users.reset_link(park, computer_user(), name).secret
    page = stranger.post("/link", secret=secret)
    assert page.status == 422
    assert "cannot use this password" in page.words


def test_a_stranger_sends_no_large_body_and_somebody_signed_in_does(
    park: Centre, stranger: PageClient, entering: Entering
) -> None:
    body = b"name=x&password=" + b"a" * 100_000
    form = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    assert stranger.ask("POST", "/sign-in", body, headers=form).status == 413
    forged = {**form, "cookie": "__Host-scenic=made-up"}
    assert stranger.ask("POST", "/sign-in", body, headers=forged).status == 413
    said = {**form, "content-length": "10"}  # and lies about its length
    assert stranger.ask("POST", "/sign-in", body, headers=said).status == 413
    manager = entering(Role.MANAGER)
    manager.get("/live")
    page = manager.upload("/tickets/series/preview", "t.csv", b"x" * 100_000, series="otter")
    assert "cannot find series" in page.words or page.status == 422
    too_much = manager.upload("/tickets/series/preview", "t.csv", b"x" * (13 << 20))
    assert too_much.status == 413
    assert "too large" in too_much.words
