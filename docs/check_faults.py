"""What `gate-agent check` may say of a part, and what to do: read from the source of the checks.

Each row is a call of `bad` or `note` with a hint. Texts are data in that source (Words of both
languages); what is only known on site stands as …
"""

import ast
from collections.abc import Iterator
from pathlib import Path

CHECKS = Path(__file__).parents[1] / "gate_agent" / "checks"
SHARED = CHECKS / "row.py"
DEVICE = {"zh": "通道 N 的设备", "en": "a device of lane N"}
_LANGUAGE = {"zh": 0, "en": 1}
ELSEWHERE = "…"
"""What is only known when it runs."""
Names = dict[str, ast.expr]
"""What is assigned to each name."""


def _text(node: ast.expr) -> str:
    """Return a literal's text, … in place of what is only known when it runs."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) for part in parts)
        case ast.BinOp(left=left, right=right):
            return _text(left) + _text(right)
        case _:
            return ELSEWHERE


def _words(node: ast.expr, names: Names, language: str) -> Iterator[str]:
    """Yield what an expression may say: `Words`, `both`, or a name of one of them."""
    match node:
        case ast.Call(func=ast.Name(id="Words"), args=[zh, en]):
            yield _text((zh, en)[_LANGUAGE[language]])
        case ast.Call(func=ast.Name(id="both"), args=[text]):
            yield _text(text)
        case ast.Name(id=name):
            if name in names:
                yield from _words(names[name], names, language)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _words(body, names, language)
            yield from _words(orelse, names, language)


def _part(node: ast.expr, names: Names, language: str) -> str:
    """Return the name of the part that a row is of."""
    match node:
        case ast.Call(func=ast.Name(id="CheckPart"), args=[_, words]):
            return next(_words(words, names, language), "")
        case ast.Call(func=ast.Name(id="lane_part"), args=[_, _, words]):
            lane = {"zh": "通道 N ", "en": "lane N "}[language]
            return lane + next(_words(words, names, language), "")
        case ast.Name(id=name) if name in names:
            return _part(names[name], names, language)
        case _:
            return ""


def _assigned(node: ast.AST, before: int) -> Names:
    """Return what is assigned last to each name in a module or function, above a line."""
    names: Names = {}
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assign) and inner.lineno < before:
            target = inner.targets[0]
            if isinstance(target, ast.Name):
                last = names.get(target.id)
                if last is None or last.lineno < inner.lineno:
                    names[target.id] = inner.value
    return names


def _calls(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, ast.Call]]:
    """Yield every call of `bad` and `note`, in the order of the source, with its function."""
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        for node in ast.walk(function):
            match node:
                case ast.Call(func=ast.Attribute(attr="bad" | "note"), args=[_, _]):
                    yield function, node


def rows(language: str) -> list[tuple[str, str, str]]:
    """Return part, what the sheet says of it, and what to do, in the order of the source."""
    shared = _module_level(ast.parse(SHARED.read_text("utf-8")))
    made: dict[tuple[str, str, str], None] = {}
    for file in sorted(set(CHECKS.glob("*.py")) - {SHARED}):
        made |= dict.fromkeys(_rows_of(ast.parse(file.read_text("utf-8")), shared, language))
    return [row for row in made if all(row) and row[2] != ELSEWHERE]


def _rows_of(tree: ast.Module, shared: Names, language: str) -> Iterator[tuple[str, str, str]]:
    """Yield the rows of one module. `shared`: the names of the one that all import."""
    names = shared | _module_level(tree)
    for function, call in sorted(_calls(tree), key=lambda found: found[1].lineno):
        here = names | _assigned(function, call.lineno)
        owner = call.func.value if isinstance(call.func, ast.Attribute) else call.func
        part = _part(owner, here, language) or _given_part(tree, names, language)
        for text in _words(call.args[0], here, language):
            for cure in _words(call.args[1], here, language):
                yield part, text, cure


def _given_part(tree: ast.Module, names: Names, language: str) -> str:
    """Return the part of a row whose function is given it: the only one of its module."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    parts = {_part(call, names, language) for call in calls} - {""}
    return parts.pop() if len(parts) == 1 else DEVICE[language]


def _module_level(tree: ast.Module) -> Names:
    return {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def table(language: str) -> str:
    """Return the whole table for docs/faults.md."""
    head = {
        "zh": "| 部件 | 检测结果 | 怎么办 |",
        "en": "| part | what the sheet says | what to do |",
    }[language]
    lines = [f"| {' | '.join(_cell(text) for text in row)} |" for row in rows(language)]
    return "\n".join(["", head, "|---|---|---|", *lines, ""])


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
