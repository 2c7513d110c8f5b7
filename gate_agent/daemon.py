"""The wiring: settings become an agent with real parts, and the loop that drives it."""

import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gate_agent import health as health_room
from gate_agent.actor.agent import Agent
from gate_agent.actor.inbox import Inbox
from gate_agent.actor.unit import LaneUnit
from gate_agent.clock import SYSTEM, SystemClock, TimeSource, boot_number
from gate_agent.config.load import load
from gate_agent.config.settings import CameraSettings, GateSettings, LaneSettings
from gate_agent.drivers.arms.build import Arms, patience_ms
from gate_agent.drivers.displays.build import feedback
from gate_agent.errors import ConfigError, GateError
from gate_agent.events import Stop
from gate_agent.folder import DiskFolder
from gate_agent.health import Health
from gate_agent.journal.journal import JOURNAL_FILE, Journal
from gate_agent.lane.state import Lane
from gate_agent.lists.list_files import LISTS_FOLDER, ListFiles
from gate_agent.ports import Device
from gate_agent.trust import identity as identity_room
from gate_agent.trust.documents import TrustDocuments
from gate_agent.trust.in_force import Trust, load_time
from gate_agent.trust.key_renewal import KeyRenewal
from gate_agent.uplink.mqtt import MqttLink
from gate_agent.uplink.session import Uplink
from gate_agent.validator.decide import LaneRules
from gate_agent.validator.messages.envelopes import DOWN, topic_of
from gate_agent.validator.messages.notes import note_topics

if TYPE_CHECKING:
    from gpiozero import Factory

    from gate_agent.drivers.camera.camera import Frames
    from gate_agent.page.page import Page

MOST_LATE = 50
LONGEST_WAIT_S = 2.0
STATUS_EVERY_MS = 2000

MakeFrames = Callable[[CameraSettings], "Frames"]


