"""`python -m tests.mutants`: plant the bugs, let the park and the unit tests look for them, and
store what was found; `./run docs` then writes docs/mutants.md.

Exit status 1 if nobody finds one of them.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import Queue

from tests.mutants.catalogue import CATALOGUE
from tests.mutants.hunt import Outcome, copy, hunt, park_modules
from tests.mutants.mutant import Mutant
from tests.mutants.results import Result, is_current, load, merged, publish, seen_share

_NEVER = Result("")


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("run mutants", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help="only bugs with PART in their name"
    )
    parser.add_argument("--only", metavar="NAME", help="only the bug of this name")
    parser.add_argument("--room", default="", help="only bugs in this folder: gate_agent/lane")
    parser.add_argument("--stale", action="store_true", help="only bugs without a true result")
    parser.add_argument("--missed", action="store_true", help="only bugs that the park has missed")
    parser.add_argument("--park-only", action="store_true", help="do not ask the unit tests")
    parser.add_argument("--jobs", type=int, default=2, help="how many bugs at once (2)")
    return parser.parse_args(words)


def chosen(arguments: argparse.Namespace) -> list[Mutant]:
    """Return the bugs to hunt."""
    results = load()
    return [
        mutant
        for mutant in CATALOGUE
        if all(part in mutant.name for part in arguments.parts)
        and arguments.only in (None, mutant.name)
        and mutant.file.startswith(arguments.room)
        and not (arguments.stale and is_current(mutant, results))
        and not (arguments.missed and results.get(mutant.name, _NEVER).seed is not None)
    ]


def _hunted(
    mutants: Sequence[Mutant], *, jobs: int, park_only: bool
) -> Iterator[tuple[Mutant, Outcome | RuntimeError, float]]:
    """Yield each bug with what became of the hunt, or why there was none, and the seconds that it
    took. `jobs`: so many copies of the project are made, for so many hunts at once."""
    free: Queue[Path] = Queue()

    def timed(mutant: Mutant) -> tuple[Mutant, Outcome | RuntimeError, float]:
        start_s = time.monotonic()
        folder = free.get()
        outcome: Outcome | RuntimeError
        try:
            outcome = hunt(mutant, folder, park_only=park_only)
        except RuntimeError as error:
            outcome = error
        finally:
            free.put(folder)
        return mutant, outcome, time.monotonic() - start_s

    with tempfile.TemporaryDirectory(prefix="mutants-") as name, ThreadPoolExecutor(jobs) as pool:
        for number in range(jobs):
            copy(Path(name) / str(number))
            free.put(Path(name) / str(number))
        waiting = [pool.submit(timed, mutant) for mutant in mutants]
        try:
            for future in as_completed(waiting):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def main(words: Sequence[str]) -> int:
    """Hunt the chosen bugs, store the results and write docs/mutants.md."""
    arguments = _arguments(words)
    mutants = chosen(arguments)
    if not mutants:
        print("run mutants: no bug is called so", file=sys.stderr)
        return 2
    park_modules()
    results, found = load(), 0
    hunted = _hunted(mutants, jobs=arguments.jobs, park_only=arguments.park_only)
    for mutant, outcome, took_s in hunted:
        print(f"{took_s:5.1f} s  {mutant.name}: ", end="")
        if isinstance(outcome, RuntimeError):
            print(f"NOT HUNTED: {outcome}", flush=True)
            continue
        result = merged(mutant, outcome, results.get(mutant.name))
        results[mutant.name] = result
        found += result.is_found
        print(_said(outcome, result), flush=True)
        publish(results, CATALOGUE)
    print(f"{found} of {len(mutants)} bugs found")
    if all(is_current(mutant, results) for mutant in CATALOGUE):
        by_park, seen = seen_share(CATALOGUE, results)
        print(f"of {seen} that a person, a count or a record sees, the park finds {by_park}")
    return 0 if found == len(mutants) else 1


def _said(outcome: Outcome, result: Result) -> str:
    if outcome.seed is not None:
        return f"seed {outcome.seed}: {outcome.said[:90]}"
    return result.test or "NOBODY finds it"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
