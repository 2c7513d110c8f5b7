"""centre.toml: which park this is, where the database is, and how to reach the broker."""

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from fleet_manager import host_name
from fleet_manager.errors import CentreConfigError
from fleet_manager.files import ownership
from gate_agent.validator.messages.envelopes import is_name

FILE = "centre.toml"
_SQLITE = "sqlite:///"
DOOR_PORT, WEB_PORT = 8443, 8444
_TOPIC = "a name of 1 to 20 of a-z, 0-9 and -, with which topics begin"
_POSTGRESQL = "postgresql"
REPORT_FILES = ("xlsx", "pdf", "csv")
_FILES_RULE = f"a list of {', '.join(REPORT_FILES)}"
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_TIME_RULE = "a time of the park's day, for example 17:00"
_NAME_RULE = "1 to 20 of a-z, 0-9 and -, beginning with a letter or digit"


@dataclass(frozen=True, slots=True)
class BrokerFiles:
    """The MQTT broker, always with TLS: the certificate's name is who we are."""

    host: str
    port: int
    ca: Path
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """Reports that are written by themselves. `folder`: where to. `at`: minutes since midnight of
    the park's clock. `files`: of xlsx, pdf and csv, none to write none. `language`: zh or en."""

    folder: Path = Path("reports")
    at: int = 17 * 60
    files: tuple[str, ...] = ("xlsx",)
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class WebConfig:
    """The console. `hosts`: other names under which browsers reach it. `certificate`, `key`: of a
    public authority, None for the console's own. `tls`: False behind a proxy on this computer.
    `trusted_proxies`: addresses whose `X-Forwarded-For` is believed. `served`: whether `serve`
    starts it."""

    port: int = WEB_PORT
    host: str = ""
    hosts: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    tls: bool = True
    trusted_proxies: tuple[str, ...] = ()
    served: bool = False


@dataclass(frozen=True, slots=True)
class StateBroker:
    """The MQTT broker of the house to which readable state is published, for signs and smart
    houses: never the one of the gates. `authority`: file of its certificate authority, None for a
    connection without TLS. `password`: file with the password of `user`, None without one.
    `prefix`: of our topics. `discovery`: prefix of Home Assistant's discovery, '' for none."""

    host: str
    port: int
    authority: Path | None
    user: str
    password: Path | None
    prefix: str
    discovery: str


@dataclass(frozen=True, slots=True)
class CentreConfig:
    """`folder`: the data folder. `database`: a URL that SQLAlchemy understands. `door_port`:
    where boards enrol themselves, on the broker's host. `web`: the console. `heads`: a folder
    outside of the house in which the audit's head is left each day; None for none. `webhook_hosts`:
    to which hosts events may be sent. `state`: where readable state is published, None for
    nowhere."""

    folder: Path
    park: str
    name_zh: str
    name_en: str
    time_zone: ZoneInfo
    database: str
    broker: BrokerFiles
    door_port: int = DOOR_PORT
    reports: ReportSettings = ReportSettings()
    heads: Path | None = None
    web: WebConfig = WebConfig()
    webhook_hosts: frozenset[str] = frozenset()
    state: StateBroker | None = None

    @property
    def web_host(self) -> str:
        """Return the name under which browsers reach the console: the broker's if none is said."""
        return self.web.host or self.broker.host

    @property
    def console(self) -> str:
        """Return the console's address: `https://` host and port."""
        return f"{'https' if self.web.tls else 'http'}://{self.web_host}:{self.web.port}"

    @property
    def keys(self) -> Path:
        """Where the private keys are."""
        return self.folder / "keys"


