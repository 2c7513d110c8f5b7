"""Turn templates into HTML. Every value is escaped; nothing of a page is made by hand."""

from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from fleet_manager.access.rights import VIEWS, may, may_see
from fleet_manager.web.ask import Ask
from gate_agent.validator.moment import day_text

_HERE = Path(__file__).parent
ASSETS = _HERE / "assets"
WEEKDAYS = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}


@cache
def environment() -> Environment:
    """Return the templates, compiled once."""
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["asset"] = asset
    made.filters["number"] = number
    made.filters["weekday"] = weekday
    made.filters["day"] = day_text
    made.filters["money"] = money
    made.filters["browser"] = browser
    return made


@cache
def asset(name: str) -> str:
    """Return the address of a file of `assets`: with its digest, so that a browser may keep it."""
    digest = sha256((ASSETS / name).read_bytes()).hexdigest()[:10]
    return f"/assets/{digest}/{name}"


def number(value: int | None) -> str:
    """Return a number with thin groups of three: `12 345`."""
    return "–" if value is None else f"{value:,}".replace(",", "\u202f")


def money(cents: int | None) -> str:
    """Return an amount in fen or cents as people write it: `1 234.50`."""
    return "–" if cents is None else f"{cents / 100:,.2f}".replace(",", "\u202f")


def weekday(day: date, language: str) -> str:
    """Return the short name of a day of the week."""
    name = WEEKDAYS[language][day.weekday()]
    return f"周{name}" if language == "zh" else name


_BROWSERS = (
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser(agent: str) -> str:
    """Return which browser says so of itself, and where it runs: `Firefox, Windows`."""
    words = [
        next((name for mark, name in marks if mark in agent), "") for marks in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(filter(None, words)) or agent[:40]


def page(template: str, values: dict[str, Any], ask: Ask) -> str:
    """Return a whole page for who asks."""
    return environment().get_template(template).render(**context(ask), **values)


def context(ask: Ask) -> dict[str, Any]:
    """Return what every template knows: texts, park time, rights."""
    calendar = ask.centre.calendar
    config = ask.centre.config

    def when(at_ms: int | None) -> str:
        return ask.t("common.never") if at_ms is None else calendar.text(at_ms)

    return {
        "ask": ask,
        "t": ask.t,
        "lang": ask.language,
        "notice": ask.notice,
        "html_lang": {"zh": "zh-CN", "en": "en"}[ask.language],
        "park_name": ask.pick(config.name_zh, config.name_en),
        "user": ask.signed_in.user if ask.signed_in else None,
        "when": when,
        "may": lambda act: ask.signed_in is not None and may(ask.who, act),
        "may_see": lambda view: ask.signed_in is not None and may_see(ask.who, view),
        "menu": menu(ask),
        "form_token": form_token(ask.secret if ask.signed_in else ""),
        "today": calendar.date_of(ask.now_ms),
        "now_ms": ask.now_ms,
    }


def menu(ask: Ask) -> list[tuple[str, str, bool]]:
    """Return (address, words, whether it is this page) of what somebody may see."""
    if ask.signed_in is None:
        return []
    return [
        (f"/{view.value}", ask.t(f"menu.{view.value}"), ask.path.startswith(f"/{view.value}"))
        for view in VIEWS
        if may_see(ask.who, view) and f"/{view.value}" in _pages()
    ]


def _pages() -> set[str]:
    from fleet_manager.web.registry import ADDRESSES

    return {path for method, path in ADDRESSES if method == "GET"}


def form_token(secret: str) -> str:
    """Return what each form carries: only pages of this session know it."""
    return sha256(b"scenic-gate form\0" + secret.encode()).hexdigest()[:32] if secret else ""
