"""The station's other gates, reached through the centre: receive news of their passages, and send
claims. Part of the actor; runs on its thread."""

import logging

from gate_agent.deadlines import next_deadline
from gate_agent.effects import AskCentre
from gate_agent.errors import JournalError
from gate_agent.events import Answered
from gate_agent.health import Health
from gate_agent.journal.remote_history import RemoteHistory
from gate_agent.lane.state import ClaimPolicy
from gate_agent.ports import Clock, Link
from gate_agent.uplink import breaker
from gate_agent.uplink.breaker import Breaker
from gate_agent.validator.errors import WireError
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
_REASONS = {int(reason): reason for reason in Reason}  # a newer centre may send others
_log = logging.getLogger(__name__)


class StationLink:
    """`secret`: of this gate's link; None for a gate that was enrolled without one, and decides
    alone. `remote`: where the news is stored. `claim_ms`: how long a visitor may wait for the
    centre's answer, 0 for not at all."""

    def __init__(
        self,
        park: str,
        gate: str,
        secret: bytes | None,
        *,
        journal_id: bytes,
        remote: RemoteHistory,
        clock: Clock,
        link: Link,
        health: Health,
        claim_ms: int = CLAIM_MS,
    ) -> None:
        self._park, self._gate = park, gate
        self._topics = {note_topic(park, gate, end): end for end in DOWN}
        self._secret = secret
        self._journal_id = journal_id
        self._remote = remote
        self._clock = clock
        self._link = link
        self._health = health
        self._claim_ms = claim_ms
        self._breaker = Breaker()
        self._linked = False
        self._request_ms: int | None = None
        self._nonce = 0
        self._expected_nonce = 0
        self._news_missing = False
        self._last_claim: AskCentre | None = None
        self._ambiguous_claim = 0
        self._write_ms: int | None = None

    @property
    def number(self) -> int:
        """Number of the newest piece of news that is in."""
        return self._remote.number

    @property
    def claim_policy(self) -> ClaimPolicy:
        """Whether a visitor whom this gate would let in waits for the centre's answer."""
        if self._secret is None or not self._linked:
            return ClaimPolicy.OFFLINE
        return ClaimPolicy.WAIT if self._breaker.closed and self._claim_ms else ClaimPolicy.NOTIFY

    def rekey(self, secret: bytes | None) -> None:
        """Take the link's new secret: this gate has another key."""
        self._secret = secret

    def link_up(self) -> None:
        """Ask for the news that was missed; the first visitor waits for an answer again."""
        self._linked = True
        self._breaker = Breaker()
        self._request_news(0)

    def link_down(self) -> None:
        """Send nothing until the link is up again."""
        self._linked = False
        self._breaker = Breaker()
        self._request_ms, self._expected_nonce = None, 0

    def send_claim(self, claim: AskCentre) -> None:
        """Ask the centre whether a ticket may be used."""
        last, self._last_claim = self._last_claim, claim
        if last is not None and last.number == claim.number and last.ticket != claim.ticket:
            # Nothing was written of the last one, as when the card failed: the answer may be to
            # either ticket.
            self._ambiguous_claim = claim.number
        self._breaker = breaker.asked(self._breaker, claim.number, self._now_ms())
        right = claim.right
        self._send(
            Claim(
                self._journal_id,
                claim.number,
                claim.ticket,
                claim.persons,
                right.admits,
                right.policy.to_byte(),
                right.extra,
                int(right.passback),
                right.passback_ms,
                right.share,
            )
        )

    def claim_timed_out(self) -> None:
        """Count that a visitor has waited in vain, and let the next ones not wait."""
        self._health.count("claim timed out")
        self._breaker = breaker.timed_out(self._breaker)

    def receive(self, topic: str, payload: bytes) -> Answered | None:
        """Handle a note; count and drop one that the centre did not write for this gate. Return
        the answer to a claim that was sent. Raises JournalError."""
        try:
            return self._handle(topic, payload)
        except WireError as error:
            self._health.count("note refused")
            _log.warning("note refused: %s", error)
            return None

    def _handle(self, topic: str, payload: bytes) -> Answered | None:
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
        if note.number == self._ambiguous_claim:
            self._health.count("verdict for one of two")
            return None
        answered = breaker.answered(self._breaker, note.number, self._now_ms(), self._claim_ms)
        if answered is None:
            self._health.count("verdict too late")
            return None
        self._breaker = answered
        reason = _REASONS.get(note.reason, Reason.USED) if note.reason else None
        return Answered(note.number, note.persons, reason, note.reentry)

    def _take_short(self, topic: str, payload: bytes, secret: bytes) -> None:
        try:
            news = read_short(topic, payload, secret, self._remote.number + 1)
        except WireError:
            self._request_news(ASK_AGAIN_MS)  # so much is missing that its number is not known
            raise
        before, now = self._remote.number, self._clock.now()
        if not self._remote.take_short(news, now.wall_ms):
            self._request_news(0)
        elif self._remote.number > before:
            self._up_to_date(now.mono_ms)
            self._write_soon(now.mono_ms)

    def _take_news(self, news: News) -> None:
        if news.nonce:
            if news.nonce != self._expected_nonce:
                self._health.count("news too late")
                return
            self._expected_nonce, self._news_missing = 0, False
            if news.head < self._remote.number:
                self._remote.begin_anew()
                self._request_news(0)
                return
        before = self._remote.number
        if not self._remote.take(news):
            self._request_news(0)
        elif news.nonce or self._remote.number > before:
            self._up_to_date(self._now_ms())
        self._write_soon(self._now_ms())

    def _up_to_date(self, now_ms: int) -> None:
        """Put the next request off: news that comes in order says as much as an answer does, that
        nothing before it is missing."""
        if not self._expected_nonce and not self._news_missing:
            self._request_ms = now_ms + ASK_EVERY_MS

    def _request_news(self, in_ms: int) -> None:
        """Ask in `in_ms` for the news that is missing, unless an answer is on its way."""
        self._news_missing = True
        if self._linked and self._secret is not None and not self._expected_nonce:
            at_ms = self._now_ms() + in_ms
            self._request_ms = at_ms if self._request_ms is None else min(self._request_ms, at_ms)

    def _write_soon(self, now_ms: int) -> None:
        if self._remote.has_fresh and self._write_ms is None:
            self._write_ms = now_ms + WRITE_EVERY_MS

    def tick(self) -> None:
        """Do what is due."""
        now_ms = self._now_ms()
        if self._request_ms is not None and now_ms >= self._request_ms:
            self._request_ms = now_ms + ASK_AGAIN_MS
            self._nonce = self._expected_nonce = max(self._nonce + 1, now_ms)
            self._send(NewsRequest(self._nonce, self._remote.number))
        if self._write_ms is not None and now_ms >= self._write_ms:
            self._write_ms = None
            try:
                self._remote.write()
            except JournalError as error:
                self._health.fault("news", str(error))
                self._write_soon(now_ms)
            else:
                self._health.recover("news")

    def deadline_ms(self) -> int | None:
        """Return when `tick` is due, in monotonic milliseconds; None for never."""
        return next_deadline(self._request_ms, self._write_ms)

    def _now_ms(self) -> int:
        return self._clock.now().mono_ms

    def _send(self, note: Note) -> None:
        assert self._secret is not None
        topic = note_topic(self._park, self._gate, note.topic_end)
        self._link.publish(topic, write_note(topic, note, self._secret))
