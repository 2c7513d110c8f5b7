"""A process of its own that writes a journal, to be killed or kept short of disk from outside.

journal_child.py FILE kill      commits for ever, tells each commit on standard output
journal_child.py FILE BYTES     may write files of at most BYTES; says what that led to
"""

import itertools
import json
import os
import resource
import sys
from zoneinfo import ZoneInfo

from gate_agent.errors import JournalError
from gate_agent.journal.journal import Journal
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind


def grant(seq: int) -> tuple[Passage, Passage]:
    """One visitor's two records."""
    granted = Passage(
        seq=seq,
        kind=PassageKind.GRANTED,
        lane=1,
        direction=Direction.IN,
        wall_ms=1_795_000_000_000 + seq,
        mono_ms=seq,
        boot=1,
        clock=ClockState.TRUSTED,
        persons=1,
        ticket=seq.to_bytes(8, "big"),
    )
    return granted, granted._replace(seq=seq + 1, kind=PassageKind.TAKEN, grant=seq)


def write(journal: Journal) -> None:
    for _ in itertools.count():
        granted, taken = grant(journal.head + 1)
        journal.commit([granted])
        print(journal.head, flush=True)
        journal.commit([taken])
        print(journal.head, flush=True)


def fill(journal: Journal, limit: int) -> dict[str, object]:
    before, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    failed = ""
    try:
        while journal.head < 100_000:
            journal.commit(grant(journal.head + 1))
    except JournalError as error:
        failed = str(error)
    head = journal.head
    again = ""
    try:
        journal.commit(grant(head + 1))
    except JournalError as error:
        again = str(error)
    probes = [probe(journal) for _ in range(3)]
    resource.setrlimit(resource.RLIMIT_FSIZE, (before, hard))
    mended = probe(journal)
    journal.commit(grant(head + 1))
    return {
        "failed": failed,
        "again": again,
        "probes": probes,
        "mended": mended,
        "full_at": head,
        "head": journal.head,
    }


def probe(journal: Journal) -> str:
    """The error of a probe, empty for none."""
    try:
        journal.probe()
    except JournalError as error:
        return str(error)
    return ""


def main() -> None:
    path, what = sys.argv[1:]
    journal = Journal.open(path, ZoneInfo("Asia/Shanghai"), os.urandom)
    if what == "kill":
        write(journal)
    print(json.dumps(fill(journal, int(what))))
    journal.close()


if __name__ == "__main__":
    main()
