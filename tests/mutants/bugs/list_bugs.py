"""Bugs of ticket lists: what they say, how they travel, what a gate keeps of them."""

from tests.mutants.mutant import Kind, Mutant, Sees

FETCH = "gate_agent/lists/fetch.py"
CODES = "gate_agent/lists/codes_in_force.py"
TICKETS = "gate_agent/validator/lists/ticket_list.py"
RESTORE = ("--restore",)

LIST_BUGS = (
    Mutant(
        "the serial after the last is on the list",
        Kind.BOUND,
        Sees.PERSON,
        TICKETS,
        "        if at >= self.manifest.count:",
        "        if at >= (self.manifest.count + 3) // 4 * 4:",
    ),
    Mutant(
        "what pretix signed for another day is good",
        Kind.CHECK,
        Sees.PERSON,
        "gate_agent/validator/lists/code_signers.py",
        "if right[:3] == product), None)",
        "if right[:2] == product[:2]), None)",
    ),
    Mutant(
        "a code of two sellers is that of the list that came last",
        Kind.ORDER,
        Sees.PERSON,
        CODES,
        "        self.tables = dict(sorted(tables.items()))",
        "        self.tables = dict(reversed(tables.items()))",
    ),
    Mutant(
        "a body that was whole at the power cut waits for ever",
        Kind.BOUND,
        Sees.PERSON,
        FETCH,
        "min(got, manifest.body_bytes - 1))",
        "min(got, manifest.body_bytes))",
    ),
    Mutant(
        "all that the centre has is forgotten at once",
        Kind.DURABLE,
        Sees.COUNT,
        "gate_agent/journal/journal.py",
        "(self.acked - KEEP_ACKED_RECORDS,))",
        "(self.acked,))",
        words=RESTORE,
    ),
    Mutant(
        "what does not fit one batch waits until it is sent again",
        Kind.ORDER,
        Sees.COUNT,
        "gate_agent/uplink/session.py",
        "            if count == 0:\n                return\n",
        "            if records:\n                return\n",
    ),
    Mutant(
        "news behind an answer that is full is not asked for",
        Kind.ORDER,
        Sees.PERSON,
        "gate_agent/journal/remote_history.py",
        "        return news.head <= self.number\n",
        "        return news.upto <= self.number\n",
    ),
    Mutant(
        "a list is dated back when the centre's clock is",
        Kind.EVIDENCE,
        Sees.PERSON,
        "fleet_manager/lists/versions.py",
        "        as_of_ms=now_ms if before is None else max(now_ms, before.as_of_ms),",
        "        as_of_ms=now_ms,",
    ),
    Mutant(
        "changes that were packed for an older version are sent for the newest",
        Kind.STALE,
        Sees.PERSON,
        "fleet_manager/lists/publisher.py",
        "        key = series, version.version, base.version\n",
        "        key = series, version.version, base.version\n"
        "        key = next((old for old in self._bodies if old[::2] == key[::2]), key)\n",
    ),
    Mutant(
        "what was sold is in no list until something else changes",
        Kind.CHECK,
        Sees.PERSON,
        "fleet_manager/lists/versions.py",
        "        series == MAIN_SERIES and age_ms >= SALES_EVERY_MS and last.count",
        "        series != MAIN_SERIES and age_ms >= SALES_EVERY_MS and last.count",
    ),
    Mutant(
        "lists go before the keys that sign them",
        Kind.ORDER,
        Sees.PERSON,
        "fleet_manager/daemon/distributor.py",
        "        messages = [*key_sets, *offers, *others, *orders]",
        "        messages = [*offers, *key_sets, *others, *orders]",
    ),
)
