"""The fault table is what the checks say: every hint of a `bad` or a `note`, in both languages."""

import re
from pathlib import Path

import pytest

from docs import check_faults
from gate_agent.checks import storage, trust
from gate_agent.checks.row import CheckPart

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_part_that_the_checks_name_has_a_row(language: str) -> None:
    parts = {part for part, _, _ in check_faults.rows(language)}
    for module in (storage, trust):
        for value in vars(module).values():
            if isinstance(value, CheckPart):
                assert getattr(value.words, language) in parts


def test_a_row_names_part_finding_and_cure() -> None:
    assert (
        "certificate",
        "it belongs to another key than this gate's",
        "copy the folder again that fleet-manager gate add wrote for this gate",
    ) in check_faults.rows("en")
    assert len(check_faults.rows("zh")) > 30
    assert all(all(row) for row in check_faults.rows("en"))


def test_a_chinese_row_tells_what_to_do_in_chinese() -> None:
    for part, _, cure in check_faults.rows("zh"):
        assert re.search("[\u4e00-\u9fff]", part)
        assert re.search("[\u4e00-\u9fff]", cure), cure
