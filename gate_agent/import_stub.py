"""Libraries without the parts of them that are never used here: a gate has 40 MiB."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType


@contextmanager
def without(name: str, *wanted: str) -> Iterator[None]:
    """While it lasts, importing the module `name` gives an empty one, in which `wanted` are None,
    unless it was loaded before. Whoever imports it afterwards gets the real one."""
    package, _, last = name.rpartition(".")
    if name in sys.modules:
        yield
        return
    spare = ModuleType(name)
    for word in wanted:
        setattr(spare, word, None)
    sys.modules[name] = spare
    if package:
        setattr(import_module(package), last, spare)
    try:
        yield
    finally:
        del sys.modules[name]
