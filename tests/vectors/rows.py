"""The rows of the files with vectors."""

import json
from typing import Any

from gate_agent.validator.trust.keys import KeyUse, PublicKey
from tests.vectors import make
from tests.vectors.keyring import RING

Row = dict[str, Any]


def rows(name: str) -> list[Row]:
    lines = (make.FOLDER / f"{name}.jsonl").read_text("ascii").splitlines()
    return [json.loads(line) for line in lines]


def good(name: str) -> list[Row]:
    return [row for row in rows(name) if "refused" not in row]


def bad(name: str) -> list[Row]:
    return [row for row in rows(name) if "refused" in row]


def of_json(value: Any) -> Any:
    return tuple(of_json(item) for item in value) if isinstance(value, list) else value


def find_key(use: KeyUse, name: bytes, _gate: str) -> PublicKey | None:
    return RING.find(use, name)
