"""The other gates of the station, as far as they can be reached through the centre: hears of their
passages, and asks for the centre's word. Part of the actor; runs on its thread."""

import logging

from gate_agent.deadlines import earliest
from gate_agent.errors import JournalError
from gate_agent.events import Answered, AskCentre
from gate_agent.health import Health
from gate_agent.journal.remote_history import RemoteHistory
from gate_agent.lane.state import ClaimPolicy
from gate_agent.ports import Clock, Link
from gate_agent.uplink import breaker
from gate_agent.uplink.breaker import Breaker
from gate_agent.validator.errors import WireError
from gate_agent.validator.history import NEVER_SEEN, History
from gate_agent.validator.messages.notes import (
    DOWN,
    Claim,
    ClaimReply,
    News,
    NewsRequest,
    Note,
    note_topic,
    read_note,
    write_note,
)
from gate_agent.validator.messages.short_news import SHORT_END, read_short
from gate_agent.validator.reasons import Reason

CLAIM_MS = 60
ASK_EVERY_MS = 30_000
ASK_AGAIN_MS = 2000
WRITE_EVERY_MS = 15_000
_REASONS = {int(reason): reason for reason in Reason}  # a newer centre may know more
_log = logging.getLogger(__name__)


class StationLink:
    """`secret`: of this gate's link; None for a gate that was enrolled without one, and is alone.
    `claim_ms`: how long a visitor may wait for the centre's word."""

    def __init__(
        self,
        park: str,
        gate: str,
        secret: bytes | None,
        journal_id: bytes,
        heard: RemoteHistory,
        clock: Clock,
        link: Link,
        health: Health,
        claim_ms: int = CLAIM_MS,
    ) -> None:
        self._park, self._gate = park, gate
        self._topics = {note_topic(park, gate, end): end for end in DOWN}
        self._secret = secret
        self._journal_id = journal_id
        self._heard = heard
        self._clock = clock
        self._link = link
        self._health = health
        self._claim_ms = claim_ms
        self._breaker = Breaker()
        self._linked = False
        self._ask_ms: int | None = None
        self._nonce = 0
        self._waiting_for = 0
        self._missing = False
        self._asked: AskCentre | None = None
        self._unclear = 0
        self._write_ms: int | None = None

    @property
    def number(self) -> int:
        """Up to which news this gate has heard."""
        return self._heard.number

    @property
    def ask(self) -> ClaimPolicy:
        """What a visitor whom this gate would let in has to do with the centre."""
        if self._secret is None or not self._linked:
            return ClaimPolicy.APART
        return ClaimPolicy.WAIT if self._breaker.closed and self._claim_ms else ClaimPolicy.TELL

    def history(self, ticket: bytes) -> History:
        """What the other gates told of a ticket. Raises JournalError."""
        return NEVER_SEEN if self._secret is None else self._heard.history(ticket)

    def rekey(self, secret: bytes | None) -> None:
        """This gate has another key, and its link another secret."""
        self._secret = secret

    def link_up(self) -> None:
        """Ask for what was missed; the first visitor waits for an answer again."""
        self._linked = True
        self._breaker = Breaker()
        self._want(0)

    def link_down(self) -> None:
        """Nothing can be asked for now."""
        self._linked = False
        self._breaker = Breaker()
        self._ask_ms, self._waiting_for = None, 0

    def claim(self, asked: AskCentre) -> None:
        """Ask for the centre's word on a ticket."""
        last, self._asked = self._asked, asked
        if last is not None and last.number == asked.number and last.ticket != asked.ticket:
            # Nothing was written of the last one, as when the card failed: whose the answer is,
            # nobody can tell.
            self._unclear = asked.number
        self._breaker = breaker.asked(self._breaker, asked.number, self._now_ms())
        right = asked.right
        self._say(
            Claim(
                journal_id=self._journal_id,
                number=asked.number,
                ticket=asked.ticket,
                persons=asked.persons,
                admits=right.admits,
                policy=right.policy.to_byte(),
                extra=right.extra,
                passback=int(right.passback),
                passback_ms=right.passback_ms,
                share=right.share,
            )
        )

    def timed_out(self) -> None:
        """A visitor has waited in vain."""
        self._health.count("claim timed out")
        self._breaker = breaker.timed_out(self._breaker)

    def received(self, topic: str, payload: bytes) -> Answered | None:
        """A note: counted and dropped unless the centre wrote it for this gate. Gives the answer
        to a claim, if somebody asked. Raises JournalError."""
        try:
            return self._hear(topic, payload)
        except WireError as error:
            self._health.count("note refused")
            _log.warning("note refused: %s", error)
            return None

    def _hear(self, topic: str, payload: bytes) -> Answered | None:
        end = self._topics.get(topic)
        if end is None or self._secret is None:
            raise WireError("a note for another gate")
        if end == SHORT_END:
            self._take_short(topic, payload, self._secret)
            return None
        note = read_note(topic, payload, self._secret)
        if isinstance(note, News):
            self._take_news(note)
            return None
        assert isinstance(note, ClaimReply)  # nothing else comes on these topics
        if note.number == self._unclear:
            self._health.count("verdict for one of two")
            return None
        after = breaker.answered(self._breaker, note.number, self._now_ms(), self._claim_ms)
        if after is None:
            self._health.count("verdict too late")
            return None
        self._breaker = after
        reason = _REASONS.get(note.reason, Reason.USED) if note.reason else None
        return Answered(note.number, note.persons, reason, note.reentry)

    def _take_short(self, topic: str, payload: bytes, secret: bytes) -> None:
        try:
            news = read_short(topic, payload, secret, self._heard.number + 1)
        except WireError:
            self._want(ASK_AGAIN_MS)  # so much is missing that its number cannot be told
            raise
        before, now = self._heard.number, self._clock.now()
        if not self._heard.take_short(news, now.wall_ms):
            self._want(0)
        elif self._heard.number > before:
            self._up_to_date(now.mono_ms)
            self._write_soon(now.mono_ms)

    def _take_news(self, news: News) -> None:
        if news.nonce:
            if news.nonce != self._waiting_for:
                self._health.count("news too late")
                return
            self._waiting_for, self._missing = 0, False
            if news.head < self._heard.number:
                self._heard.begin_anew()
                self._want(0)
                return
        before = self._heard.number
        if not self._heard.take(news):
            self._want(0)
        elif news.nonce or self._heard.number > before:
            self._up_to_date(self._now_ms())
        self._write_soon(self._now_ms())

    def _up_to_date(self, now_ms: int) -> None:
        """What comes in order says as much as an answer: nothing before it is missing."""
        if not self._waiting_for and not self._missing:
            self._ask_ms = now_ms + ASK_EVERY_MS

    def _want(self, in_ms: int) -> None:
        """Ask soon, unless an answer is on its way."""
        self._missing = True
        if self._linked and self._secret is not None and not self._waiting_for:
            at_ms = self._now_ms() + in_ms
            self._ask_ms = at_ms if self._ask_ms is None else min(self._ask_ms, at_ms)

    def _write_soon(self, now_ms: int) -> None:
        if self._heard.has_fresh and self._write_ms is None:
            self._write_ms = now_ms + WRITE_EVERY_MS

    def tick(self) -> None:
        """Do what is due."""
        now_ms = self._now_ms()
        if self._ask_ms is not None and now_ms >= self._ask_ms:
            self._ask_ms = now_ms + ASK_AGAIN_MS
            self._nonce = self._waiting_for = max(self._nonce + 1, now_ms)
            self._say(NewsRequest(self._nonce, self._heard.number))
        if self._write_ms is not None and now_ms >= self._write_ms:
            self._write_ms = None
            try:
                self._heard.write()
            except JournalError as error:
                self._health.fault("news", str(error))
                self._write_soon(now_ms)
            else:
                self._health.recover("news")

    def deadline_ms(self) -> int | None:
        """When `tick` is due, in monotonic milliseconds."""
        return earliest(self._ask_ms, self._write_ms)

    def _now_ms(self) -> int:
        return self._clock.now().mono_ms

    def _say(self, note: Note) -> None:
        assert self._secret is not None
        topic = note_topic(self._park, self._gate, note.topic_end)
        self._link.publish(topic, write_note(topic, note, self._secret))
