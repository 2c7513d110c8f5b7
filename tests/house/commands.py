"""The commands that pyproject.toml names, found by the words of a command line."""

import importlib
import tomllib
from typing import Any

import click

from tests.house.source import ROOT

SCRIPTS: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
    "scripts"
]


def command_named(program: str, words: list[str]) -> click.Command:
    """Return the command that the words lead to. Raises AssertionError if there is none, or an
    option is unknown."""
    command = _entry(program)
    typed = f"{program} {' '.join(words)}"
    options = {"--help"}
    before = ""
    for word in words:
        for option in command.params:
            options.update(option.opts, option.secondary_opts)
        if word.startswith("-"):
            assert word.split("=")[0] in options, f"{typed}: no {word}"
        elif isinstance(command, click.Group) and not _takes_value(command, before):
            below = command.get_command(click.Context(command), word)
            assert below is not None, f"{typed}: no command {word}"
            command = below
        before = word
    return command


def _entry(program: str) -> click.Command:
    module, function = SCRIPTS[program].split(":")
    loaded = importlib.import_module(module)
    entry: Any = getattr(loaded, function)
    root: Any = entry if isinstance(entry, click.Command) else loaded.build()
    assert isinstance(root, click.Command)
    return root


def _takes_value(command: click.Command, word: str) -> bool:
    """Return whether the word before is an option of the command that a value follows."""
    options = [option for option in command.params if isinstance(option, click.Option)]
    return any(word in option.opts and not option.is_flag for option in options)
