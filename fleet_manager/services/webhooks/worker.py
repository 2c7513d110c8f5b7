"""Deliver events in a thread of the web process: never in the collector, whose time is the gates'.

The thread alone uses the database; the sending, which waits for receivers, is done by a few others.
"""

import logging
import random
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from sqlalchemy.exc import SQLAlchemyError

from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.events.sender import Answer, Sender
from fleet_manager.keys.vault import Vault
from fleet_manager.services.webhooks.rounds import DeliveryRounds, Job

_LOG = logging.getLogger(__name__)
ROUND_S = 2.0
AFTER_FAULT_S = 10.0
TIDY_S = 3600.0
SENDERS = 8


class WebhookWorker:
    """Delivers until `stop`. `sender`: None for one that believes the park's own authority, too."""

    def __init__(self, centre: Centre, sender: Sender | None = None) -> None:
        self._centre = centre
        self._sender = sender or Sender(centre.config.broker.ca)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._pool = ThreadPoolExecutor(SENDERS, thread_name_prefix="webhook")
        self._sending: dict[Future[Answer], Job] = {}
        self._detect_due_s = self._tidy_due_s = time.monotonic()

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End soon: what is being sent counts as an attempt; the next start sends it again."""
        self._stopping.set()
        self._thread.join()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._sender.abort()
        self._pool.shutdown()

    def _run(self) -> None:
        opened: tuple[DeliveryRounds, Vault] | None = None
        while not self._stopping.is_set():
            try:
                if opened is None:
                    vault = self._centre.unlock()
                    opened = DeliveryRounds(self._centre, vault, random.random), vault
                self._round(*opened)
            except (SQLAlchemyError, CentreError, OSError) as error:
                _LOG.warning("cannot deliver events now: %s", error)
                opened = None  # keys may have changed
                self._stopping.wait(AFTER_FAULT_S)
            except Exception:  # noqa: BLE001 - one event must not end the deliveries of all
                _LOG.exception("cannot deliver events: a mistake of this program")
                self._stopping.wait(AFTER_FAULT_S)

    def _round(self, rounds: DeliveryRounds, vault: Vault) -> None:
        """Do what is due; return after ROUND_S, or as soon as a receiver has answered."""
        now_s = time.monotonic()
        if now_s >= self._tidy_due_s:
            self._tidy_due_s = now_s + TIDY_S
            rounds.tidy()
        if now_s >= self._detect_due_s:
            self._detect_due_s = now_s + ROUND_S
            rounds.detect()
        busy = frozenset(job.attempt.webhook.name for job in self._sending.values())
        for job in rounds.begin(busy):
            hosts = self._centre.config.webhook_hosts
            sending = self._pool.submit(job.attempt.make, self._sender, vault, hosts)
            self._sending[sending] = job
        if not self._sending:
            self._stopping.wait(ROUND_S)
            return
        done, _ = wait(self._sending, ROUND_S, FIRST_COMPLETED)
        for future in done:
            job = self._sending.pop(future)
            if future.cancelled():
                continue
            webhook = rounds.finish(job, future.result())
            if webhook.disabled_ms is not None:
                _LOG.warning("webhook %s is disabled: %s", webhook.name, webhook.disabled_why)
