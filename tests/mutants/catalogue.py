"""The bugs. Each is one replacement in one file; a bug that the park does not find means that a
checker is missing. `seeds`: within how many it must fall."""

from dataclasses import dataclass

AGENT, ACTIONS, SYNC = (
    "gate_agent/actor/agent.py",
    "gate_agent/lane/movement.py",
    "gate_agent/uplink/outbox.py",
)
JOURNAL, OUTAGE = "gate_agent/journal/journal.py", "gate_agent/actor/outage.py"
CONTACTS = "gate_agent/drivers/arms/passage_sensor.py"
FETCH = "gate_agent/lists/fetch.py"
DECIDE = "gate_agent/validator/decide.py"
HISTORY = "gate_agent/validator/history.py"
TRUST, ANNOUNCEMENTS = "gate_agent/trust/in_force.py", "fleet_manager/trust/announcements.py"
ENTRY = "gate_agent/lane/entry.py"
CLAIMS, HEARD = "fleet_manager/station/claims.py", "gate_agent/journal/remote_history.py"
RENEWALS = "fleet_manager/gates/key_renewals.py"
RECOVERY = "fleet_manager/recovery.py"
EXAMINE, JOURNALS = "fleet_manager/passages/examine.py", "fleet_manager/passages/journals.py"
INGEST = "fleet_manager/intake/ingest.py"
RESTORE = ("--restore",)


@dataclass(frozen=True, slots=True)
class Mutant:
    """`old` stands in `file` exactly once and becomes `new`. `words`: what the park is told."""

    name: str
    file: str
    old: str
    new: str
    seeds: int = 10
    words: tuple[str, ...] = ()


