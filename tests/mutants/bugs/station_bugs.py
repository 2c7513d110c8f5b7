"""Bugs of one ticket once: claims, news between gates, the ledger of conflicts."""

from tests.mutants.mutant import Kind, Mutant, Sees

CLAIMS = "fleet_manager/station/claims.py"
NEWS = "fleet_manager/station/news.py"
NOTES = "fleet_manager/station/notes.py"
LEDGER = "fleet_manager/station/ledger.py"
CONFLICTS = "fleet_manager/station/conflicts.py"

STATION_BUGS = (
    Mutant(
        "one gate's share of a team is not kept for it",
        Kind.BOUND,
        Sees.PERSON,
        CLAIMS,
        "        reserved += claim.share * max(0, gates - len(alone))",
        "        reserved += claim.share * max(0, gates - 1 - len(alone))",
    ),
    Mutant(
        "a claim closes that of another journal with its number",
        Kind.WRONG_ONE,
        Sees.PERSON,
        CLAIMS,
        "    .where(*_OF_NUMBER)\n    .values(\n        left=",
        "    .where(_OF_NUMBER[1])\n    .values(\n        left=",
    ),
    Mutant(
        "a claim whose record is here is answered once more",
        Kind.BOUND,
        Sees.PERSON,
        CLAIMS,
        "    if journal is not None and claim.number >> 8 <= journal.mark:",
        "    if journal is not None and claim.number >> 8 < journal.mark:",
    ),
    Mutant(
        "a claim that is repeated with fewer persons forgets the others",
        Kind.STALE,
        Sees.PERSON,
        CLAIMS,
        "max([reply.persons, *(left for _, left in before)])",
        "reply.persons",
    ),
    Mutant(
        "a claim counts the last of its records alone",
        Kind.SUM,
        Sees.PERSON,
        "fleet_manager/station/consequences.py",
        "ClaimRecords(before.granted, before.ended + passage.persons)",
        "ClaimRecords(before.granted, passage.persons)",
    ),
    Mutant(
        "a claim is judged by the day of UTC",
        Kind.DAY,
        Sees.PERSON,
        NOTES,
        "            day = self._calendar.day(now_ms)\n",
        "            day = 719163 + now_ms // 86_400_000\n",
    ),
    Mutant(
        "news go to the gates of every station",
        Kind.STATION,
        Sees.PERSON,
        NOTES,
        "            gates = self._gates.get(part.station, [])\n",
        "            gates = [gate for of in self._gates.values() for gate in of]\n",
    ),
    Mutant(
        "an answer on what was missed has the news of every station",
        Kind.STATION,
        Sees.PERSON,
        NEWS,
        '        _NEWS.station == bindparam("station"),\n        _NEWS.first >=',
        "        _NEWS.first >=",
    ),
    Mutant(
        "an answer begins where another station's news do",
        Kind.STATION,
        Sees.PERSON,
        NEWS,
        '    .where(_EARLIER.station == bindparam("station"), _EARLIER.first <=',
        "    .where(_EARLIER.first <=",
    ),
    Mutant(
        "what staff forgive is news at one station",
        Kind.STATION,
        Sees.PERSON,
        NEWS,
        "    for row in connection.execute(_COUNT_ALL).all():",
        "    for row in connection.execute(_COUNT_ALL).all()[:1]:",
    ),
    Mutant(
        "the last piece that a gate has is sent again",
        Kind.BOUND,
        Sees.PERSON,
        NEWS,
        "(connection, journal, first_seq, last_seq)[at + 1 - first :]:",
        "(connection, journal, first_seq, last_seq)[max(0, at - first) :]:",
    ),
    Mutant(
        "uses are counted in the order in which they arrived",
        Kind.ORDER,
        Sees.PERSON,
        "fleet_manager/passages/usage.py",
        "    for wall_ms, is_entry, persons, day in sorted(events):",
        "    for wall_ms, is_entry, persons, day in events:",
    ),
    Mutant(
        "a case that staff have resolved opens again with the next passage",
        Kind.BOUND,
        Sees.RECORD,
        LEDGER,
        "        elif before is not None and conflict.too_many <= before.persons:",
        "        elif before is not None and conflict.too_many < before.persons:",
    ),
    Mutant(
        "a case is sure within the error of two clocks",
        Kind.REPORT,
        Sees.RECORD,
        CONFLICTS,
        "second.wall_ms - first.wall_ms > 2 * CLOCK_ERROR_MS",
        "second.wall_ms - first.wall_ms > CLOCK_ERROR_MS",
    ),
    Mutant(
        "what a case has cost is rounded down",
        Kind.REPORT,
        Sees.RECORD,
        CONFLICTS,
        "    return -(-conflict.too_many * price_cents // admits)",
        "    return conflict.too_many * price_cents // admits",
    ),
)
