"""Names and the sentences beside them: of modules, classes, functions."""

import ast
import re
from collections.abc import Iterator

from tests.house.law import Violation, law
from tests.house.source import PRODUCT, House, Source, within
from tests.house.verbs import VERBS

VAGUE = frozenset("util utils helper helpers common misc tools stuff base".split())


@law("vague-names", "a module is named after what it is; what belongs everywhere is found nowhere")
def vague_names(house: House) -> Iterator[Violation]:
    """Find modules with names that say nothing."""
    for source in house.sources.values():
        vague = set(source.path.rpartition("/")[2].removesuffix(".py").split("_")) & VAGUE
        if vague:
            yield Violation(source.path, 1, f"is named {', '.join(sorted(vague))}")


@law("module-says", "the first line of a module says what it is")
def module_says(house: House) -> Iterator[Violation]:
    """Find modules without a docstring."""
    for source in house.sources.values():
        if source.tree.body and not source.docstring:
            yield Violation(source.path, 1, "has no docstring")


@law("class-twice", "one word for one thing: the second bearer gets its noun")
def class_twice(house: House) -> Iterator[Violation]:
    """Find public classes of the product that have one name."""
    first: dict[str, str] = {}
    for source in house.inside(*PRODUCT):
        for node in source.nodes(ast.ClassDef):
            if node.name.startswith("_"):
                continue
            if node.name in first:
                text = f"class {node.name} stands in {first[node.name]} as well"
                yield Violation(source.path, node.lineno, text, node.name)
            first.setdefault(node.name, source.path)


# --- docstrings --------------------------------------------------------------------------------


@law("docstring-verb", 'a function does something: "Return …", "Raise …", "Store …"')
def docstring_verb(house: House) -> Iterator[Violation]:
    """Find docstrings of public functions whose first word is no verb of tests/house/verbs.py
    ("List of …" is none either). A property reads as a value: its docstring may name the value."""
    for source in house.inside(*PRODUCT, "hardware_sim"):
        for definition in source.definitions:
            text = ast.get_docstring(definition.node)
            value = definition.decorators & {"property", "cached_property"}
            if not definition.public or not text or value:
                continue
            first, second = (*re.split(r"[\s,:;.]+", text)[:2], "")[:2]
            if first not in VERBS or second in ("of", "is"):
                line = definition.node.body[0].lineno
                mistake = f'{definition.name} begins with "{first}"'
                yield Violation(source.path, line, mistake, definition.name)


# --- what nobody calls -------------------------------------------------------------------------

CALLED_FROM_OUTSIDE = frozenset({"main"})
"""What pyproject.toml names."""


@law("dead", "a function that only tests use is a feature that nobody has: delete it")
def dead(house: House) -> Iterator[Violation]:
    """Find public functions whose name stands nowhere but where it is defined; for the product,
    nowhere but in tests. By name alone: a name that stands twice hides a dead bearer."""
    product, everywhere = set[str](), set[str]()
    for source in house.sources.values():
        everywhere.update(_names(source))
        if not within(source.name, ("tests",)):
            product.update(_names(source))
    for source in house.inside(*PRODUCT, "hardware_sim"):
        uses = everywhere if within(source.name, ("hardware_sim",)) else product
        for definition in source.definitions:
            name = definition.node.name
            exempt = definition.registered or name in CALLED_FROM_OUTSIDE or name in uses
            if definition.public and not exempt:
                text = f"{definition.name} is used by nobody"
                yield Violation(source.path, definition.node.lineno, text, definition.name)


def _names(source: Source) -> Iterator[str]:
    """Yield every name that a module uses, and every word of its texts that could be one."""
    yield from (node.id for node in source.nodes(ast.Name))
    yield from (node.attr for node in source.nodes(ast.Attribute))
    yield from (node.name.rpartition(".")[2] for node in source.nodes(ast.alias))
    texts = (node.value for node in source.nodes(ast.Constant))
    yield from (text for text in texts if isinstance(text, str) and text.isidentifier())


# --- variables ---------------------------------------------------------------------------------

PRONOUNS = frozenset("one ones found known made told said held kept left_over thing things".split())


@law("pronouns", "a noun says what it is: `violations` for `found`, `gate` for `one`")
def pronouns(house: House) -> Iterator[Violation]:
    """Find variables of the simulator, and of these laws, that are pronouns or bare participles.
    The fields of a class are named beside their class, and may be."""
    for source in house.inside("hardware_sim", "tests.house"):
        lines: dict[str, int] = {}
        for node in source.nodes(ast.Name):
            if isinstance(node.ctx, ast.Store) and node.id in PRONOUNS:
                lines.setdefault(node.id, node.lineno)
        fields = {ast.unparse(node.target) for node in source.nodes(ast.AnnAssign)}
        for name, line in lines.items():
            if name in fields:
                continue
            yield Violation(source.path, line, f"a variable is called {name}", name)


LAWS = (vague_names, module_says, class_twice, docstring_verb, dead, pronouns)