class Daemon:
    """One gate with its devices. `factory`, `frames`, `lines` and `time` replace pins, cameras,
    relays' lines and the clock where there is no hardware; they are given explicitly, never found
    in the environment."""

    def __init__(
        self,
        settings: GateSettings,
        factory: "Factory | None" = None,
        frames: MakeFrames | None = None,
        lines: str | None = None,
        time: TimeSource = SYSTEM,
    ) -> None:
        enrolled = identity_room.load(settings.identity)
        try:
            settings.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"cannot make {settings.data}: {error.strerror}") from None
        self._settings = settings
        self._health = Health()
        self._inbox = Inbox(self._health)
        self._journal = Journal.open(settings.data / JOURNAL_FILE, settings.time_zone, os.urandom)
        store = TrustDocuments(settings.data)
        self._own = own = KeyRenewal(settings.gate, enrolled, store, self._health, os.urandom)
        known = load_time(store, self._journal.bound_ms)
        host = settings.clock == "host"
        self._clock = SystemClock(boot_number(), trust_host=host, bound=known, source=time)
        topics = (
            *(topic_of(settings.park, settings.gate, kind) for kind in DOWN),
            *note_topics(settings.park, settings.gate),
        )
        self._link = MqttLink(settings.gate, settings.broker, own.identity, topics)
        self._uplink = Uplink(
            settings.park, settings.gate, own, self._journal,
            ListFiles(DiskFolder(settings.data / LISTS_FOLDER)),
            Trust(enrolled.ring, store, self._clock, self._health),
            self._clock, self._link, self._health, settings.broker.claim_ms,
        )  # fmt: skip
        self._devices: list[Device] = []
        alone = settings.pins == "mock" and factory is None
        self._arms = Arms(settings, lambda: self._pins(factory), lines, alone=alone)
        inputs = self._arms.inputs()
        if inputs is not None:
            self._devices.append(inputs)
        self._page = self._make_page(enrolled)
        self._units = [self._unit(lane, factory, frames) for lane in settings.lanes]
        self._agent = Agent(
            self._units, enrolled, self._journal, self._uplink, self._clock, self._health
        )
        self._status_path = health_room.status_path(settings.data)
        self._status_ms = 0

    def _unit(
        self, settings: LaneSettings, factory: "Factory | None", frames: MakeFrames | None
    ) -> LaneUnit:
        pins = partial(self._pins, factory)
        displays = list(feedback(settings, self._settings.data, pins))
        arm = self._arms.make(settings)
        if arm is not None:
            self._devices.append(arm)
        if self._page is not None:
            displays.append(self._page.display(settings.number))
        if settings.scanner is not None:
            from gate_agent.drivers.scanners.build import scanner_of

            self._devices.append(scanner_of(settings.number, settings.scanner))
        if settings.camera is not None:
            from gate_agent.drivers.camera.camera import Camera, V4l2Frames

            source = (frames or V4l2Frames)(settings.camera)
            self._devices.append(Camera(settings.number, settings.camera, source))
        self._devices.extend(displays)
        claim_ms = self._settings.broker.claim_ms
        lane = Lane(settings.number, settings.direction, arm is not None, claim_ms=claim_ms)
        if settings.arm is not None:
            lane = replace(lane, release_ms=patience_ms(settings.arm))
        rules = LaneRules(settings.direction, settings.zone, self._settings.time_zone)
        # Staff type what a handheld does not read; visitors at an arm are sent to another lane.
        parts = {"scanner": settings.scanner, "camera": settings.camera}
        readers = frozenset(f"{name} {lane.number}" for name, part in parts.items() if part and arm)
        return LaneUnit(lane, rules, arm, tuple(displays), readers=readers)

    def _make_page(self, identity: identity_room.Identity) -> "Page | None":
        if self._settings.page is None:
            return None
        from gate_agent.page.page import LINK_FILE, Page

        link = health_room.status_path(self._settings.data).with_name(LINK_FILE)
        page = Page.of(self._settings, identity.sign, self._clock.now().boot, link)
        self._devices.append(page)
        return page

    def _pins(self, factory: "Factory | None") -> "Factory":
        if factory is not None:
            return factory
        if not hasattr(self, "_factory"):
            from gate_agent.drivers.pins.factory import open_factory

            self._factory = open_factory(self._settings.pins)
        return self._factory

    def run(self) -> None:
        """Serves until SIGTERM or SIGINT. Raises JournalError if the start cannot be recorded."""
        notify = health_room.notifier()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._inbox.put(Stop()))
        for device in self._devices:
            device.start(self._inbox.put)
        try:
            self._agent.start()
            self._link.start(self._inbox.put)
            notify("READY=1")
            self._serve(notify)
        finally:
            notify("STOPPING=1")
            self._link.stop()
            for device in self._devices:
                device.stop()
            self._journal.close()

    def _serve(self, notify: Callable[[str], object]) -> None:
        late = 0
        while True:
            event = self._inbox.get(self._wait_s())
            if isinstance(event, Stop):
                return
            if event is not None:
                self._agent.step(event, self._inbox.waited_ms)
            # What happened while a write took its time comes before the deadlines that passed
            # meanwhile: else a visitor who is through would be an intruder.
            late = late + 1 if self._inbox.waiting else 0
            if late % MOST_LATE == 0:
                self._agent.tick()
            notify("WATCHDOG=1")
            now_ms = self._clock.now().mono_ms
            due = now_ms >= self._status_ms
            if due:
                self._status_ms = now_ms + STATUS_EVERY_MS
                health_room.write_status(self._status_path, self.status())
            if self._page is not None and (due or event is not None):
                self._page.update(self.status())

    def _wait_s(self) -> float:
        deadline = self._agent.deadline_ms()
        if deadline is None:
            return LONGEST_WAIT_S
        wait_ms = deadline - self._clock.now().mono_ms
        return min(LONGEST_WAIT_S, max(0.0, wait_ms / 1000))

    def status(self) -> dict[str, object]:
        """What `gate-agent status` prints."""
        now, lists = self._clock.now(), self._uplink.shelf.in_force()
        return {
            "park": self._settings.park,
            "gate": self._settings.gate,
            "pid": os.getpid(),
            "wall_ms": now.wall_ms,
            "clock": now.state.name.lower(),
            "linked": self._uplink.linked,
            "waiting": self._uplink.waiting,
            "journal": self._journal.journal_id.hex(),
            "head": self._journal.head,
            "list_version": self._uplink.list_version,
            "lists": [
                {"series": series, "version": version, "as_of_ms": as_of_ms}
                for series, version, as_of_ms in lists
            ],
            "list_freshness": self._uplink.trust.freshness(self._uplink.held()).name.lower(),
            "list_vouched_ms": self._uplink.trust.vouched_ms(self._uplink.held()) or None,
            "own_key": self._own.identity.key_id.hex(),
            "renewals": self._own.identity.renewals,
            "rules_version": self._uplink.trust.rules.version,
            "lanes": [unit.told() for unit in self._units],
            "faults": dict(self._health.faults),
            "counters": dict(sorted(self._health.counters.items())),
        }


def main(config: Path) -> int:
    """Serves the gate of a gate.toml; gives the exit status. `gate-agent run` ends up here."""
    for level, priority in ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6)):
        logging.addLevelName(level, str(priority))
    logging.basicConfig(format="<%(levelname)s>%(name)s: %(message)s", level=logging.WARNING)
    try:
        Daemon(load(config)).run()
    except GateError as error:
        sys.stderr.write(f"{error.line()}\n")
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
