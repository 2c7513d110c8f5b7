"""A law, its violations, and the rows of allowed.txt that let some of them stand."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.house.source import House

ALLOWED = Path(__file__).with_name("allowed.txt")
Check = Callable[[House], Iterable["Violation"]]


@dataclass(frozen=True, slots=True)
class Violation:
    """`name`: the function or class that breaks the law, if it is one; `text`: what is wrong."""

    path: str
    line: int
    text: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Law:
    """`why` ends the line of each violation. `soft`: says so, and fails nothing."""

    name: str
    why: str
    check: Check
    soft: bool = False

    def line(self, violation: Violation) -> str:
        """Return what lint prints: where, which law, what, and why."""
        place = f"{violation.path}:{violation.line}"
        return f"{place}: {self.name}: {violation.text} ({self.why})"


def law(name: str, why: str, *, soft: bool = False) -> Callable[[Check], Law]:
    """Make a law of the function below."""

    def make(check: Check) -> Law:
        return Law(name, why, check, soft)

    return make


@dataclass(frozen=True, slots=True)
class Allowance:
    """One row of allowed.txt, in `line` of it: a file, `folder/` or `file::name` for one law."""

    law: str
    place: str
    line: int

    def covers(self, name: str, violation: Violation) -> bool:
        """Return whether a violation of the law called `name` may stand."""
        if name != self.law:
            return False
        if self.place.endswith("/"):
            return violation.path.startswith(self.place)
        return self.place in (violation.path, f"{violation.path}::{violation.name}")


def allowances(text: str) -> Iterator[Allowance]:
    """Read allowed.txt. Raises ValueError for a row without a law, or a law without a reason."""
    current = None
    for number, line in enumerate(text.splitlines(), 1):
        row = line.strip()
        if not row or row.startswith("#"):
            continue
        if row.startswith("["):
            head, _, reason = row[1:].partition("]")
            current, _, day = head.partition(" ")
            if len(day.split("-")) != 3 or not reason.strip():
                raise ValueError(
                    f"tests/house/allowed.txt:{number}: write [LAW YYYY-MM-DD] and the reason"
                )
        elif current is None:
            raise ValueError(
                f"tests/house/allowed.txt:{number}: a row needs the line of its law above it"
            )
        else:
            yield Allowance(current, row, number)


@dataclass(frozen=True, slots=True)
class Finding:
    """What the laws say of a tree: lines that fail lint, lines that only warn, rows to delete."""

    failures: list[str]
    warnings: list[str]
    stale: list[Allowance]


def judge(house: House, laws: Iterable[Law], rows: Iterable[Allowance]) -> Finding:
    """Check every law. A row of allowed.txt that nothing needs any more is a failure too."""
    checked, given = list(laws), list(rows)
    failures, warnings, used = list[str](), list[str](), set[Allowance]()
    for each in checked:
        for violation in each.check(house):
            covering = [row for row in given if row.covers(each.name, violation)]
            used.update(covering)
            if not covering:
                (warnings if each.soft else failures).append(each.line(violation))
    stale = [row for row in given if row not in used]
    names = {each.name for each in checked}
    failures += [_stale(row, known=row.law in names) for row in stale]
    return Finding(failures, warnings, stale)


def _stale(row: Allowance, *, known: bool) -> str:
    why = "nothing needs this row any more" if known else "there is no such law"
    place = f"tests/house/allowed.txt:{row.line}"
    return (
        f"{place}: allowed: {row.law} {row.place}: {why} "
        "(the list only shrinks: python -m tests.house --prune)"
    )


def pruned(text: str, stale: Iterable[Allowance]) -> str:
    """Return allowed.txt without these rows, and without heads that no row is left for."""
    gone = {row.line for row in stale}
    lines = [line for number, line in enumerate(text.splitlines(), 1) if number not in gone]
    kept: list[str] = []
    for line in reversed(lines):
        empty_head = line.startswith("[") and (not kept or not kept[-1] or kept[-1][0] == "[")
        if not empty_head:
            kept.append(line)
    tidy = "\n".join(reversed(kept))
    while "\n\n\n" in tidy:
        tidy = tidy.replace("\n\n\n", "\n\n")
    return tidy.strip() + "\n"
