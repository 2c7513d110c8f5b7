"""The vectors of Project Wycheproof, where this machine has them."""

import json
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
Vector = dict[str, Any]


def groups(name: str) -> list[dict[str, Any]]:
    """Return the groups of tests of the file `name`. Skip the test where no such file is."""
    folders = [HERE, *(parent / "shared" / "vectors" for parent in HERE.parents)]
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is None:
        pytest.skip(f"{name} of Project Wycheproof is not here: see {HERE / 'README.md'}")
    data = json.loads(path.read_text("utf-8"))
    listed: list[dict[str, Any]] = data["testGroups"]
    assert sum(len(group["tests"]) for group in listed) == data["numberOfTests"]
    return listed
