"""One round of deliveries: store what has happened, send what is due, store what came of it.

An attempt is counted before it is sent, and an event is done once a receiver has answered 2xx: a
crash in between sends it again, under the same id. A receiver gets its events one after the other;
one that fails holds up its own events and nobody else's.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from fleet_manager.centre import Centre
from fleet_manager.events import deliveries, detection, outbox, schedule, webhooks
from fleet_manager.events.deliveries import DeliveryKind
from fleet_manager.events.detection import Detector, TwoDetectors
from fleet_manager.events.sender import Answer
from fleet_manager.events.webhooks import Webhook
from fleet_manager.keys.vault import Vault
from fleet_manager.services.webhooks.attempt import DeliveryAttempt
from fleet_manager.terminal.record_lines import Shown

CLAIM_MS = 60_000
"""So long an attempt may take before it counts as failed by itself: its process has ended."""


@dataclass(frozen=True, slots=True)
class Job:
    """An attempt whose count is stored, to be sent now. `number`: of its event."""

    attempt: DeliveryAttempt
    number: int


class DeliveryRounds:
    """`chance`: gives random numbers from 0 to 1. Used by one thread."""

    def __init__(self, centre: Centre, vault: Vault, chance: Callable[[], float]) -> None:
        self._centre = centre
        self._vault = vault
        self._chance = chance
        self._detector = Detector(centre.calendar)

    def detect(self) -> int:
        """Store events of what has happened since the last round; return how many."""
        store, now_ms = self._centre.store, self._centre.clock()
        with store.read() as connection:
            shown = Shown.of(connection, self._centre.calendar, self._vault)
            detected = self._detector.detect(connection, shown, now_ms)
        if not detected.values:
            return 0
        try:
            with store.write() as connection:
                detection.save(connection, detected, now_ms)
        except TwoDetectors:
            return 0  # another process has told it
        return len(detected.events)

    def begin(self, busy: frozenset[str] = frozenset()) -> list[Job]:
        """Count and return the attempts that are due, one for each receiver that is not `busy`."""
        now_ms = self._centre.clock()
        with self._centre.store.read() as connection:
            due = [
                webhook
                for webhook in webhooks.every(connection)
                if webhook.name not in busy
                and webhook.disabled_ms is None
                and webhook.next_ms <= now_ms
                and outbox.next_after(connection, webhook.mark, webhook.events) is not None
            ]
        return [job for webhook in due if (job := self._claim(webhook, now_ms)) is not None]

    def _claim(self, webhook: Webhook, now_ms: int) -> Job | None:
        """Count an attempt; None if another process was quicker."""
        claimed = replace(webhook, tries=webhook.tries + 1, next_ms=now_ms + CLAIM_MS)
        with self._centre.store.write() as connection:
            event = outbox.next_after(connection, webhook.mark, webhook.events)
            if event is None or not webhooks.save_if_unchanged(connection, webhook, claimed):
                return None
            shown = Shown.of(connection, self._centre.calendar, self._vault)
            body = outbox.body(connection, event, shown)
        attempt = DeliveryAttempt(claimed, event.id, event.type, DeliveryKind.EVENT, body, now_ms)
        return Job(attempt, event.number)

    def finish(self, job: Job, answer: Answer) -> Webhook:
        """Store what came of an attempt, and return how the receiver stands then."""
        now_ms = self._centre.clock()
        claimed = job.attempt.webhook
        after = self._after(claimed, job.number, answer, now_ms)
        with self._centre.store.write() as connection:
            webhooks.save_if_unchanged(connection, claimed, after)
            deliveries.log(connection, job.attempt.logged(answer))
        return after

    def _after(self, claimed: Webhook, number: int, answer: Answer, now_ms: int) -> Webhook:
        if not answer.mistake:
            done = claimed.delivered + 1
            return replace(claimed, mark=number, tries=0, next_ms=0, delivered=done)
        failed = replace(claimed, failed=claimed.failed + 1)
        wait_ms = schedule.next_wait_ms(claimed.tries, answer.retry_s, self._chance())
        if answer.gone or wait_ms is None:
            why = answer.mistake if answer.gone else f"{claimed.tries} attempts: {answer.mistake}"
            return replace(failed, tries=0, next_ms=0, disabled_ms=now_ms, disabled_why=why[:200])
        return replace(failed, next_ms=now_ms + wait_ms)

    def tidy(self) -> None:
        """Delete what is older than 30 days."""
        now_ms = self._centre.clock()
        with self._centre.store.write() as connection:
            outbox.delete_old(connection, now_ms)
            deliveries.delete_old(connection, now_ms)
