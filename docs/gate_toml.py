"""Find every key of gate.toml in the code that asks for it."""

import ast
import inspect
from functools import cache
from typing import NamedTuple

from gate_agent.config.load import parse

GETTERS = frozenset({"text", "name_of", "choice", "number", "pin", "wires", "file"})
"""The methods with which `config` asks a table of gate.toml for a key."""
TOP_TABLES = ("gate", "broker", "inputs", "page", "lane")


class Key(NamedTuple):
    """A key of gate.toml. `default`: None if it is required."""

    table: str
    name: str
    getter: str
    arguments: tuple[object, ...]
    hint: str
    default: object


@cache
def keys() -> tuple[Key, ...]:
    """Return every key that the code asks gate.toml for, in the order of the tables."""
    module = inspect.getmodule(parse)
    assert module is not None
    tree = ast.parse(inspect.getsource(module))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    calls.sort(key=lambda call: (call.lineno, call.col_offset))
    hints = _hints(calls)
    every = []
    for call in calls:
        asked = _asked(call)
        if asked and asked[1] in GETTERS and asked[0] != "self":
            owner, getter, name = asked
            table = owner if owner in TOP_TABLES else f"lane.{owner}"
            arguments = () if getter == "wires" else tuple(map(ast.literal_eval, call.args[1:]))
            hint = hints.get((owner, name), "")
            every.append(Key(table, name, getter, arguments, hint, _default(getter, arguments)))
    tables = [key.table for key in every]
    return tuple(sorted(every, key=lambda key: (_place(key.table), tables.index(key.table))))


def _hints(calls: list[ast.Call]) -> dict[tuple[str, str], str]:
    """Return what the code says of a wrong value, by variable and key."""
    hints = {}
    for call in calls:
        asked = _asked(call)
        if asked and asked[1] == "error" and isinstance(call.args[1], ast.Constant):
            hints[asked[0], asked[2]] = str(call.args[1].value)
    return hints


def _asked(call: ast.Call) -> tuple[str, str, str] | None:
    """Return variable, method and key of a call such as `gate.text("park")`."""
    function = call.func
    if not (isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)):
        return None
    if not (call.args and isinstance(call.args[0], ast.Constant)):
        return None
    return function.value.id, function.attr, str(call.args[0].value)


def _default(getter: str, arguments: tuple[object, ...]) -> object:
    needed = {"number": 2, "choice": 1, "text": 0}.get(getter, len(arguments))
    return arguments[needed] if len(arguments) > needed else None


def _place(table: str) -> int:
    return TOP_TABLES.index(table) if table in TOP_TABLES else len(TOP_TABLES)