CATALOGUE = (
    Mutant(
        "a commit that is lost",
        JOURNAL,
        '                    self._update_uses(row)\n            self._db.execute("COMMIT")',
        '                    self._update_uses(row)\n            self._db.execute("ROLLBACK")',
    ),
    Mutant(
        "the arm is released before the commit",
        AGENT,
        "        if step.rows:\n            try:\n                self._journal.commit(step.rows)",
        "        for effect in step.effects:\n            self._perform(unit, effect)\n"
        "        if step.rows:\n            try:\n                self._journal.commit(step.rows)",
    ),
    Mutant(
        "sent counts as acknowledged",
        SYNC,
        "    return replace(state, sent=sent, resend_ms=resend), tuple(effects)",
        "    return replace(state, sent=sent, acked=sent, resend_ms=None), tuple(effects)",
        200,
    ),
    Mutant(
        "nothing is sent again",
        SYNC,
        "    state = replace(state, sent=state.acked, resend_ms=None, wait_ms=longer)",
        "    state = replace(state, resend_ms=None, wait_ms=longer)",
    ),
    Mutant(
        "a list is asked for only once",
        FETCH,
        "            if now_ms >= body.ask_ms:",
        "            if False:",
        30,
    ),
    Mutant(
        "a single record waits for company for ever",
        SYNC,
        "        if sent > state.acked and count < GATHER_RECORDS:",
        "        if count < GATHER_RECORDS:",
    ),
    Mutant(
        "the timer of a team is stale",
        ACTIONS,
        "    until = context.now.mono_ms + TURN_MS + lane.release_ms\n"
        "    grant = replace(grant, left=grant.left - 1, until_ms=until)",
        "    until = grant.until_ms\n"
        "    grant = replace(grant, left=grant.left - 1, until_ms=until)",
    ),
    Mutant(
        "off by one in N of M",
        ACTIONS,
        "    if grant.left == 1:\n",
        "    if grant.left <= 2:\n",
    ),
    Mutant(
        "one passage uses two admissions",
        ACTIONS,
        "    taken = grant_row(lane, grant, context, PassageKind.TAKEN, 1)",
        "    taken = grant_row(lane, grant, context, PassageKind.TAKEN, min(2, grant.left))",
    ),
    Mutant(
        "a grant is cut short by half",
        ENTRY,
        "        until_ms=context.now.mono_ms + lane.release_ms,\n",
        "        until_ms=context.now.mono_ms + lane.release_ms // 2,\n",
    ),
    Mutant(
        "an arm in mid-turn gets no time",
        ACTIONS,
        "    if not state.moving:\n"
        "        return _close(lane, state, context, PassageKind.NOT_TAKEN)",
        "    if True:\n        return _close(lane, state, context, PassageKind.NOT_TAKEN)",
        30,
    ),
    Mutant(
        "a busy lane judges the next code",
        ACTIONS,
        "    grant = _open(state)\n    again = replace(go(grant), sign=Sign.PLEASE_PASS)",
        "    from gate_agent.lane.entry import act_on_decision\n\n"
        "    return act_on_decision(lane, state, event, context)\n"
        "    grant = _open(state)\n    again = replace(go(grant), sign=Sign.PLEASE_PASS)",
    ),
    Mutant(
        "a power cut at the turnstile is a visitor",
        CONTACTS,
        "        if not self._dark and not move.closed and self._power_failed(move):",
        "        if False and not move.closed and self._power_failed(move):",
    ),
    Mutant(
        "a forced turn is not recorded",
        ACTIONS,
        "    return Step(replace(state, moving=False), (row,), (Show(Sign.ALARM),))",
        "    return Step(replace(state, moving=False), (), (Show(Sign.ALARM),))",
    ),
    Mutant(
        "a turn in free mode is not recorded",
        ACTIONS,
        "    rest = _rest(lane, state, context)\n"
        "    return Step(rest.state, (row,), rest.effects)\n\n\n"
        "def ready_again",
        "    rest = _rest(lane, state, context)\n"
        "    return Step(rest.state, (), rest.effects)\n\n\n"
        "def ready_again",
        60,
    ),
    Mutant(
        "who set out in free mode counts as an intruder",
        ACTIONS,
        "    if context.now.mono_ms < state.free_until_ms:\n",
        "    if False:\n",
        300,
    ),
    Mutant(
        "a handheld records one person for a team",
        ENTRY,
        "        taken = grant_row(lane, grant, after, PassageKind.TAKEN, grant.left)",
        "        taken = grant_row(lane, grant, after, PassageKind.TAKEN, 1)",
    ),
    Mutant(
        "a mode change ends an open grant",
        ACTIONS,
        "    return Step(replace(state, mode=event.mode), (row,))",
        "    after = replace(context, seq=context.seq + 1)\n"
        "    closed = _close(lane, replace(state, mode=event.mode), after, PassageKind.NOT_TAKEN)\n"
        "    return Step(closed.state, (row, *closed.rows), closed.effects)",
        200,
    ),
    Mutant(
        "an open grant is forgotten at a restart",
        "gate_agent/lane/boot.py",
        "    for grant, persons in open_grants:",
        "    for grant, persons in open_grants[:0]:",
    ),
    Mutant(
        "turns are forgotten while the disk is full",
        "gate_agent/actor/outage.py",
        "        if len(self._late) < MAX_LATE:",
        "        if len(self._late) < 0:",
        60,
    ),
    Mutant(
        "the arm is released although nothing could be recorded",
        AGENT,
        "                self._out_of_order(error)\n"
        "                return False\n"
        "        unit.state",
        "                self._out_of_order(error)\n        unit.state",
    ),
    Mutant(
        "an unresolved grant gives its admissions back",
        HISTORY,
        "        if kind is PassageKind.NOT_TAKEN:\n",
        "        if kind in (PassageKind.NOT_TAKEN, PassageKind.UNRESOLVED):\n",
    ),
    Mutant(
        "an admission not taken is lost",
        HISTORY,
        "        history = history._replace(reserved=max(0, history.reserved - persons))\n",
        "        if kind is not PassageKind.NOT_TAKEN:\n"
        "            history = history._replace(reserved=max(0, history.reserved - persons))\n",
        60,
    ),
    Mutant(
        "the journal's uses are not kept",
        JOURNAL,
        "            after = fold(self.history(row.ticket), row, park_day(row.wall_ms, self.zone))",
        "            after = self.history(row.ticket)",
    ),
    Mutant(
        "the chain leaves out what came before",
        JOURNAL,
        "                head, head_hash = row.seq, chain(head_hash, record)",
        '                head, head_hash = row.seq, chain(b"", record)',
    ),
    Mutant(
        "an open grant is not struck off",
        JOURNAL,
        "            self._db.execute(ended, (row.persons, row.grant))",
        "            self._db.execute(ended, (0, row.grant))",
    ),
    Mutant(
        "void tickets pass",
        DECIDE,
        "    TicketStatus.VOID: Reason.VOID,\n",
        "",
    ),
    Mutant(
        "a ticket sold after the list is refused",
        DECIDE,
        "    TicketStatus.UNKNOWN: Reason.UNLISTED,\n",
        "    TicketStatus.UNKNOWN: Reason.UNLISTED,\n    TicketStatus.BEYOND: Reason.UNLISTED,\n",
    ),
    Mutant(
        "expiry is checked against a clock that nobody trusts",
        DECIDE,
        "    if now.bound_ms >= ticket.expires_at * 1000:",
        "    if now.wall_ms >= ticket.expires_at * 1000:",
    ),
    Mutant(
        "expired tickets pass",
        DECIDE,
        "    if now.bound_ms >= ticket.expires_at * 1000:",
        "    if False:",
    ),
    Mutant(
        "another person's document is as good",
        DECIDE,
        "        if holder_tag != bound_to:",
        "        if False:",
    ),
    Mutant(
        "a list replaces a newer one",
        "gate_agent/validator/lists/manifest.py",
        "    if offered.version <= current.version or offered.as_of_ms < current.as_of_ms:",
        "    if False:",
        400,
    ),
    Mutant(
        "a list is in force but not on disk",
        "gate_agent/lists/in_force.py",
        "        self._files.save(sealed, fresh)\n",
        "",
    ),
    Mutant(
        "an untrusted clock teaches the lower bound",
        "gate_agent/clock.py",
        "        self._set_bound(self._bound.signed(passed_ms, self._read()[1]))",
        "        wall_ms, mono_ms = self._read()\n"
        "        self._set_bound(self._bound.signed(max(passed_ms, wall_ms), mono_ms))",
        60,
    ),
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
        "a void code of a seller is as good as another",
        "gate_agent/validator/lists/code_table.py",
        "        return ListedCode(digest, _STATUS[status], kind, tag) if status else None",
        "        return ListedCode(digest, TicketStatus.VALID, kind, tag) if status else None",
        30,
    ),
    Mutant(
        "a restored ticket is not in what changed",
        "fleet_manager/lists/serials.py",
        '    return _changes(connection, _CHANGED, {"since": since}, with_valid=True).pack()',
        '    return _changes(connection, _CHANGED, {"since": since}).pack()',
        30,
    ),
    Mutant(
        "what changed of codes is taken for the whole",
        "gate_agent/validator/lists/code_table.py",
        "        both = {**self.changes, **changes}",
        "        both = dict(changes)",
        30,
    ),
    Mutant(
        "a synchronised clock is believed whatever was signed",
        "gate_agent/clock.py",
        "        self._trusted = synchronised and not self.doubt",
        "        self._trusted = synchronised",
        30,
    ),
    Mutant(
        "the boot time counts double",
        "gate_agent/time_bound.py",
        "        later = max(0, mono_ms - self.mono_ms)",
        "        later = 2 * max(0, mono_ms - self.mono_ms)",
    ),
    Mutant(
        "an older key set is taken",
        "gate_agent/validator/trust/key_set.py",
        '        raise WireError("a key set that is not newer than the one in force")',
        "        return",
        40,
    ),
    Mutant(
        "a key set is not kept",
        TRUST,
        "            self._documents.save(KEYS, sealed)",
        "            pass",
    ),
    Mutant(
        "an older rule book is taken",
        "gate_agent/validator/trust/rule_book.py",
        '        raise WireError("a rule book that is not newer than the one in force")',
        "        return",
        40,
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
        "the lane takes every answer for a yes",
        ENTRY,
        "    if event.persons:\n",
        "    if True:\n",
        40,
    ),
    Mutant(
        "news are applied twice",
        HEARD,
        "        if news.number == self.number + 1 and not self.is_full:",
        "        if not self.is_full:",
        40,
    ),
    Mutant(
        "the number of news is written without what they say",
        HEARD,
        "            self._db.executemany(_WRITE, rows)\n",
        "            assert rows is not None\n",
        40,
    ),
    Mutant(
        "news that are missing are not asked for",
        "gate_agent/uplink/news.py",
        "            self._channel.send(NewsRequest(self._nonce, self._remote.number))\n",
        "",
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
        "a new key is in force before it is on the disk",
        "gate_agent/trust/key_renewal.py",
        "        self._documents.save(OWN, _pack(own, message.certificate))\n"
        "        self.identity = current(self._enrolled, self._documents)\n",
        "        key = Ed25519PrivateKey.from_private_bytes(seed)\n"
        "        public = key.public_key().public_bytes_raw()\n"
        "        self.identity = replace(self.identity, public=public, key_id=key_id(public),\n"
        "                                sign=key.sign, link=link, renewals=number)\n",
        40,
    ),
    Mutant(
        "a gate draws another key at every order",
        "gate_agent/trust/key_renewal.py",
        "        seed = self._next()\n        if seed is None:\n            seed = self._draw",
        "        seed = None\n        if seed is None:\n            seed = self._draw",
        40,
    ),
    Mutant(
        "notes go by the secret of the old key",
        "gate_agent/uplink/session.py",
        "            self._station.rekey(identity.link)\n",
        "",
        60,
    ),
    Mutant(
        "what an arm did is dated when its turn in the queue comes",
        AGENT,
        "                self._lane(self._units[n], event, waited_ms)\n",
        "                self._lane(self._units[n], event)\n",
        30,
    ),
    Mutant(
        "a slow write is taken off a visitor's time",
        AGENT,
        "        unit.state = postponed(unit.state, before, late_ms)\n",
        "",
        60,
    ),
    Mutant(
        "who waits for the centre's word is not judged by a new list",
        AGENT,
        "            if (decision := unit.judged_again()) is not None:\n"
        "                self._lane(unit, JudgedAgain(decision))\n",
        "            unit.judged_again()\n",
        40,
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
    Mutant(
        "the probe of a full disk writes nothing",
        OUTAGE,
        "        self._journal.probe()\n",
        "        self._journal.commit(())\n",
    ),
)
