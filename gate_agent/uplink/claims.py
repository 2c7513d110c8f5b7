"""Claims: ask the centre whether a ticket may be used, and match its answers. Part of the actor."""

from gate_agent.effects import AskCentre
from gate_agent.events import Answered
from gate_agent.health import Health
from gate_agent.lane.state import ClaimPolicy
from gate_agent.ports import Clock
from gate_agent.uplink import breaker
from gate_agent.uplink.breaker import MOST_OPEN, Breaker
from gate_agent.uplink.nonce import draw_short_nonce
from gate_agent.uplink.note_channel import NoteChannel
from gate_agent.validator.messages.notes import Claim, ClaimReply
from gate_agent.validator.reasons import Reason

CLAIM_MS = 60
_REASONS = {int(reason): reason for reason in Reason}  # a newer centre may send others


class ClaimSender:
    """`journal_id`: of this gate's journal, whose records number the claims. `claim_ms`: how long a
    visitor may wait for the centre's answer, 0 for not at all."""

    def __init__(
        self,
        channel: NoteChannel,
        journal_id: bytes,
        clock: Clock,
        health: Health,
        claim_ms: int = CLAIM_MS,
    ) -> None:
        self._channel = channel
        self._journal_id = journal_id
        self._clock = clock
        self._health = health
        self._claim_ms = claim_ms
        self._breaker = Breaker()
        self._questions: dict[int, bytes] = {}

    @property
    def policy(self) -> ClaimPolicy:
        """Whether a visitor whom this gate would let in waits for the centre's answer."""
        if not self._channel.ready:
            return ClaimPolicy.OFFLINE
        return ClaimPolicy.WAIT if self._breaker.closed and self._claim_ms else ClaimPolicy.NOTIFY

    def reset(self) -> None:
        """Forget the claims without an answer, and let the next visitor wait: the link is new."""
        self._breaker = Breaker()
        self._questions.clear()

    def send(self, claim: AskCentre) -> None:
        """Ask the centre whether a ticket may be used.

        If nothing was written of the last one, as when the card failed, this claim has its number,
        and takes its place: the answer to that one fits no open question any more.
        """
        self._breaker = breaker.asked(self._breaker, claim.number, self._clock.now().mono_ms)
        right = claim.right
        question = self._channel.send(
            Claim(
                journal_id=self._journal_id,
                number=claim.number,
                ticket=claim.ticket,
                persons=claim.persons,
                admits=right.admits,
                policy=right.policy.to_byte(),
                extra=right.extra,
                passback=int(right.passback),
                passback_ms=right.passback_ms,
                share=right.share,
                nonce=draw_short_nonce(self._channel.draw),
            )
        )
        self._questions.pop(claim.number, None)
        self._questions[claim.number] = question
        if len(self._questions) > MOST_OPEN:
            del self._questions[next(iter(self._questions))]

    def timed_out(self) -> None:
        """Count that a visitor has waited in vain, and let the next ones not wait."""
        self._health.count("claim timed out")
        self._breaker = breaker.timed_out(self._breaker)

    def receive(self, topic: str, payload: bytes) -> Answered | None:
        """Return the answer for the lane; None if no lane waits for it any more. Raise WireError if
        it answers no open question, the newest of which is tried first."""
        reply, _ = self._channel.read(topic, payload, reversed(self._questions.values()))
        assert isinstance(reply, ClaimReply)  # nothing else comes on this topic
        self._questions.pop(reply.number, None)
        now_ms = self._clock.now().mono_ms
        answered = breaker.answered(self._breaker, reply.number, now_ms, self._claim_ms)
        if answered is None:
            self._health.count("verdict too late")
            return None
        self._breaker = answered
        reason = _REASONS.get(reply.reason, Reason.USED) if reply.reason else None
        return Answered(reply.number, reply.persons, reason, reply.reentry)
