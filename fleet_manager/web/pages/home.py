"""`/`: the first page that somebody may see; and the language of the pages."""

from fleet_manager.web import render
from fleet_manager.web.app_names import LANGUAGE
from fleet_manager.web.ask import Answer, Ask, Redirect
from fleet_manager.web.guard import safe_target
from fleet_manager.web.registry import open_to_all, page
from fleet_manager.web.texts import LANGUAGES


@page("/", None)
def home(ask: Ask) -> Answer:
    """Lead to the first page of the menu."""
    menu = render.menu(ask)
    return Redirect(menu[0][0] if menu else "/account")


@open_to_all("GET", "/language")
def choose_language(ask: Ask) -> Answer:
    """Remember a language in this browser, and go back to where it was chosen."""
    language = ask.query.choice("to", LANGUAGES, "zh")
    return Redirect(safe_target(ask.query.get("next", "/")), cookies={LANGUAGE: language})
