"""Run a release on trial: switch to it, watch it for five minutes, keep it or go back."""

from pathlib import Path
from typing import Any

from gate_agent.errors import GateError
from gate_agent.journal.inspect import read_status
from gate_agent.release.installer import Installer
from gate_agent.release.manifest import ReleaseError
from gate_agent.update import journal_copy, rest, state
from gate_agent.update.health import MOST_WATCHES, HealthWatch, Look
from gate_agent.update.site import UpdateSite
from gate_agent.update.state import Stage, Trial, UpdateState

LOOK_EVERY_S = 2.0
PASSAGE_S = 60.0
"""So long a return waits for whoever is at the gate."""
LONGEST_WATCH_S = 3600.0
"""Then the timer goes on with it."""


class TrialRunner:
    """Runs the trial in `state`, which is on disk before each act."""

    def __init__(self, site: UpdateSite, held: UpdateState, installer: Installer) -> None:
        assert held.trial is not None
        self._site = site
        self._state = held
        self._trial: Trial = held.trial
        self._installer = installer

    def begin(self) -> str:
        """Switch to the release, and watch it; return in words how it ended."""
        trial, site = self._trial, self._site
        folder = site.store.releases / trial.release
        changes_journal = journal_copy.changes_format(site.data, folder)
        self._save()
        if changes_journal:
            site.machine.stop()  # nothing is recorded between the copy and the switch
            try:
                trial.journal = journal_copy.copy(site.data, trial.release)
            except (GateError, OSError):
                site.machine.start()
                self._end()
                raise
            self._save()
        site.say(f"switching from {trial.before} to {trial.release}")
        with site.store.locked():
            site.store.switch(trial.release)
        return self._start()

    def resume(self) -> str:
        """Continue where a power cut or a kill has left the trial; return in words how it ended,
        '' for a trial that had not begun."""
        trial, site = self._trial, self._site
        if trial.stage is Stage.RETURNING:
            return self._go_back(trial.reason)
        if site.store.current != trial.release:
            site.machine.start()  # it may have been stopped for the copy of its journal
            self._end()
            return ""
        if trial.stage is Stage.SWITCHING and trial.boot == site.machine.boot():
            return self._start()
        return self._watch()  # after a boot the daemon runs from `current` by itself

    def _start(self) -> str:
        self._site.machine.restart()
        return self._watch()

    def _watch(self) -> str:
        trial, site = self._trial, self._site
        trial.stage = Stage.WATCHING
        trial.watches += 1
        self._save()
        if trial.watches > MOST_WATCHES:
            return self._go_back(f"the board or its updater ended {MOST_WATCHES} times under it")
        watch = HealthWatch(site.machine.mono_s(), trial.linked, trial.faults, site.watch_s)
        first_restarts = site.machine.restarts()
        while not watch.is_well(site.machine.mono_s()):
            if site.store.current != trial.release:
                self._end()
                return f"another release than {trial.release} was installed meanwhile"
            if site.machine.mono_s() - watch.begun_s > LONGEST_WATCH_S:
                trial.watches = 0
                self._save()
                return f"{trial.release} is still watched: {watch.reason or 'the network is away'}"
            restarts = site.machine.restarts()
            first_restarts = min(first_restarts, restarts)
            watch.look(self._look(restarts - first_restarts), site.machine.mono_s())
            if watch.verdict and watch.misses_link and not site.client.is_reachable():
                watch.forgive_link()
            if watch.verdict:
                return self._go_back(watch.verdict)
            site.machine.wait(LOOK_EVERY_S)
        try:
            self._installer.check(trial.release)
        except ReleaseError as error:
            return self._go_back(str(error))
        return self._keep()

    def _look(self, restarts: int) -> Look:
        status = read_daemon(self._site.data)
        if status is None:
            return Look(fresh=False, restarts=restarts)
        faults = status.get("faults")
        return Look(
            fresh=True,
            linked=status.get("linked") is True,
            faults=sorted(faults) if isinstance(faults, dict) else (),
            restarts=restarts,
        )

    def _keep(self) -> str:
        trial, site = self._trial, self._site
        with site.store.locked():
            site.store.mark_healthy(trial.release)
            self._state.floor, self._state.floor_key = trial.sequence, trial.key
            self._end()
            site.store.remove_old()
        site.say_fault("")
        return f"{trial.release} runs well"

    def _go_back(self, reason: str) -> str:
        trial, site = self._trial, self._site
        trial.stage, trial.reason = Stage.RETURNING, reason
        self._save()
        site.say(f"{trial.release} is unwell ({reason}): going back to {trial.before}")
        self._let_pass()
        words = f"release {trial.release} was unwell and was left: {reason}"
        if trial.journal:
            site.machine.stop()
            aside = journal_copy.put_back(site.data, trial.journal, trial.release)
            words = f"{words}; {aside}" if aside else words
        with site.store.locked():
            site.store.switch(trial.before)
        site.machine.restart()
        site.say_fault(words)
        self._state.mark_unwell(trial.release, trial.number, reason)
        self._end()
        return f"went back to {trial.before}: {reason}"

    def _let_pass(self) -> None:
        """Let whoever is at the gate pass first, where the daemon still serves."""
        machine = self._site.machine
        until_s = machine.mono_s() + PASSAGE_S
        while machine.mono_s() < until_s and rest.busy_lanes(read_daemon(self._site.data)):
            machine.wait(LOOK_EVERY_S)

    def _save(self) -> None:
        state.save(self._site.files, self._state)

    def _end(self) -> None:
        self._state.trial = None
        self._save()


def read_daemon(data: Path) -> dict[str, Any] | None:
    """Return the status of the daemon whose folder is `data`, None while none runs."""
    try:
        status, fresh = read_status(data)
    except GateError:
        return None
    return status if fresh else None
