"""Libraries without the parts of them that are never used here: a gate has 40 MiB."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType


@contextmanager
def without(name: str) -> Iterator[None]:
    """While it lasts, importing the submodule `name` (`package.module`) gives an empty one, unless
    it was loaded before. Whoever imports it afterwards gets the real one."""
    package, _, last = name.rpartition(".")
    if name in sys.modules:
        yield
        return
    parent, spare = import_module(package), ModuleType(name)
    sys.modules[name] = spare
    setattr(parent, last, spare)
    try:
        yield
    finally:
        del sys.modules[name]
