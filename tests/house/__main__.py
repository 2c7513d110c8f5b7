"""`python -m tests.house`: one line for each violation; exit status 1 if there is one.

`--warnings` shows the soft laws too; `--prune` deletes the rows of allowed.txt that nothing needs.
"""

import sys

from tests.house.law import ALLOWED, allowances, judge, pruned
from tests.house.laws import LAWS
from tests.house.source import House


def main(words: list[str]) -> int:
    """Judge the tree and print. Returns the exit status."""
    if not set(words) <= {"--warnings", "--prune"}:
        print("usage: python -m tests.house [--warnings] [--prune]", file=sys.stderr)
        return 2
    text = ALLOWED.read_text("utf-8")
    try:
        finding = judge(House.read(), LAWS, allowances(text))
    except (SyntaxError, ValueError) as error:
        print(error)
        return 1
    if "--prune" in words and finding.stale:
        ALLOWED.write_text(pruned(text, finding.stale), "utf-8")
        print(f"tests/house/allowed.txt: {len(finding.stale)} rows deleted; run again")
        return 1
    shown = [*finding.failures, *(finding.warnings if "--warnings" in words else [])]
    for line in shown:
        print(line)
    if finding.warnings and "--warnings" not in words:
        print(f"{len(finding.warnings)} warnings: python -m tests.house --warnings")
    return 1 if finding.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
