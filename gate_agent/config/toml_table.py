"""One table of a TOML file: every key is asked for once, and what is left over is an error."""

import re
from collections.abc import Mapping
from pathlib import Path

from gate_agent.config.settings import GpioLine, Wires
from gate_agent.errors import ConfigError
from gate_agent.validator.messages.envelopes import is_name

_WIRE = re.compile(r"([a-z_]+) ([0-9]|[1-5][0-9]|6[0-3])(?: (low|open))?")

_FAR_WIRE = re.compile(r"[a-z_]+ (6[4-9]|[7-9][0-9]|[1-9][0-9]{2,})\b")


class Table:
    """Each method removes a key and returns its value, or raises ConfigError that names file, table
    and key, and says what is allowed."""

    def __init__(self, path: Path, name: str, values: object) -> None:
        if not isinstance(values, Mapping):
            raise ConfigError(f"{path}: [{name}] is not a table")
        self.path, self.name, self.values = path, name, dict(values)

    def error(self, key: str, allowed: str) -> ConfigError:
        return ConfigError(f"{self.path}: [{self.name}] {key}: must be {allowed}")

    def take(self, key: str) -> object:
        return self.values.pop(key, None)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not value.isprintable() or not value:
            raise self.error(key, "a text of printable characters")
        return value

    def name_of(self, key: str) -> str:
        value = self.text(key)
        if not is_name(value):
            raise self.error(key, "1 to 20 of a-z, 0-9 and -")
        return value

    def choice(self, key: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.text(key, default)
        if value not in allowed:
            raise self.error(key, " or ".join(allowed))
        return value

    def number(self, key: str, low: int, high: int, default: int | None = None) -> int:
        value = self.take(key)
        if value is None and default is not None:
            return default
        if type(value) is not int or not low <= value <= high:
            raise self.error(key, f"a whole number from {low} to {high}")
        return value

    def pin(self, key: str) -> int:
        return self.number(key, 0, 63)

    def wires(self, key: str, roles: tuple[str, ...]) -> Wires:
        """Return the lines in texts like "relay 17": what is at the line's end, its number, and
        `low` for a relay that a low level closes or `open` for a contact that is open at rest."""
        value = self.take(key)
        error = self.error(key, f'texts like "{roles[0]} 17", of {", ".join(roles)}')
        if not isinstance(value, list | tuple) or not value:
            raise error
        wires: dict[str, GpioLine] = {}
        for text in value:
            match = _WIRE.fullmatch(text) if isinstance(text, str) else None
            if match is None and isinstance(text, str) and (far := _FAR_WIRE.match(text)):
                raise self.error(key, f'of lines 0 to 63: there is no line {far[1]} ("{text}")')
            if match is None or match[1] not in roles or match[1] in wires:
                raise error
            if (match[3] == "low") != (match[1] == "relay") and match[3] is not None:
                raise error
            wires[match[1]] = GpioLine(int(match[2]), match[3] is not None)
        return wires

    def file(self, key: str) -> Path:
        path = Path(self.text(key))
        return path if path.is_absolute() else self.path.parent / path

    def table(self, key: str) -> "Table | None":
        value = self.take(key)
        return None if value is None else Table(self.path, f"{self.name}.{key}", value)

    def done(self) -> None:
        for key in self.values:
            raise ConfigError(
                f"{self.path}: [{self.name}] {key}: unknown key",
                "look for a spelling mistake; docs/gate-toml.md lists every key",
            )