class _Section:
    """One table of the file: each key is taken once, and whatever is left is an error."""

    def __init__(self, file: Path, name: str, values: dict[str, object]) -> None:
        self._file = file
        self._name = name
        self._values = dict(values)

    def fail(self, key: str, allowed: str) -> CentreConfigError:
        where = f"{self._name}.{key}" if self._name else key
        return CentreConfigError(f"cannot use {self._file}: {where}: must be {allowed}")

    def text(self, key: str, default: str | None, allowed: str = "a text") -> str:
        value = self._values.pop(key, default)
        if not isinstance(value, str) or not value or not value.isprintable():
            raise self.fail(key, allowed)
        return value

    def has(self, key: str) -> bool:
        return key in self._values

    def number(self, key: str, default: int, low: int, high: int) -> int:
        value = self._values.pop(key, default)
        if type(value) is not int or not low <= value <= high:
            raise self.fail(key, f"a number from {low} to {high}")
        return value

    def folder(self, key: str, beside: Path) -> Path | None:
        """Take a folder's name, which may be left out; a relative one begins at `beside`."""
        return beside / self.text(key, "", "a folder") if key in self._values else None

    def flag(self, key: str, default: bool) -> bool:
        value = self._values.pop(key, default)
        if type(value) is not bool:
            raise self.fail(key, "true or false")
        return value

    def texts(self, key: str, allowed: str) -> tuple[str, ...]:
        values = self._values.pop(key, [])
        if not isinstance(values, list) or not all(
            isinstance(value, str) and value and value.isprintable() for value in values
        ):
            raise self.fail(key, allowed)
        return tuple(values)

    def section(self, key: str) -> "_Section":
        value = self._values.pop(key, {})
        if not isinstance(value, dict):
            raise self.fail(key, "a table")
        return _Section(self._file, key, cast("dict[str, object]", value))

    def end(self) -> None:
        for key in self._values:
            where = f"{self._name}.{key}" if self._name else key
            raise CentreConfigError(f"cannot use {self._file}: {where}: no such setting")


def load(folder: Path) -> CentreConfig:
    """Return the settings in `folder`/centre.toml. Relative paths in it begin at `folder`.

    Raises CentreConfigError, which names the file, the key and what is allowed.
    """
    file = folder / FILE
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        raise _no_park(file) from None
    except OSError as error:
        hint = ownership.advice(file) if isinstance(error, PermissionError) else ""
        raise CentreConfigError(f"cannot open {file}: {error.strerror or error}", hint) from None
    try:
        # Windows' editors put a byte order mark in front: it says UTF-8, and nothing else.
        values = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        kind = "UTF-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "another encoding"
        raise CentreConfigError(
            f"cannot read {file}: it is not UTF-8 text, but {kind}", "save it as UTF-8"
        ) from None
    except (ValueError, RecursionError) as error:
        raise CentreConfigError(f"cannot read {file}: {error}") from None
    return parse(file, values)


def _no_park(file: Path) -> CentreConfigError:
    if (file.parent / "keys").exists():
        return CentreConfigError(
            f"cannot open {file}: no such file, although keys are beside it",
            "an `init` was cut off there, or the settings are lost: put a backup's back",
        )
    return CentreConfigError(
        f"cannot open {file}: no such file",
        "make a park with `fleet-manager init`, or name its folder with --data",
    )


def parse(file: Path, values: dict[str, object]) -> CentreConfig:
    """Return the settings in `values`, the parsed text of `file`. Raises CentreConfigError."""
    top = _Section(file, "", values)
    park = top.text("park", None, f"the park's id: {_NAME_RULE}")
    if not is_name(park):
        raise top.fail("park", f"the park's id: {_NAME_RULE}")
    folder = file.parent
    broker, door, audit = top.section("broker"), top.section("door"), top.section("audit")
    reports = top.section("reports")
    webhooks = top.section("webhooks")
    config = CentreConfig(
        folder=folder,
        park=park,
        name_zh=top.text("name_zh", park),
        name_en=top.text("name_en", park),
        time_zone=_zone(top),
        database=_database(top, folder),
        broker=BrokerFiles(
            host=_host(broker),
            port=broker.number("port", 8883, 1, 65535),
            ca=folder / broker.text("ca", "tls/ca.crt", "a file name"),
            certificate=folder / broker.text("certificate", "tls/centre.crt", "a file name"),
            key=folder / broker.text("key", "tls/centre.key", "a file name"),
        ),
        reports=_reports(reports, folder),
        door_port=door.number("port", DOOR_PORT, 1, 65535),
        heads=audit.folder("heads", folder),
        web=_web(top, folder),
        webhook_hosts=frozenset(
            host.lower() for host in webhooks.texts("hosts", f"a list of {host_name.ALLOWED}")
        ),
        state=_state(top, folder),
    )
    if not all(map(host_name.is_host, config.webhook_hosts)):
        raise webhooks.fail("hosts", f"a list of {host_name.ALLOWED}")
    for section in (audit, broker, door, reports, webhooks, top):
        section.end()
    return config


def _web(top: _Section, folder: Path) -> WebConfig:
    served = top.has("web")
    web = top.section("web")
    files = {
        key: folder / name if (name := web.text(key, "-", "a file name")) != "-" else None
        for key in ("certificate", "key")
    }
    host = web.text("host", "-", host_name.ALLOWED)
    config = WebConfig(
        port=web.number("port", WEB_PORT, 1, 65535),
        host="" if host == "-" else host,
        hosts=web.texts("hosts", f"a list of names, each {host_name.ALLOWED}"),
        certificate=files["certificate"],
        key=files["key"],
        tls=web.flag("tls", True),
        trusted_proxies=web.texts("trusted_proxies", "a list of addresses"),
        served=served,
    )
    for name in filter(None, (config.host, *config.hosts)):
        if not host_name.is_host(name):
            raise web.fail("host", host_name.ALLOWED)
    if (config.certificate is None) != (config.key is None):
        raise web.fail("certificate", "given together with web.key, or neither")
    web.end()
    return config


