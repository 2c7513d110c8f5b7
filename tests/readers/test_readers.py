"""No reader of bytes takes longer than a bound that grows with the input's length."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.readers import hostile, timing
from tests.readers.registry import ELSEWHERE, READERS, Reader

ROOT = Path(__file__).parents[2]
MOST_PASSES, MOST_PASSES_TRUSTED = 60, 400
"""A reader may take as long as so many plain passes over 48 kB: three times of what the slowest
takes, for both are timed on a busy machine. A list's body holds a packed number for each bit,
and a table a cell for each comma."""

GROWTH = 3.0
_NAMES = re.compile(r"(read|decode|parse|open|split|unpack|unwrap|feed|take|receive|find)(_|$)")
_BYTES = {"bytes", "bytearray", "memoryview"}


@pytest.fixture
def floor_ms() -> float:
    return timing.floor_ms()


slowest = cache(timing.slowest)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_hostile_bytes_cost_no_more_than_some_passes_over_them(
    reader: Reader, floor_ms: float
) -> None:
    worst = slowest(reader)
    most = MOST_PASSES_TRUSTED if reader.trusted else MOST_PASSES
    assert worst.spent_ms <= most * floor_ms, worst


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_twice_as_many_bytes_cost_about_twice_as_much(reader: Reader, floor_ms: float) -> None:
    worst = slowest(reader)
    assert worst.spent_ms <= GROWTH * worst.half_ms + floor_ms, worst


@pytest.mark.parametrize("kind", hostile.MAKERS)
def test_hostile_bytes_are_as_long_as_asked_for(kind: str) -> None:
    for size in (24_000, 48_000):
        assert abs(len(hostile.MAKERS[kind](size)) - size) <= 64


def _readers(path: Path) -> Iterator[str]:
    """Gives the names of public functions of a module that are called like readers of bytes."""
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)

    def inside(node: ast.Module | ast.ClassDef, before: str) -> Iterator[str]:
        for item in node.body:
            if isinstance(item, ast.ClassDef):
                yield from inside(item, f"{before}.{item.name}")
            elif isinstance(item, ast.FunctionDef) and _NAMES.match(item.name):
                every = [*item.args.posonlyargs, *item.args.args, *item.args.kwonlyargs]
                if any(_is_bytes(argument.annotation) for argument in every):
                    yield f"{before}.{item.name}"

    yield from inside(ast.parse(path.read_text("utf-8")), module)


def _is_bytes(annotation: ast.expr | None) -> bool:
    return isinstance(annotation, ast.Name) and annotation.id in _BYTES


def test_every_reader_of_bytes_is_in_the_registry() -> None:
    """A new one must be measured, or say which of these it leaves its bytes to."""
    listed = {reader.name.split(" ")[0] for reader in READERS} | set(ELSEWHERE)
    unknown = [
        name
        for package in ("gate_agent", "fleet_manager")
        for path in sorted((ROOT / package).rglob("*.py"))
        for name in _readers(path)
        if name not in listed
    ]
    assert unknown == []
