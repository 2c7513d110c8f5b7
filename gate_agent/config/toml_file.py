"""Read a TOML file as editors of real offices save it, and name the cure for what is no TOML."""

import codecs
import re
import tomllib
from pathlib import Path
from typing import Any

from gate_agent.errors import ConfigError

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LOOKALIKES = dict.fromkeys("“”„‟＂«»「」", '"') | dict.fromkeys("‘’‚‛＇", "'")
_LOOKALIKES |= {"＝": "=", "［": "[", "］": "]", "，": ",", "\u00a0": "an ordinary blank"}
"""Letters that word processors and Chinese keyboards write for those that TOML wants."""
_LINE = re.compile(r"line (\d+)")


def read_toml(path: Path) -> dict[str, Any]:
    """Return the values in a TOML file; a byte order mark is ignored. Raises ConfigError."""
    try:
        data = path.read_bytes()
    except PermissionError:
        raise ConfigError(
            f"cannot read {path}: Permission denied", "run it as: sudo -u scenic-gate gate-agent …"
        ) from None
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    text = _text(path, data)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not a TOML file: {error}", _cure(text, str(error))) from None


def _text(path: Path, data: bytes) -> str:
    if data.startswith(_UTF16) or b"\0" in data[:4]:
        raise ConfigError(
            f"{path}: saved as UTF-16, and must be UTF-8",
            f"save it as UTF-8, or: iconv -f UTF-16 -t UTF-8 {path}",
        )
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: line {line} is no UTF-8 text", "save it as UTF-8") from None
    raise ConfigError(
        f"{path}: line {line} is no UTF-8 text; the file seems to be saved as GBK (ANSI)",
        f"save it as UTF-8, or: iconv -f GB18030 -t UTF-8 {path}",
    )


def _cure(text: str, error: str) -> str:
    """Return what to do about a line in which a letter only looks right; empty if none does."""
    number = _LINE.search(error)
    lines = text.splitlines()
    if number is None or not 0 < int(number[1]) <= len(lines):
        return ""
    for letter in lines[int(number[1]) - 1].partition("#")[0]:
        if letter in _LOOKALIKES:
            return f"line {number[1]} has {letter} where {_LOOKALIKES[letter]} is wanted"
    return ""
