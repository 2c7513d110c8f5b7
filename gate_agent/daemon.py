"""Wire the devices and the core that the settings name, and drive them in one loop."""

import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gate_agent.actor.build import build_core
from gate_agent.actor.inbox import Inbox, is_message
from gate_agent.clock import SYSTEM, SystemClock, TimeSource, boot_number
from gate_agent.config.board_files import ConfigWatch, files_of
from gate_agent.config.load import load
from gate_agent.config.settings import GateSettings
from gate_agent.devices import BoardDevices, MakeFrames
from gate_agent.errors import ConfigError, GateError
from gate_agent.events import Event, Stop
from gate_agent.folder import DiskFolder
from gate_agent.health import Health, notifier, status_path, write_status
from gate_agent.journal.data_lock import DataLock
from gate_agent.journal.journal import JOURNAL_FILE, Journal
from gate_agent.lists.list_files import LISTS_FOLDER, ListFiles
from gate_agent.release.running import software, update_fault
from gate_agent.signs import Words
from gate_agent.trust import identity
from gate_agent.trust.documents import TrustDocuments
from gate_agent.trust.in_force import load_time
from gate_agent.trust.key_renewal import KeyRenewal
from gate_agent.uplink.mqtt import MqttLink
from gate_agent.validator.messages.envelopes import DOWN, topic_of
from gate_agent.validator.messages.notes import note_topics

if TYPE_CHECKING:
    from gpiozero import Factory

    from gate_agent.page.page import Page

LONGEST_WAIT_S = 2.0
STATUS_EVERY_MS = 2000
SWITCH_S = 0.0005
"""Python lets a thread that computes go on for 5 ms while another waits for its turn (3.11). A code
passes through three such waits: under a flood of messages it would be 10 ms late."""


