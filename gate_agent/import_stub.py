"""Load libraries without the parts of them that are never used here: a gate has 40 MiB."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType


@contextmanager
def stub_import(name: str, *wanted: str) -> Iterator[None]:
    """Give an empty module to whoever imports `name` inside this context, unless it was loaded
    before; the names `wanted` in it are None. Imports afterwards get the real module."""
    package, _, last = name.rpartition(".")
    if name in sys.modules:
        yield
        return
    stub = ModuleType(name)
    for word in wanted:
        setattr(stub, word, None)
    sys.modules[name] = stub
    if package:
        setattr(import_module(package), last, stub)
    try:
        yield
    finally:
        del sys.modules[name]
