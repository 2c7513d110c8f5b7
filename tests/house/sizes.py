"""Sizes that readers feel: of modules, functions, folders; and how hard a function is to follow."""

from collections import defaultdict
from collections.abc import Iterator

from complexipy import code_complexity

from tests.house.law import Violation, law
from tests.house.source import PRODUCT, House

SOFT_LINES, HARD_LINES = 300, 400
OWN_FILE_LINES = 40
FUNCTION_LINES = 60
COGNITIVE = 15
FILES = 15
MIRRORED = (*PRODUCT, "hardware_sim", "firmware_config")
"""Below tests/, these folders mirror those of the same name, which say what they are."""


@law("module-size", f"at most {HARD_LINES} lines: one noun a module, read in one sitting")
def module_size(house: House) -> Iterator[Violation]:
    """Find modules above the hard limit."""
    for source in house.sources.values():
        if len(source.lines) > HARD_LINES:
            yield Violation(source.path, 1, f"has {len(source.lines)} lines")


@law("module-long", f"above {SOFT_LINES} lines a module often holds two things", soft=True)
def module_long(house: House) -> Iterator[Violation]:
    """Find modules between the soft and the hard limit."""
    for source in house.sources.values():
        if SOFT_LINES < len(source.lines) <= HARD_LINES:
            yield Violation(source.path, 1, f"has {len(source.lines)} lines")


@law("own-file-size", "a package's own file says what the package is, its modules do the rest")
def own_file_size(house: House) -> Iterator[Violation]:
    """Find `__init__.py` with more than a description."""
    for source in house.sources.values():
        if source.path.endswith("/__init__.py") and len(source.lines) > OWN_FILE_LINES:
            yield Violation(source.path, 1, f"has {len(source.lines)} lines of {OWN_FILE_LINES}")


@law("function-size", f"at most {FUNCTION_LINES} lines: a function fits on a screen")
def function_size(house: House) -> Iterator[Violation]:
    """Find functions above the limit, decorators left out, docstring included."""
    for source in house.sources.values():
        for definition in source.definitions:
            node = definition.node
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                text = f"{definition.name} has {lines} lines"
                yield Violation(source.path, node.lineno, text, definition.name)


@law("complexity", f"cognitive complexity at most {COGNITIVE}: each nested branch is remembered")
def complexity(house: House) -> Iterator[Violation]:
    """Find functions that are hard to follow, by the published rules of cognitive complexity (G.
    A. Campbell, SonarSource, 2018) as the library complexipy counts them; a function within a
    function counts to the outer one."""
    for source in house.sources.values():
        for function in code_complexity(source.text, no_ignore=True, with_plans=False).functions:
            if function.complexity > COGNITIVE:
                name = function.name.replace("::", ".")
                text = f"{name} has a cognitive complexity of {function.complexity}"
                yield Violation(source.path, function.line_start, text, name)


@law("folder-size", f"at most {FILES} Python files a folder, its own included: seen at a glance")
def folder_size(house: House) -> Iterator[Violation]:
    """Find folders with too many files."""
    counts: defaultdict[str, int] = defaultdict(int)
    for source in house.sources.values():
        counts[source.folder] += 1
    for folder, count in sorted(counts.items()):
        if count > FILES:
            yield Violation(folder, 1, f"has {count} Python files")


@law("folder-says", "who opens a folder for the first time reads its own file first")
def folder_says(house: House) -> Iterator[Violation]:
    """Find folders whose `__init__.py` is missing or says nothing."""
    paths = {source.path for source in house.sources.values()}
    folders = {source.folder for source in house.sources.values()}
    for folder in sorted(folders):
        top, _, mirrored = folder.partition("/")
        own = f"{folder}/__init__.py"
        mirrors = top == "tests" and mirrored.split("/")[0] in MIRRORED
        if top != "docs" and not mirrors and own not in paths:
            yield Violation(folder, 1, "has no __init__.py")
    for source in house.sources.values():
        if source.path.endswith("/__init__.py") and not source.docstring:
            yield Violation(source.path, 1, "says nothing: write what the folder is")


LAWS = (
    module_size,
    module_long,
    own_file_size,
    function_size,
    complexity,
    folder_size,
    folder_says,
)
