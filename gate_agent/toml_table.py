"""One table of a TOML file: every key is asked for once, and what is left over is an error."""

from collections.abc import Mapping
from pathlib import Path

from gate_agent.errors import ConfigError
from gate_agent.validator.messages import is_name


class Table:
    """Each method takes a key's value out and gives it, or raises ConfigError that names file,
    table and key, and says what is allowed."""

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

    def pin_or_none(self, key: str) -> int | None:
        return self.pin(key) if key in self.values else None

    def flag(self, key: str, default: bool) -> bool:
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.error(key, "true or false")
        return value

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
                "look for a spelling mistake; docs/operating.md lists every key",
            )
