"""Bugs of the gate's journal, lists, trust, clock and link, and of the validator."""

from tests.mutants.mutant import Mutant

SYNC = "gate_agent/uplink/outbox.py"
JOURNAL = "gate_agent/journal/journal.py"
FETCH = "gate_agent/lists/fetch.py"
DECIDE = "gate_agent/validator/decide.py"
HISTORY = "gate_agent/validator/history.py"
TRUST = "gate_agent/trust/in_force.py"
HEARD = "gate_agent/journal/remote_history.py"

GATE_BUGS = (
    Mutant(
        "a commit that is lost",
        JOURNAL,
        '                    self._update_uses(row)\n            self._db.execute("COMMIT")',
        '                    self._update_uses(row)\n            self._db.execute("ROLLBACK")',
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
        "a void code of a seller is as good as another",
        "gate_agent/validator/lists/code_table.py",
        "        return ListedCode(digest, _STATUS[status], kind, tag) if status else None",
        "        return ListedCode(digest, TicketStatus.VALID, kind, tag) if status else None",
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
        "            self._question = self._channel.send(request)\n",
        "",
        40,
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
)
