"""Bugs of the centre."""

from tests.mutants.mutant import Mutant

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
        EXAMINE,
        "    repeated = journal.mark + 1 - batch.first\n",
        "    repeated = 0\n",
    ),
    Mutant(
        "the centre counts refusals as entries of one",
        INGEST,
        "            sums[1] += persons\n",
        "            sums[1] += 1\n",
    ),
    Mutant(
        "the centre forgets the mark of a journal",
        JOURNALS,
        '    .values(mark=bindparam("at"), head=bindparam("hash"), forked=bindparam("fork"))',
        '    .values(head=bindparam("hash"), forked=bindparam("fork"))',
    ),
    Mutant(
        "a lost offer of a list is never repeated",
        "fleet_manager/daemon/collector.py",
        "                return self._distributor.missing"
        "(connection, gate, message, lists, now_ms)",
        "                return []",
        60,
    ),
    Mutant(
        "a restored ticket is not in what changed",
        "fleet_manager/lists/serials.py",
        '    return _changes(connection, _CHANGED, {"since": since}, with_valid=True).pack()',
        '    return _changes(connection, _CHANGED, {"since": since}).pack()',
        30,
    ),
    Mutant(
        "a lost rule book is not sent again",
        ANNOUNCEMENTS,
        "        if self._rules is not None and report.rules_version < self._rules.version:",
        "        if False and self._rules is not None:",
        30,
    ),
    Mutant(
        "a lost key set is not sent again",
        ANNOUNCEMENTS,
        "        if self._keys is not None and report.keys_version < self._keys.version:",
        "        if False and self._keys is not None:",
        30,
    ),
    Mutant(
        "a record that is timed anew leaves its hour and enters none",
        "fleet_manager/intake/time_correction.py",
        "        for at_ms, sign in ((row.wall_ms, -1), (wall_ms, 1)):",
        "        for at_ms, sign in ((row.wall_ms, -1),):",
        30,
    ),
    Mutant(
        "a promise is not written down before the verdict",
        CLAIMS,
        "    if reply.persons:\n        store.put_row(",
        "    if reply.persons and False:\n        store.put_row(",
        40,
    ),
    Mutant(
        "a gate is told nothing of exits",
        "fleet_manager/station/news.py",
        "        what = OUT if passage.direction is Direction.OUT else IN\n",
        "        if passage.direction is Direction.OUT:\n            return None\n"
        "        what = IN\n",
        60,
    ),
    Mutant(
        "a double use is not entered in the ledger",
        "fleet_manager/station/consequences.py",
        "            ledger.record_conflicts(connection, no, seqs, calendar, now_ms)\n",
        "",
        40,
    ),
    Mutant(
        "the old key ends when the new one is certified",
        RENEWALS,
        "            self._renewals[gate] = replace(renewal, following=request.public)\n",
        "            self._renewals[gate] = replace(renewal, following=request.public)\n"
        "            fresh = public_key(request.public, gate)\n"
        "            self.finish(connection, gate, fresh.id, now_ms)\n",
        100,
    ),
    Mutant(
        "after a restore the next list is not above what gates have",
        RECOVERY,
        "now_ms, above=gap.next - 1)\n",
        "now_ms)\n",
        40,
        RESTORE,
    ),
    Mutant(
        "after a restore the next rule book is not above what gates have",
        RECOVERY,
        'rules.COUNTER, "value": gap.next})\n',
        'rules.COUNTER, "value": gap.ours + 1})\n',
        40,
        RESTORE,
    ),
    Mutant(
        "after a restore the next number may be one that a gate has that was not heard",
        RECOVERY,
        "        return self.highest + AHEAD\n",
        "        return self.highest + 1\n",
        200,
        RESTORE,
    ),
    Mutant(
        "a gate gets another board, and what the old one has drawn still counts",
        "fleet_manager/gates/key_renewals.py",
        "        raise no_gate(gate)\n    _save(connection, gate, now_ms, None, ordered=False)\n",
        "        raise no_gate(gate)\n",
        20,
        RESTORE,
    ),
    Mutant(
        "news go on from numbers of before a restore",
        "fleet_manager/station/news.py",
        "    if request.number > head or 0 < request.number <= base:\n",
        "    if request.number > head:\n",
        10,
        RESTORE,
    ),
    Mutant(
        "an order to renew is said once",
        RENEWALS,
        "        return [RenewOrder(renewal.public)] if renewal is not None and renewal.ordered"
        " else []\n",
        "        return []\n",
        40,
    ),
)
