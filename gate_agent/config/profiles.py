"""Board profiles: a gate.toml to start from, made of a board, a turnstile and a name.

A board's profile says which line is wired to what; a turnstile's says which parts there are, with
`@WORD` for what depends on the board. They lie in `firmware_config/profiles/`.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gate_agent.config.firmware import firmware_folder
from gate_agent.config.load import parse
from gate_agent.config.settings import GateSettings
from gate_agent.errors import ConfigError

_WORD = re.compile(r"@([A-Z][A-Z_]+)")


@dataclass(frozen=True, slots=True)
class Profile:
    """A board's or a turnstile's profile. `values`: what the file holds besides the names."""

    id: str
    name_zh: str
    name_en: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class BoardSite:
    """The values that no profile can hold: which gate this is, and where."""

    park: str
    gate: str
    host: str
    time_zone: str
    scanner: str | None = None


FOLDER = firmware_folder() / "profiles"


def profiles(kind: str) -> list[Profile]:
    """Return all profiles of `kind`, "boards" or "turnstiles", by name. Raises ConfigError."""
    return [_load(file) for file in sorted((FOLDER / kind).glob("*.toml"))]


def profile(kind: str, name: str) -> Profile:
    """Return the profile `name`. Raises ConfigError that names those there are."""
    every = profiles(kind)
    for candidate in every:
        if candidate.id == name:
            return candidate
    names = ", ".join(candidate.id for candidate in every)
    raise ConfigError(f"no profile {name} among {kind}", f"there are: {names}")


def _load(file: Path) -> Profile:
    try:
        values = tomllib.loads(file.read_text("utf-8"))
        zh, en = str(values.pop("name_zh")), str(values.pop("name_en"))
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"cannot use {file}: {error}") from None
    return Profile(file.stem, zh, en, values)


def make(board: Profile, turnstile: Profile, site: BoardSite) -> str:
    """Return the text of a gate.toml. Raises ConfigError if the profiles do not fit together."""
    values = _filled(turnstile, _words(board))
    lanes = values["lane"]
    assert isinstance(lanes, list)
    if site.scanner is not None:
        if "scanner" not in lanes[0]:
            raise ConfigError(f"{turnstile.id} has no scanner")
        lanes[0]["scanner"]["port"] = site.scanner
    top: dict[str, object] = {
        "gate": {
            "park": site.park,
            "id": site.gate,
            "time_zone": site.time_zone,
            "data": "/var/lib/scenic-gate",
            "identity": "/etc/scenic-gate/identity",
        },
        "broker": {"host": site.host},
    }
    parse(Path("gate.toml"), top | values)
    head = (
        f"# {turnstile.name_zh} · {board.name_zh}\n"
        f"# {turnstile.name_en}, on {board.name_en}\n"
        "# Every key is explained in docs/gate-toml.md; an unknown key is an error.\n"
    )
    return head + "".join(_tables(top | values))


def _words(board: Profile) -> dict[str, object]:
    lines = board.values.get("lines", {})
    assert isinstance(lines, Mapping)
    rest = {key: value for key, value in board.values.items() if key != "lines"}
    return {str(key).upper(): value for key, value in {**rest, **lines}.items()}


def _filled(turnstile: Profile, words: Mapping[str, object]) -> dict[str, object]:
    """Return the turnstile's values, each `@WORD` replaced by the board's value. Raises
    ConfigError for a word that the board does not have."""

    def value_of(word: str) -> object:
        if word not in words:
            raise ConfigError(
                f"{turnstile.id} needs {word.lower()}, which this board does not have",
                "gate-agent profile list shows the others",
            )
        return words[word]

    return {key: _replaced(value, value_of) for key, value in turnstile.values.items()}


def _replaced(value: object, value_of: Callable[[str], object]) -> object:
    """Return a value without `@WORD`: a text that is one word takes the type of its value."""
    if isinstance(value, dict):
        return {key: _replaced(inner, value_of) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, value_of) for inner in value]
    if not isinstance(value, str):
        return value
    whole = _WORD.fullmatch(value)
    if whole is not None:
        return value_of(whole[1])
    return _WORD.sub(lambda match: str(value_of(match[1])), value)


def _tables(values: Mapping[str, object], above: str = "") -> Iterator[str]:
    """Yield TOML of tables, lists of tables or of texts, texts, whole numbers and truth values."""
    for key, value in values.items():
        name = f"{above}{key}"
        if isinstance(value, list):
            for table in value:
                yield from _table(f"[[{name}]]", name, table)
        else:
            assert isinstance(value, Mapping), name
            yield from _table(f"[{name}]", name, value)


def _table(head: str, name: str, values: Mapping[str, object]) -> Iterator[str]:
    yield f"\n{head}\n"
    for key, value in values.items():
        if not _is_table(value):
            yield f"{key} = {_text(value)}\n"
    inner = {key: value for key, value in values.items() if _is_table(value)}
    yield from _tables(inner, f"{name}.")


def _is_table(value: object) -> bool:
    """Return whether `value` is a table or a list of tables."""
    return isinstance(value, Mapping) or (isinstance(value, list) and isinstance(value[0], Mapping))


def _text(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def boot_lines(settings: GateSettings) -> str:
    """Return lines for a Raspberry Pi's config.txt that hold this gate's relays at rest from
    power-on, long before the daemon starts."""
    lines = [
        f"gpio={relay.pin}=op,{'dh' if relay.turned else 'dl'}\n"
        for lane in settings.lanes
        if lane.arm is not None and (relay := lane.arm.wires.get("relay")) is not None
    ]
    return "".join(("# Relays of this gate, at rest.\n[all]\n", *lines)) if lines else ""
