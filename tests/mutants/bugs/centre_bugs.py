"""Bugs of the centre."""

from tests.mutants.mutant import Kind, Mutant, Sees

ANNOUNCEMENTS = "fleet_manager/trust/announcements.py"
CLAIMS = "fleet_manager/station/claims.py"
RENEWALS = "fleet_manager/gates/key_renewals.py"
RECOVERY = "fleet_manager/recovery.py"
EXAMINE = "fleet_manager/passages/examine.py"
JOURNALS = "fleet_manager/passages/journals.py"
INGEST = "fleet_manager/intake/ingest.py"
RESTORE = ("--restore",)

CENTRE_BUGS = (
    Mutant(
        "the centre takes repeated records again",
        Kind.SUM,
        Sees.COUNT,
        EXAMINE,
        "    repeated = journal.mark + 1 - batch.first\n",
        "    repeated = 0\n",
    ),
    Mutant(
        "the centre counts refusals as entries of one",
        Kind.SUM,
        Sees.COUNT,
        INGEST,
        "            sums[1] += persons\n",
        "            sums[1] += 1\n",
    ),
    Mutant(
        "the centre forgets the mark of a journal",
        Kind.DURABLE,
        Sees.COUNT,
        JOURNALS,
        '    .values(mark=bindparam("at"), head=bindparam("hash"), forked=bindparam("fork"))',
        '    .values(head=bindparam("hash"), forked=bindparam("fork"))',
    ),
    Mutant(
        "a lost offer of a list is never repeated",
        Kind.DURABLE,
        Sees.PERSON,
        "fleet_manager/daemon/collector.py",
        "                return self._distributor.missing"
        "(connection, gate, message, lists, now_ms)",
        "                return []",
        seeds=60,
    ),
    Mutant(
        "a restored ticket is not in what changed",
        Kind.CHECK,
        Sees.PERSON,
        "fleet_manager/lists/serials.py",
        '    return _changes(connection, _CHANGED, {"since": since}, with_valid=True).pack()',
        '    return _changes(connection, _CHANGED, {"since": since}).pack()',
        seeds=30,
    ),
    Mutant(
        "a lost rule book is not sent again",
        Kind.DURABLE,
        Sees.PERSON,
        ANNOUNCEMENTS,
        "        if self._rules is not None and report.rules_version < self._rules.version:",
        "        if False and self._rules is not None:",
        seeds=30,
    ),
    Mutant(
        "a lost key set is not sent again",
        Kind.KEYS,
        Sees.PERSON,
        ANNOUNCEMENTS,
        "        if self._keys is not None and report.keys_version < self._keys.version:",
        "        if False and self._keys is not None:",
        seeds=30,
    ),
    Mutant(
        "a record that is timed anew leaves its hour and enters none",
        Kind.SUM,
        Sees.COUNT,
        "fleet_manager/intake/time_correction.py",
        "        for at_ms, sign in ((row.wall_ms, -1), (wall_ms, 1)):",
        "        for at_ms, sign in ((row.wall_ms, -1),):",
        seeds=30,
    ),
    Mutant(
        "a promise is not written down before the verdict",
        Kind.DURABLE,
        Sees.PERSON,
        CLAIMS,
        "    if reply.persons:\n        store.put_row(",
        "    if reply.persons and False:\n        store.put_row(",
        seeds=40,
    ),
    Mutant(
        "a gate is told nothing of exits",
        Kind.CHECK,
        Sees.PERSON,
        "fleet_manager/station/news.py",
        "        what = OUT if passage.direction is Direction.OUT else IN\n",
        "        if passage.direction is Direction.OUT:\n            return None\n"
        "        what = IN\n",
        seeds=60,
    ),
    Mutant(
        "a double use is not entered in the ledger",
        Kind.REPORT,
        Sees.RECORD,
        "fleet_manager/station/consequences.py",
        "            ledger.record_conflicts(connection, no, seqs, calendar, now_ms)\n",
        "",
        seeds=40,
    ),
    Mutant(
        "the old key ends when the new one is certified",
        Kind.KEYS,
        Sees.COUNT,
        RENEWALS,
        "            self._renewals[gate] = replace(renewal, following=request.public)\n",
        "            self._renewals[gate] = replace(renewal, following=request.public)\n"
        "            fresh = public_key(request.public, gate)\n"
        "            self.finish(connection, gate, fresh.id, now_ms)\n",
        seeds=100,
    ),
    Mutant(
        "after a restore the next list is not above what gates have",
        Kind.ORDER,
        Sees.PERSON,
        RECOVERY,
        "now_ms, above=gap.next - 1)\n",
        "now_ms)\n",
        seeds=40,
        words=RESTORE,
    ),
    Mutant(
        "after a restore the next rule book is not above what gates have",
        Kind.ORDER,
        Sees.PERSON,
        RECOVERY,
        'rules.COUNTER, "value": gap.next})\n',
        'rules.COUNTER, "value": gap.ours + 1})\n',
        seeds=40,
        words=RESTORE,
    ),
    Mutant(
        "after a restore the next number may be one that a gate has that was not heard",
        Kind.BOUND,
        Sees.PERSON,
        RECOVERY,
        "        return self.highest + AHEAD\n",
        "        return self.highest + 1\n",
        seeds=200,
        words=RESTORE,
    ),
    Mutant(
        "a gate gets another board, and what the old one has drawn still counts",
        Kind.KEYS,
        Sees.TECHNICIAN,
        "fleet_manager/gates/key_renewals.py",
        "        raise no_gate(gate)\n    _save(connection, gate, now_ms, None, ordered=False)\n",
        "        raise no_gate(gate)\n",
        seeds=20,
        words=RESTORE,
    ),
    Mutant(
        "news go on from numbers of before a restore",
        Kind.STALE,
        Sees.PERSON,
        "fleet_manager/station/news.py",
        "    if request.number > head or 0 < request.number <= base:\n",
        "    if request.number > head:\n",
        seeds=10,
        words=RESTORE,
    ),
    Mutant(
        "an order to renew is said once",
        Kind.DURABLE,
        Sees.TECHNICIAN,
        RENEWALS,
        "        return [RenewOrder(renewal.public)] if renewal is not None and renewal.ordered"
        " else []\n",
        "        return []\n",
        seeds=40,
    ),
)
