"""The station's other gates, reached through the centre: hand each note to the part that it is for.
Part of the actor; runs on its thread."""

from gate_agent.effects import AskCentre
from gate_agent.events import Answered
from gate_agent.health import Health
from gate_agent.lane.state import ClaimPolicy
from gate_agent.uplink.claims import ClaimSender
from gate_agent.uplink.news import ASK_AGAIN_MS, NewsReceiver
from gate_agent.uplink.note_channel import NoteChannel
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.notes import ClaimReply
from gate_agent.validator.messages.short_news import SHORT_END, read_short


class StationLink:
    """`claims`: questions to the centre about one ticket. `news`: of passages at other gates."""

    def __init__(
        self, channel: NoteChannel, claims: ClaimSender, news: NewsReceiver, health: Health
    ) -> None:
        self._channel = channel
        self._claims = claims
        self._news = news
        self._health = health

    @property
    def claim_policy(self) -> ClaimPolicy:
        """Whether a visitor whom this gate would let in waits for the centre's answer."""
        return self._claims.policy

    def send_claim(self, claim: AskCentre) -> None:
        """Ask the centre whether a ticket may be used."""
        self._claims.send(claim)

    def claim_timed_out(self) -> None:
        """Count that a visitor has waited in vain, and let the next ones not wait."""
        self._claims.timed_out()

    def rekey(self, secret: bytes | None) -> None:
        """Take the link's new secret: this gate has another key."""
        self._channel.secret = secret

    def link_up(self) -> None:
        """Ask for the news that was missed; the first visitor waits for an answer again."""
        self._channel.linked = True
        self._claims.reset()
        self._news.request()

    def link_down(self) -> None:
        """Send nothing until the link is up again."""
        self._channel.linked = False
        self._claims.reset()
        self._news.link_down()

    def tick(self) -> None:
        """Do what is due."""
        self._news.tick()

    def deadline_ms(self) -> int | None:
        """Return when `tick` is due, in monotonic milliseconds; None for never."""
        return self._news.deadline_ms()

    def receive(self, topic: str, payload: bytes) -> Answered | None:
        """Handle a note; count and drop one that the centre did not write for this gate. Return
        the answer to a claim that was sent. Raises JournalError."""
        try:
            return self._handle(topic, payload)
        except WireError as error:
            self._health.discard("note refused", str(error))
            return None

    def _handle(self, topic: str, payload: bytes) -> Answered | None:
        end, secret = self._channel.end_of(topic), self._channel.secret
        if end is None or secret is None:
            raise WireError("a note for another gate")
        if end == SHORT_END:
            self._take_short(topic, payload, secret)
            return None
        if end == ClaimReply.topic_end:
            return self._claims.receive(topic, payload)
        self._news.receive(topic, payload)
        return None

    def _take_short(self, topic: str, payload: bytes, secret: bytes) -> None:
        try:
            news = read_short(topic, payload, secret, self._news.number + 1)
        except WireError:
            self._news.request(ASK_AGAIN_MS)  # so much is missing that its number is not known
            raise
        self._news.take_short(news)