class Daemon:
    """One gate with its devices. `factory`, `frames`, `lines` and `time` replace pins, cameras,
    relays' lines and the clock where there is no hardware; they are given explicitly, never found
    in the environment. `config`: the gate.toml that `settings` are from. Raises GateError:
    FolderTakenError while another daemon has the data folder."""

    def __init__(
        self,
        settings: GateSettings,
        factory: "Factory | None" = None,
        frames: MakeFrames | None = None,
        lines: str | None = None,
        time: TimeSource = SYSTEM,
        *,
        config: Path | None = None,
    ) -> None:
        enrolled = identity.load(settings.identity)
        try:
            settings.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"cannot make {settings.data}: {error.strerror}",
                "is data in gate.toml right? the daemon's user must own the folder above it",
            ) from None
        self._settings = settings
        self._lock = DataLock(settings.data)
        self._health = Health()
        self._inbox = Inbox(self._health)
        self._journal = Journal.open(settings.data / JOURNAL_FILE, settings.time_zone, os.urandom)
        documents = TrustDocuments.on_disk(settings.data)
        own = KeyRenewal(settings.gate, enrolled, documents, self._health, os.urandom)
        bound = load_time(documents, self._journal.bound_ms)
        host = settings.clock == "host"
        self._clock = SystemClock(boot_number(), trust_host=host, bound=bound, source=time)
        topics = (
            *(topic_of(settings.park, settings.gate, kind) for kind in DOWN),
            *note_topics(settings.park, settings.gate),
        )
        self._link = MqttLink(settings.gate, settings.broker, own.identity, topics)
        self._page = self._make_page(enrolled)
        self._devices = BoardDevices(
            settings, self._page, factory=factory, frames=frames, lines=lines
        )
        self._config = ConfigWatch(files_of(config))
        self._core = build_core(
            settings.park,
            settings.gate,
            self._devices.units,
            own=own,
            journal=self._journal,
            documents=documents,
            list_files=ListFiles(DiskFolder(settings.data / LISTS_FOLDER)),
            clock=self._clock,
            link=self._link,
            health=self._health,
            draw=os.urandom,
            claim_ms=settings.broker.claim_ms,
            config=lambda: self._config.digest,
        )
        if self._page is not None:
            self._page.inform(self._name_of, self._core.history.last_entry)
        self._status_path = status_path(settings.data)
        self._status_ms = 0

    def _make_page(self, enrolled: identity.Identity) -> "Page | None":
        if self._settings.page is None:
            return None
        from gate_agent.page.page import LINK_FILE, Page

        link = status_path(self._settings.data).with_name(LINK_FILE)
        return Page.of(self._settings, enrolled.sign, self._clock.now().boot, link)

    def _name_of(self, product: int) -> Words | None:
        names = self._core.trust.rules.names.get(product)
        return None if names is None else Words(*names)

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT. Raises JournalError if the start cannot be recorded."""
        sys.setswitchinterval(SWITCH_S)
        notify = notifier()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._inbox.put(Stop()))
        for device in self._devices.every:
            device.start(self._inbox.put)
        try:
            self._core.start()
            self._link.start(self._inbox.put_message)
            notify("READY=1")
            self._serve(notify)
        finally:
            notify("STOPPING=1")
            self._inbox.close()  # the link's thread may wait for room in it
            self._link.stop()
            for device in self._devices.every:
                device.stop()
            self._journal.close()
            self._lock.release()

    def _serve(self, notify: Callable[[str], object]) -> None:
        agent = self._core.agent
        while True:
            event = self._inbox.get(self._wait_s())
            if isinstance(event, Stop):
                return
            if event is not None:
                agent.step(event, self._inbox.waited_ms)
            agent.catch_up(more_waiting=self._inbox.waiting)
            notify("WATCHDOG=1")
            now_ms = self._clock.now().mono_ms
            due = now_ms >= self._status_ms
            if due:
                self._status_ms = now_ms + STATUS_EVERY_MS
                agent.check_journal()
                if self._config.look():
                    self._core.uplink.report_soon()
                self._show_update()
                write_status(self._status_path, self.status())
            if self._page is not None and (due or self._changes_page(event)):
                self._page.update(self.status())

    def _changes_page(self, event: Event | None) -> bool:
        """Return whether the page is to show what has changed at once. Of messages that follow each
        other it shows the last: to make a status costs as much as to refuse a message."""
        return event is not None and not (is_message(event) and self._inbox.waiting)

    def _show_update(self) -> None:
        """Show in the faults why the last update came to nothing."""
        fault = update_fault()
        if fault:
            self._health.fault("update", fault)
        else:
            self._health.recover("update")

    def _wait_s(self) -> float:
        deadline = self._core.agent.deadline_ms()
        if deadline is None:
            return LONGEST_WAIT_S
        wait_ms = deadline - self._clock.now().mono_ms
        return min(LONGEST_WAIT_S, max(0.0, wait_ms / 1000))

    def status(self) -> dict[str, object]:
        """Return the document that `gate-agent status` prints."""
        core, now = self._core, self._clock.now()
        held, own = core.lists.held(), core.own.identity
        return {
            "park": self._settings.park,
            "gate": self._settings.gate,
            "config": self._config.digest,
            "config_files": self._config.digests,
            "software": software(),
            "pid": os.getpid(),
            "wall_ms": now.wall_ms,
            "clock": now.state.name.lower(),
            "linked": core.uplink.linked,
            "down_reason": core.uplink.down_reason,
            "waiting": core.uplink.waiting,
            "journal": self._journal.journal_id.hex(),
            "head": self._journal.head,
            "list_version": core.lists.version(),
            "lists": [
                {"series": series, "version": version, "as_of_ms": as_of_ms}
                for series, version, as_of_ms in core.lists.in_force()
            ],
            "list_freshness": core.trust.freshness(held).name.lower(),
            "list_vouched_ms": core.trust.vouched_ms(held) or None,
            "own_key": own.key_id.hex(),
            "renewals": own.renewals,
            "rules_version": core.trust.rules.version,
            "lanes": [unit.status() for unit in self._devices.units],
            "faults": dict(self._health.faults),
            "counters": dict(sorted(self._health.counters.items())),
        }


def _logs_to_journald() -> bool:
    """Return whether systemd reads standard error, and with it the priority off each line
    (sd-daemon(3)); a shell below a service has inherited the variable alone (systemd.exec(5))."""
    status = os.fstat(sys.stderr.fileno())
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def main(config: Path) -> int:
    """Serve the gate of a gate.toml; return the exit status. `gate-agent run` ends up here."""
    form = "%(levelname)s %(name)s: %(message)s"
    if _logs_to_journald():
        form = "<%(levelname)s>%(name)s: %(message)s"
        for level, priority in ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6)):
            logging.addLevelName(level, str(priority))
    logging.basicConfig(format=form, level=logging.WARNING)
    try:
        Daemon(load(config), config=config).run()
    except GateError as error:
        sys.stderr.write(f"{error.line()}\n")
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
