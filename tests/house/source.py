"""The tree as the laws see it: each file read and parsed once, its nodes sorted by kind."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[2]
PRODUCT = ("gate_agent", "fleet_manager")
SIMULATOR = "hardware_sim"
FOLDERS = (*PRODUCT, SIMULATOR, "firmware_config", "tests", "docs")
"""Where Python files are looked for."""

PLAIN_DECORATORS = frozenset(
    "staticmethod classmethod property cached_property contextmanager cache override".split()
)
"""Decorators that hand a function to nobody."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Node = TypeVar("Node", bound=ast.AST)


@dataclass(frozen=True, slots=True)
class Import:
    """`name`: the full name of the imported module. `typing_only`: never executed."""

    name: str
    line: int
    typing_only: bool


@dataclass(frozen=True, slots=True)
class Definition:
    """A function and the names of the classes and functions around it: `Class.method`."""

    name: str
    node: Function
    of_class: bool

    @property
    def public(self) -> bool:
        """Whether no part of the name begins with an underscore."""
        return not any(part.startswith("_") for part in self.name.split("."))

    @property
    def decorators(self) -> set[str]:
        """The last names of the decorators, without their arguments."""
        texts = (ast.unparse(decorator) for decorator in self.node.decorator_list)
        return {text.partition("(")[0].rpartition(".")[2] for text in texts}

    @property
    def registered(self) -> bool:
        """Whether a decorator hands the function to somebody, who then calls it."""
        return bool(self.decorators - PLAIN_DECORATORS)


@dataclass(frozen=True)
class Source:
    """One Python file. `path` is relative to the root, with forward slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Parse the file. Raises SyntaxError if it is not Python."""
        return ast.parse(self.text, self.path)

    @cached_property
    def lines(self) -> list[str]:
        """Split the text."""
        return self.text.splitlines()

    @cached_property
    def name(self) -> str:
        """Return the module's full name; a package's own file has the package's name."""
        parts = self.path.removesuffix(".py").split("/")
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def folder(self) -> str:
        """Return the path of the folder that the file lies in."""
        return self.path.rpartition("/")[0]

    @cached_property
    def docstring(self) -> str:
        """Return the module's docstring, or an empty text."""
        return ast.get_docstring(self.tree) or ""

    @cached_property
    def _by_kind(self) -> dict[type[ast.AST], list[ast.AST]]:
        kinds: defaultdict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        for node in ast.walk(self.tree):
            kinds[type(node)].append(node)
        return kinds

    def nodes(self, kind: type[Node]) -> list[Node]:
        """Return every node of exactly this kind, anywhere in the file."""
        return self._by_kind.get(kind, [])  # type: ignore[return-value]

    @cached_property
    def definitions(self) -> list[Definition]:
        """Return every function of the file, in its order."""
        return list(_definitions(self.tree, "", of_class=False))

    def imports(self, known: Mapping[str, object]) -> list[Import]:
        """Return what the file imports, late and for types alone too. `known`: names of modules,
        so that `from package import module` is an import of the module."""
        skipped = self._typing_only
        imports = [
            Import(alias.name, node.lineno, node in skipped)
            for node in self.nodes(ast.Import)
            for alias in node.names
        ]
        for node in self.nodes(ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                full = f"{module}.{alias.name}"
                name = full if full in known else module
                imports.append(Import(name, node.lineno, node in skipped))
        return imports

    @cached_property
    def _typing_only(self) -> set[ast.AST]:
        return {
            inner
            for node in self.nodes(ast.If)
            if ast.unparse(node.test) == "TYPE_CHECKING"
            for statement in node.body
            for inner in ast.walk(statement)
        }


class House:
    """All sources by module name, and the documents that laws read."""

    def __init__(self, sources: list[Source], documents: Mapping[str, str] | None = None) -> None:
        self.sources = {source.name: source for source in sources}
        self._documents = documents
        self._imports: dict[str, list[Import]] = {}

    @classmethod
    def read(cls, root: Path = ROOT) -> "House":
        """Read the real tree."""
        files = [file for top in FOLDERS for file in sorted((root / top).rglob("*.py"))]
        return cls(
            [Source(file.relative_to(root).as_posix(), file.read_text("utf-8")) for file in files]
        )

    @classmethod
    def planted(cls, files: Mapping[str, str]) -> "House":
        """Make a small tree from texts by path, so that a law can be seen to fail."""
        sources = [Source(path, text) for path, text in files.items() if path.endswith(".py")]
        return cls(sources, files)

    def document(self, path: str) -> str:
        """Return a document's text; an empty one if it does not exist."""
        if self._documents is not None:
            return self._documents.get(path, "")
        file = ROOT / path
        return file.read_text("utf-8") if file.is_file() else ""

    def inside(self, *rooms: str) -> Iterator[Source]:
        """Yield the sources of these packages or modules."""
        for name, source in self.sources.items():
            if within(name, rooms):
                yield source

    def imports(self, source: Source) -> list[Import]:
        """Return what a source imports, with full names."""
        if source.path not in self._imports:
            self._imports[source.path] = source.imports(self.sources)
        return self._imports[source.path]

    def ours(self, source: Source) -> list[Import]:
        """Return the imports of modules of this tree."""
        return [each for each in self.imports(source) if each.name in self.sources]


def within(name: str, rooms: tuple[str, ...]) -> bool:
    """Return whether a module is one of the rooms, or lies inside one."""
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def _definitions(node: ast.AST, prefix: str, *, of_class: bool) -> Iterator[Definition]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield Definition(prefix + child.name, child, of_class)
            yield from _definitions(child, f"{prefix}{child.name}.", of_class=False)
        elif isinstance(child, ast.ClassDef):
            yield from _definitions(child, f"{prefix}{child.name}.", of_class=True)
        elif isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from _definitions(child, prefix, of_class=of_class)
