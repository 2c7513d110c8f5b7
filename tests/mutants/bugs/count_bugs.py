"""Bugs of counts and records: what happened, how often, and when."""

from tests.mutants.mutant import Kind, Mutant, Sees

INGEST = "fleet_manager/intake/ingest.py"
TALLIES = "fleet_manager/intake/tallies.py"
TIMES = "fleet_manager/intake/time_correction.py"
BOOTS = "fleet_manager/passages/boot_clocks.py"
COUNTS = "fleet_manager/passages/counts.py"
RECORDS = "fleet_manager/passages/records.py"
PARK_TIME = "fleet_manager/park_time.py"
RESTORE = ("--restore",)

COUNT_BUGS = (
    Mutant(
        "first entries are those that arrived first",
        Kind.ORDER,
        Sees.COUNT,
        TALLIES,
        "    ordered = sorted(entries)\n",
        "    ordered = list(entries)\n",
    ),
    Mutant(
        "who came in again by soft anti-passback was let in by staff",
        Kind.REPORT,
        Sees.COUNT,
        COUNTS,
        "(0, int(Reason.PASSBACK), int(Reason.INSIDE))",
        "(0, int(Reason.PASSBACK))",
    ),
    Mutant(
        "the last day of a count is left out",
        Kind.BOUND,
        Sees.COUNT,
        COUNTS,
        ".where(source.day.between(low, high))",
        ".where(source.day.between(low, max(low, high - 1)))",
    ),
    Mutant(
        "the total leaves out who passed freely",
        Kind.SUM,
        Sees.COUNT,
        COUNTS,
        "        self.free += other.free\n",
        "",
    ),
    Mutant(
        "of two messages of state the later is believed",
        Kind.EVIDENCE,
        Sees.RECORD,
        BOOTS,
        "offset_ms < stored.offset_ms)",
        "offset_ms > stored.offset_ms)",
    ),
    Mutant(
        "a gate's own guess of the time is taken for the centre's",
        Kind.EVIDENCE,
        Sees.RECORD,
        TIMES,
        "(state.wall_ms if trusted else now_ms) - state.mono_ms",
        "state.wall_ms - state.mono_ms",
    ),
    Mutant(
        "a record that gets its time stays in its day",
        Kind.DAY,
        Sees.RECORD,
        TIMES,
        '"ms": wall_ms, "on": calendar.day(wall_ms)}',
        '"ms": wall_ms, "on": calendar.day(row.wall_ms)}',
    ),
    Mutant(
        "a ticket whose entry gets its time has no case anew",
        Kind.REPORT,
        Sees.RECORD,
        TIMES,
        "        ledger.update_cases(connection, ticket, calendar, times_ms[-1])\n",
        "        assert ledger.update_cases\n",
    ),
    Mutant(
        "after another card the old journal is acknowledged",
        Kind.WRONG_ONE,
        Sees.COUNT,
        "fleet_manager/passages/journals.py",
        "_TABLE.c.no.in_(select(func.max(_TABLE.c.no)).group_by(_TABLE.c.gate))",
        "_TABLE.c.no.in_(select(func.min(_TABLE.c.no)).group_by(_TABLE.c.gate))",
        words=RESTORE,
    ),
    Mutant(
        "the newest records of a list are its oldest",
        Kind.WRONG_ONE,
        Sees.RECORD,
        RECORDS,
        "    yield from newest[-wanted.last :]\n",
        "    yield from newest[: wanted.last]\n",
    ),
    Mutant(
        "an hour begins with the hour of UTC, also where zones have minutes",
        Kind.DAY,
        Sees.COUNT,
        PARK_TIME,
        "        minute = wall_ms // _MINUTE_MS\n",
        "        minute = wall_ms // (60 * _MINUTE_MS)\n",
    ),
    Mutant(
        "every day of the park has 24 hours",
        Kind.DAY,
        Sees.PERSON,
        PARK_TIME,
        "        return self.start_of(first), self.start_of(first + timedelta(days=days))",
        "        return self.start_of(first), self.start_of(first) + days * 86_400",
    ),
    Mutant(
        "today is the day of UTC where tickets are sold",
        Kind.DAY,
        Sees.PERSON,
        PARK_TIME,
        "        return datetime.fromtimestamp(wall_ms / 1000, self.zone).date()",
        "        return date.fromordinal(719163 + wall_ms // 86_400_000)",
    ),
)
