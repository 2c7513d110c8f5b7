"""How functions are called: what stands at which place must be seen at the call."""

import ast
from collections.abc import Iterator

from tests.house.law import Violation, law
from tests.house.source import House, Source

MOST = 6
WORKER = "gate_agent/drivers/worker.py"
LISTS = frozenset(
    "Table create_table Column Index select or_ and_ one_of builds max min pack print "
    "add_row".split()
)
"""Functions of libraries that take a list of like things, one argument each: SQLAlchemy's tables
and queries, `struct.pack`, hypothesis' strategies, rows of a table on a terminal."""


@law(
    "positional-calls", f"above {MOST} arguments nobody knows which is which: name them (key=value)"
)
def positional_calls(house: House) -> Iterator[Violation]:
    """Find calls with too many arguments without a name, those of functions with `*rest` left
    out: they take a list."""
    lists = LISTS | {
        definition.node.name
        for source in house.sources.values()
        for definition in source.definitions
        if definition.node.args.vararg is not None
    }
    for source in house.sources.values():
        for call in source.nodes(ast.Call):
            callee = call.func.attr if isinstance(call.func, ast.Attribute) else None
            callee = call.func.id if isinstance(call.func, ast.Name) else callee
            if len(call.args) > MOST and callee not in lists:
                text = f"{callee or 'a call'}() takes {len(call.args)} arguments without a name"
                yield Violation(source.path, call.lineno, text, callee or "")


@law("positional-parameters", f"at most {MOST} by place: put * before the others")
def positional_parameters(house: House) -> Iterator[Violation]:
    """Find signatures with too many parameters that may be given by place. Where a decorator
    hands the function to somebody (click, pytest), they are given by name."""
    for source in house.sources.values():
        for definition in source.definitions:
            node = definition.node
            count = len(node.args.posonlyargs) + len(node.args.args)
            bound = definition.of_class and "staticmethod" not in definition.decorators
            if count - bound > MOST and not definition.registered:
                text = f"{definition.name} takes {count - bound} parameters by place"
                yield Violation(source.path, node.lineno, text, definition.name)


@law("threads", "a device's thread that ends is a fault of that device: drivers/worker sees to it")
def threads(house: House) -> Iterator[Violation]:
    """Find threads that the gate starts in another way."""
    for source in house.sources.values():
        if source.path.startswith("gate_agent/") and source.path != WORKER:
            for call in source.nodes(ast.Call):
                if ast.unparse(call.func).rpartition(".")[2] == "Thread":
                    text = "a thread without a Worker ends unseen"
                    yield Violation(source.path, call.lineno, text)


@law("fmt-skip", "a call is laid out by the formatter; a table of data may be laid out by hand")
def fmt_skip(house: House) -> Iterator[Violation]:
    """Find `# fmt: skip` behind calls and signatures, SQLAlchemy's `Table(...)` left out."""
    for source in house.sources.values():
        ends = [number for number, line in enumerate(source.lines, 1) if "# fmt: skip" in line]
        if ends:
            hand_made = _ends_of_calls(source)
            for number in ends:
                if number in hand_made:
                    yield Violation(source.path, number, "fmt: skip behind a call or signature")


def _ends_of_calls(source: Source) -> set[int]:
    """Return the lines on which a call or signature of several lines ends that is not an element
    of a list, dictionary, set or tuple of several lines."""
    ends = set[int]()
    for statement in source.nodes(ast.FunctionDef):
        ends.update(range(statement.lineno, statement.body[0].lineno))
    waiting: list[ast.AST] = list(ast.iter_child_nodes(source.tree))
    while waiting:
        node = waiting.pop()
        lines = (getattr(node, "lineno", 0), getattr(node, "end_lineno", 0))
        if isinstance(node, ast.List | ast.Dict | ast.Set | ast.Tuple) and lines[0] != lines[1]:
            continue
        is_table = isinstance(node, ast.Call) and ast.unparse(node.func) == "Table"
        if isinstance(node, ast.Call) and lines[0] != lines[1] and not is_table:
            ends.add(lines[1])
        waiting.extend(ast.iter_child_nodes(node))
    return ends


LAWS = (positional_calls, positional_parameters, threads, fmt_skip)
