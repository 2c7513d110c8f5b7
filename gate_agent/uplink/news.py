"""News of the station: receive every passage at other gates once, and ask for what is missing. Part
of the actor."""

from gate_agent.deadlines import next_deadline
from gate_agent.errors import JournalError
from gate_agent.health import Health
from gate_agent.journal.remote_history import RemoteHistory
from gate_agent.ports import Clock
from gate_agent.uplink.nonce import draw_nonce
from gate_agent.uplink.note_channel import NoteChannel
from gate_agent.validator.messages.notes import News, NewsRequest
from gate_agent.validator.messages.short_news import ShortNews

ASK_EVERY_MS = 30_000
ASK_AGAIN_MS = 2000
WRITE_EVERY_MS = 15_000
_TOO_MANY = (
    "other gates report more tickets for today than this gate can store, and it forgets the "
    "oldest: does a stolen gate report them? fleet-manager incidents"
)


class NewsReceiver:
    """`remote`: where the news is stored."""

    def __init__(
        self, channel: NoteChannel, remote: RemoteHistory, clock: Clock, health: Health
    ) -> None:
        self._channel = channel
        self._remote = remote
        self._clock = clock
        self._health = health
        self._request_ms: int | None = None
        self._question = b""
        self._missing = False
        self._write_ms: int | None = None

    @property
    def number(self) -> int:
        """Number of the newest piece of news that is in."""
        return self._remote.number

    def request(self, in_ms: int = 0) -> None:
        """Ask in `in_ms` for the news that is missing, unless an answer is on its way."""
        self._missing = True
        if self._channel.ready and not self._question:
            at_ms = self._now_ms() + in_ms
            self._request_ms = at_ms if self._request_ms is None else min(self._request_ms, at_ms)

    def link_down(self) -> None:
        """Ask for nothing until `request` is called with a new link."""
        self._request_ms, self._question = None, b""

    def take_short(self, news: ShortNews) -> None:
        """Take one passage, just now. Raises JournalError."""
        before, now = self._remote.number, self._clock.now()
        if not self._remote.take_short(news, now.wall_ms):
            self.request()
        elif self._remote.number > before:
            self._up_to_date(now.mono_ms)
            self._write_soon(now.mono_ms)

    def receive(self, topic: str, payload: bytes) -> None:
        """Take pieces of news: the answer to the request that is open, or what is new. Raises
        JournalError, and WireError for an answer to any other request: of an earlier boot, or that
        came so late that the gate has asked again."""
        questions = (self._question, b"") if self._question else (b"",)
        news, question = self._channel.read(topic, payload, questions)
        assert isinstance(news, News)  # nothing else comes on this topic
        if question:
            self._question, self._missing = b"", False
            if news.head < self._remote.number:
                self._remote.begin_anew()
                self.request()
                return
        before = self._remote.number
        if not self._remote.take(news):
            self.request()
        elif question or self._remote.number > before:
            self._up_to_date(self._now_ms())
        self._write_soon(self._now_ms())
        if self._remote.is_full:  # else it would ask for what it cannot take, until WRITE_EVERY_MS
            self._write_ms = self._now_ms()

    def _up_to_date(self, now_ms: int) -> None:
        """Put the next request off: news that comes in order says as much as an answer does, that
        nothing before it is missing."""
        if not self._question and not self._missing:
            self._request_ms = now_ms + ASK_EVERY_MS

    def _write_soon(self, now_ms: int) -> None:
        if self._remote.has_fresh and self._write_ms is None:
            self._write_ms = now_ms + WRITE_EVERY_MS

    def tick(self) -> None:
        """Send a request and write what is new, if that is due."""
        now_ms = self._now_ms()
        if self._request_ms is not None and now_ms >= self._request_ms:
            self._request_ms = now_ms + ASK_AGAIN_MS
            request = NewsRequest(draw_nonce(self._channel.draw), self._remote.number)
            self._question = self._channel.send(request)
        if self._write_ms is not None and now_ms >= self._write_ms:
            self._write_ms = None
            try:
                self._remote.write()
            except JournalError as error:
                self._health.fault("news", str(error))
                self._write_soon(now_ms)
            else:
                self._note_overflow()

    def _note_overflow(self) -> None:
        """Show whether other gates report more than a station can have; else that all is well."""
        if self._remote.overflows:
            self._health.fault("news", _TOO_MANY)
        else:
            self._health.recover("news")

    def deadline_ms(self) -> int | None:
        """Return when `tick` is due, in monotonic milliseconds; None for never."""
        return next_deadline(self._request_ms, self._write_ms)

    def _now_ms(self) -> int:
        return self._clock.now().mono_ms
