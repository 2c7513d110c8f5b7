"""Bugs of key sets, beacons and what is known of the time."""

from tests.mutants.mutant import Kind, Mutant, Sees

BOUND = "gate_agent/time_bound.py"
CLOCK = "gate_agent/clock.py"
IN_FORCE = "gate_agent/trust/in_force.py"
KEY_SET = "gate_agent/validator/trust/key_set.py"
KEY_SETS = "fleet_manager/trust/key_sets.py"
BEACON = "gate_agent/validator/trust/beacon.py"

TRUST_BUGS = (
    Mutant(
        "of several list keys all must go before a list may be older",
        Kind.KEYS,
        Sees.PERSON,
        IN_FORCE,
        "        withdrawn = any(self.ring.find(KeyUse.LIST, key.id) is None for key in list_keys)",
        "        withdrawn = all(self.ring.find(KeyUse.LIST, key.id) is None for key in list_keys)",
    ),
    Mutant(
        "a key that is withdrawn a second time is good up to that day",
        Kind.KEYS,
        Sees.PERSON,
        KEY_SETS,
        "    if row.mode is mode:\n",
        "    if False and row.mode is mode:\n",
    ),
    Mutant(
        "a gate that has missed two changes of roots is sent the second",
        Kind.KEYS,
        Sees.PERSON,
        KEY_SETS,
        '_SET.version > bindparam("have"), _SET.turns).order_by(_SET.version)',
        '_SET.version > bindparam("have"), _SET.turns).order_by(_SET.version.desc())',
    ),
    Mutant(
        "the first key of a set signs, not the last",
        Kind.KEYS,
        Sees.PERSON,
        "fleet_manager/keys/vault.py",
        "if row.mode is not KeyMode.LIST_ONLY][-1]",
        "if row.mode is not KeyMode.LIST_ONLY][0]",
    ),
    Mutant(
        "only the first key of another system is looked at",
        Kind.KEYS,
        Sees.PERSON,
        "gate_agent/validator/lists/code_signers.py",
        "    for signer in signers:\n",
        "    for signer in signers[:1]:\n",
    ),
    Mutant(
        "of several ticket keys the last one says what was sold",
        Kind.KEYS,
        Sees.PERSON,
        "fleet_manager/recovery.py",
        '                theirs = max(theirs, int.from_bytes(bytes(highest)[4:], "big"))',
        '                theirs = int.from_bytes(bytes(highest)[4:], "big")',
    ),
    Mutant(
        "of two copies of the time the last read counts",
        Kind.EVIDENCE,
        Sees.PERSON,
        IN_FORCE,
        "                signed_ms = max(signed_ms, bound.signed_ms)\n",
        "                signed_ms = max(signed_ms, passed_ms)\n",
    ),
    Mutant(
        "the latest of three witnesses is believed",
        Kind.EVIDENCE,
        Sees.PERSON,
        BOUND,
        "        passed_ms = min(issues[-1][0], now.signed_ms + LEAP_MS)",
        "        passed_ms = min(issues[0][0], now.signed_ms + LEAP_MS)",
    ),
    Mutant(
        "one ticket is three witnesses",
        Kind.EVIDENCE,
        Sees.PERSON,
        BOUND,
        "if row[1] != ticket and row[0] > now.bound_ms]",
        "if row[0] > now.bound_ms]",
    ),
    Mutant(
        "a beacon that comes late takes newer hearsay away",
        Kind.EVIDENCE,
        Sees.PERSON,
        BOUND,
        "        live = time_ms >= now.signed_ms - SLACK_MS\n",
        "        live = True\n",
    ),
    Mutant(
        "a list from long ago turns the signed time back",
        Kind.EVIDENCE,
        Sees.PERSON,
        BOUND,
        "        return now._replace(signed_ms=max(now.signed_ms, passed_ms))",
        "        return now._replace(signed_ms=passed_ms)",
    ),
    Mutant(
        "a record is dated before what has surely passed",
        Kind.EVIDENCE,
        Sees.RECORD,
        CLOCK,
        "        wall_ms = max(guess_ms, bound.bound_ms)\n",
        "        wall_ms = guess_ms or bound.bound_ms\n",
    ),
    Mutant(
        "a journal turns back what the last boot knew of the time",
        Kind.EVIDENCE,
        Sees.PERSON,
        "gate_agent/journal/journal.py",
        "        self.acked, self.bound_ms = mark, max(self.bound_ms, bound_ms)",
        "        self.acked, self.bound_ms = mark, bound_ms",
    ),
)
