"""PURE. Doubt what a gate says: passages that no arm can make, and entries that it had to ask for.

Who has a gate's key can let it say anything. This does not stop them; it makes them heard of.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

from fleet_manager.incident import Incident, Sighting
from fleet_manager.passages.examine import JournalState
from gate_agent.validator.passage import Direction, Passage, PassageKind, Unconfirmed

MOST_TURNS = 60
"""More passages of one lane within TURNS_MS than an arm can turn."""
TURNS_MS = 60_000
BY_ITS_CLOCK = "more passages than an arm can turn, by its own clock"
BY_RECEIPT = "more passages than its lanes can turn, by when they arrived"
NOT_ASKED = "entries without asking the centre while it was linked"


def doubts(journal: JournalState, passages: Sequence[Passage]) -> Counter[Sighting]:
    """Return what is wrong with the next records of a journal, as far as they go."""
    sightings: Counter[Sighting] = Counter()
    if _is_too_fast(passages):
        sightings[Sighting(Incident.TOO_FAST, journal.gate, BY_ITS_CLOCK)] += 1
    unasked = sum(_is_unasked(journal, passage) for passage in passages)
    if unasked:
        sightings[Sighting(Incident.UNCLAIMED, journal.gate, NOT_ASKED)] += unasked
    return sightings


def _is_too_fast(passages: Sequence[Passage]) -> bool:
    """Return whether a lane has more than MOST_TURNS passages within TURNS_MS of a boot's clock."""
    times: dict[tuple[int, int], list[int]] = defaultdict(list)
    for passage in passages:
        if passage.kind is PassageKind.TAKEN:
            times[passage.boot, passage.lane].append(passage.mono_ms)
    return any(
        of_lane[at] - of_lane[at - MOST_TURNS] < TURNS_MS
        for of_lane in times.values()
        for at in range(MOST_TURNS, len(of_lane))
    )


def _is_unasked(journal: JournalState, passage: Passage) -> bool:
    """Return whether a gate says that it had no link for an entry after it had connected.

    It asks whenever it has a link, also if it does not wait for the answer; and it sends its
    records in their order. So what it wrote since it connected, and says was written apart, was not
    written by its program.
    """
    return (
        passage.kind is PassageKind.TAKEN
        and passage.direction is Direction.IN
        and passage.alone == Unconfirmed.APART
        and 0 < journal.linked < passage.seq
    )