def _state(top: _Section, folder: Path) -> StateBroker | None:
    """Return where state is published, None for nowhere. Its password is a file, so that nobody
    sees it who is shown the settings."""
    if not top.has("state"):
        return None
    section = top.section("state")
    files = {
        key: folder / section.text(key, None, "a file name") if section.has(key) else None
        for key in ("ca", "password_file")
    }
    state = StateBroker(
        host=_host(section),
        port=section.number("port", 8883 if files["ca"] else 1883, 1, 65535),
        authority=files["ca"],
        user=section.text("user", None) if section.has("user") else "",
        password=files["password_file"],
        prefix=section.text("prefix", "scenic-gate", _TOPIC),
        discovery="homeassistant" if section.flag("home_assistant", False) else "",
    )
    if not is_name(state.prefix):
        raise section.fail("prefix", _TOPIC)
    section.end()
    return state


def _host(broker: _Section) -> str:
    host = broker.text("host", "localhost", host_name.ALLOWED)
    if not host_name.is_host(host):
        error = broker.fail("host", host_name.ALLOWED)
        error.hint = host_name.mistake(host)
        raise error
    return host


def _reports(section: _Section, folder: Path) -> ReportSettings:
    where = folder / section.text("folder", "reports", "a folder's name")
    at = _TIME.fullmatch(section.text("at", "17:00", _TIME_RULE))
    if at is None:
        raise section.fail("at", _TIME_RULE)
    files = section.texts("files", _FILES_RULE) if section.has("files") else ("xlsx",)
    if not set(files) <= set(REPORT_FILES):
        raise section.fail("files", _FILES_RULE)
    language = section.text("language", "zh", "zh or en")
    if language not in ("zh", "en"):
        raise section.fail("language", "zh or en")
    minute = int(at[1]) * 60 + int(at[2])
    return ReportSettings(where, minute, tuple(dict.fromkeys(files)), language)


def _zone(top: _Section) -> ZoneInfo:
    name = top.text("time_zone", None, "a time zone, for example Asia/Shanghai")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise top.fail("time_zone", "a time zone, for example Asia/Shanghai") from None


def _database(top: _Section, folder: Path) -> str:
    url = top.text("database", f"{_SQLITE}centre.db")
    path = url.removeprefix(_SQLITE)
    if path != url and path:
        return _SQLITE + str(folder.absolute() / path)
    if url.startswith((f"{_POSTGRESQL}://", f"{_POSTGRESQL}+")):
        return url
    raise top.fail("database", "sqlite:///FILE or a postgresql URL")


def check_new(
    folder: Path, park: str, name_zh: str, name_en: str, time_zone: str, database: str | None = None
) -> None:
    """Raise CentreConfigError for a setting with which `folder` can become no park."""
    parse(folder / FILE, _first_values(park, name_zh, name_en, time_zone, database))


def write(
    folder: Path, park: str, name_zh: str, name_en: str, time_zone: str, database: str | None = None
) -> CentreConfig:
    """Write a new centre.toml with the defaults spelled out, and return its settings.

    Raises CentreConfigError for a setting that is not allowed, and if the file exists or cannot
    be written.
    """
    file = folder / FILE
    values = _first_values(park, name_zh, name_en, time_zone, database)
    config = parse(file, {**values, "web": {"port": WEB_PORT}})
    # A JSON string is a TOML basic string.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items()]
    lines.append('\n[broker]\nhost = "localhost"\nport = 8883\n')
    lines.append(f"\n[web]\nport = {WEB_PORT}\n")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as out:
            out.writelines(lines)
    except FileExistsError:
        raise CentreConfigError(
            f"cannot make {file}: it exists", "choose another folder with --data"
        ) from None
    except OSError as error:
        raise CentreConfigError(f"cannot make {file}: {error.strerror or error}") from None
    return config


def _first_values(
    park: str, name_zh: str, name_en: str, time_zone: str, database: str | None
) -> dict[str, object]:
    return {
        "park": park,
        "name_zh": name_zh,
        "name_en": name_en,
        "time_zone": time_zone,
        "database": database or f"{_SQLITE}centre.db",
    }
