"""What the last hunt for each bug gave: stored beside the catalogue, shown in docs/mutants.md."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from tests.mutants.hunt import Outcome
from tests.mutants.mutant import Kind, Mutant, Sees

FILE = Path(__file__).with_name("results.json")
PAGE = Path(__file__).parents[2] / "docs" / "mutants.md"
_HEAD = """# Planted bugs

Made from `tests/mutants/results.json` by `./run docs`; do not change it here. `./run mutants`
plants each of these bugs in a copy of the product and lets two look for it: first the simulated
park, a bounded number of days, then, if the park has not found it, the unit tests of its room. A
bug that nobody finds means that a checker or a test is missing.

*Seen by*: a person, a count or a record is another with the bug; or nobody but a technician or an
attacker would notice. *Found by*: the check of the park, with the number of the first day on which
it speaks; or the unit test.

{summary}

| kind | bugs | the park finds | only unit tests find |
|---|---|---|---|
{kinds}

| bug | in | kind | seen by | found by |
|---|---|---|---|---|
{bugs}
"""


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a hunt. `of`: digest of the bug that was planted, which shows whether it is
    still the one in the catalogue. `seed`, `checker`, `test`: as in `Outcome`."""

    of: str
    seed: int | None = None
    checker: str = ""
    test: str = ""

    @property
    def is_found(self) -> bool:
        """Whether anybody found the bug."""
        return self.seed is not None or bool(self.test)


def digest_of(mutant: Mutant) -> str:
    """Return eight hexadecimal digits that differ for another file, text or replacement."""
    text = "\0".join((mutant.file, mutant.old, mutant.new))
    return sha256(text.encode()).hexdigest()[:8]


def load() -> dict[str, Result]:
    """Return the stored results by the names of the bugs."""
    rows = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    return {name: Result(**row) for name, row in rows.items()}


def publish(results: Mapping[str, Result], catalogue: Iterable[Mutant]) -> None:
    """Store the results of the bugs in the catalogue, in its order, and write docs/mutants.md."""
    bugs = list(catalogue)
    rows = {mutant.name: asdict(results[mutant.name]) for mutant in bugs if mutant.name in results}
    FILE.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(page(bugs, results), "utf-8")


def is_current(mutant: Mutant, results: Mapping[str, Result]) -> bool:
    """Return whether the stored result is of the bug as it is now."""
    return mutant.name in results and results[mutant.name].of == digest_of(mutant)


def merged(mutant: Mutant, outcome: Outcome, before: Result | None) -> Result:
    """Return the result after a hunt. If the unit tests were not asked, the test that found the
    same bug `before` stays."""
    of, test = digest_of(mutant), outcome.test
    if test is None:
        test = before.test if before is not None and before.of == of else ""
    return Result(of, outcome.seed, outcome.checker, test)


def seen_share(catalogue: Iterable[Mutant], results: Mapping[str, Result]) -> tuple[int, int]:
    """Return (found, all) of the bugs that change what a person, a count or a record sees: how many
    the park finds, and how many there are."""
    seen = [results[bug.name] for bug in catalogue if bug.sees is not Sees.TECHNICIAN]
    return sum(result.seed is not None for result in seen), len(seen)


def page(catalogue: Iterable[Mutant], results: Mapping[str, Result]) -> str:
    """Return docs/mutants.md."""
    bugs = [bug for bug in catalogue if bug.name in results]
    found, seen = seen_share(bugs, results)
    caught = sum(results[bug.name].is_found for bug in bugs)
    summary = (
        f"{caught} of {len(bugs)} are found. Of the {seen} that change what a person, a count or a "
        f"record sees, the park\nalone finds {found} ({found / max(1, seen):.0%})."
    )
    return _HEAD.format(
        summary=summary,
        kinds="\n".join(_kind_row(kind, bugs, results) for kind in Kind),
        bugs="\n".join(_bug_row(bug, results[bug.name]) for bug in bugs),
    )


def _kind_row(kind: Kind, bugs: list[Mutant], results: Mapping[str, Result]) -> str:
    of_kind = [results[bug.name] for bug in bugs if bug.kind is kind]
    park = sum(result.seed is not None for result in of_kind)
    tests = sum(result.seed is None and bool(result.test) for result in of_kind)
    return f"| {kind} | {len(of_kind)} | {park} | {tests} |"


def _bug_row(mutant: Mutant, result: Result) -> str:
    by = "**nobody**"
    if result.seed is not None:
        by = f"park, {result.checker} {result.seed}"
    elif result.test:
        by = f"`{result.test.removeprefix('tests/')}`"
    return f"| {mutant.name} | `{mutant.file}` | {mutant.kind} | {mutant.sees} | {by} |"
