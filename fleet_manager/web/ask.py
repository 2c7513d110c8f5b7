"""What a page is asked, and what it answers: values, without the server."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fleet_manager.access.actor import Actor
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.services.people.sign_in import SignedIn
from fleet_manager.web.texts import LANGUAGES, text

MAX_FIELD_CHARS = 20_000
MAX_NUMBER = 2**53


class BadField(CentreError):
    """A field of an address or of a form is not what it must be. Status 422."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file from a form, whole in memory. `name`: as the browser says, of no meaning to us."""

    name: str
    data: bytes


class Fields:
    """The fields of a query or a form: names to one text or more."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        """Raises BadField for a text that no person types: with NUL, or without end."""
        self._texts: dict[str, list[str]] = {}
        for name, value in pairs:
            if "\0" in value or "\0" in name or len(value) > MAX_FIELD_CHARS:
                raise BadField(f"cannot read {name[:20]!r}: it holds what cannot be typed")
            self._texts.setdefault(name, []).append(value)

    def get(self, name: str, default: str = "") -> str:
        """Return the first text of a field without spaces around it; the default if it is empty."""
        values = self._texts.get(name)
        return (values[0].strip() if values else "") or default

    def raw(self, name: str) -> str:
        """Return the first text of a field as it was typed, '' for none: a password."""
        return self._texts.get(name, [""])[0]

    def every(self, name: str) -> list[str]:
        """Return all texts of a field."""
        return [value.strip() for value in self._texts.get(name, ()) if value.strip()]

    def number(self, name: str, default: int | None = None, *, low: int = 0, high: int) -> int:
        """Return a field as a number; the default if it is empty. Raises BadField."""
        given = self.get(name)
        if not given and default is not None:
            return default
        try:
            value = int(given) if given.isascii() else low - 1
        except ValueError:
            value = low - 1
        if not low <= value <= min(high, MAX_NUMBER):
            raise BadField(f"cannot use {name} {given[:20]!r}: must be a number, {low} to {high}")
        return value

    def choice(self, name: str, allowed: Iterable[str], default: str = "") -> str:
        """Return a field that is one of the texts allowed; the default if it is empty. Raises
        BadField."""
        given = self.get(name, default)
        if given and given not in (known := tuple(allowed)):
            raise BadField(f"cannot use {name} {given[:20]!r}: must be one of {', '.join(known)}")
        return given

    def one_of(self, name: str, allowed: Iterable[str]) -> str:
        """Return a field that must be one of the texts allowed. Raises BadField, also for none."""
        known = tuple(allowed)
        given = self.get(name)
        if given not in known:
            raise BadField(f"cannot use {name} {given[:20]!r}: must be one of {', '.join(known)}")
        return given

    def __contains__(self, name: str) -> bool:
        return name in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def pairs(self) -> list[tuple[str, str]]:
        """Return all fields, in their order, for a link that keeps them."""
        return [(name, value) for name, values in self._texts.items() for value in values]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request for a page or an act. `path`: without the query. `address`: of the browser.
    `signed_in`: None before signing in. `language`: `zh` or `en`. `origin`: scheme and host as the
    browser wrote them. `secret`: of the session. `notice`: what the act before has done."""

    centre: Centre
    path: str
    address: str
    language: str
    now_ms: int
    signed_in: SignedIn | None = None
    query: Fields = field(default_factory=Fields)
    form: Fields = field(default_factory=Fields)
    files: Mapping[str, Upload] = field(default_factory=dict)
    agent: str = ""
    origin: str = ""
    secret: str = ""
    notice: str = ""

    @property
    def who(self) -> Actor:
        """Return who acts. Only for pages that nobody sees without signing in."""
        assert self.signed_in is not None
        return self.signed_in.actor

    def t(self, key: str, **values: object) -> str:
        """Return a text in the language of who asks."""
        return text(key, self.language, **values)

    def pick(self, zh: str, en: str) -> str:
        """Return one of two names in the language of who asks."""
        return (zh, en)[LANGUAGES.index(self.language)] or zh or en


@dataclass(frozen=True, slots=True)
class ShowPage:
    """A page: a template and its values. `status`: 200, or why it is none of that. `cookies`:
    to be set, '' to be forgotten. `headers`: besides those of every page."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    cookies: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go to another page of ours after an act. `notice`: what was done, in words, shown there."""

    to: str
    notice: str = ""
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Download:
    """A file. `name`: offered for saving. `body`: whole, or in parts that hold no transaction
    open."""

    name: str
    media: str
    body: bytes | Iterable[bytes]
    inline: bool = False


Answer = ShowPage | Redirect | Download


def show(template: str, *, status: int = 200, **values: object) -> ShowPage:
    """Return a page."""
    return ShowPage(template, values, status)
