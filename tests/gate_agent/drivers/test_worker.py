"""The thread of a device: sessions, faults, and its end."""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Event as Flag
from threading import enumerate as enumerate_threads

import pytest

from gate_agent.drivers.worker import Worker, fault_text
from gate_agent.errors import DriverFault
from gate_agent.events import Faulted, ModeAsked, ModeSource, Recovered
from tests.gate_agent.drivers.collected import PATIENCE_S, Collected, until

DEVICE = "scanner 1"
GONE = DriverFault("cannot read it", "is it plugged in?")
GONE_TEXT = "cannot read it: is it plugged in?"
Step = Callable[[Worker], None]


class Sessions:
    """A device whose sessions are given one by one; one that is not given yet waits for the end."""

    def __init__(self, *steps: Step) -> None:
        self.begun = 0
        self.inbox = Collected()
        self._steps = list(steps)
        self.worker = Worker(DEVICE, self._session, retry_s=0.0)

    def _session(self) -> None:
        self.begun += 1
        step = self._steps.pop(0) if self._steps else _until_the_end
        step(self.worker)


def _until_the_end(worker: Worker) -> None:
    worker.wait(None)


def _fails(fault: DriverFault) -> Step:
    def step(_: Worker) -> None:
        raise fault

    return step


def _works(worker: Worker) -> None:
    worker.report(None)
    worker.wait(None)


def test_a_fault_is_put_once_with_its_hint_and_its_end_when_the_device_works() -> None:
    device = Sessions(_fails(GONE), _fails(GONE), _fails(GONE), _works)
    device.worker.start(device.inbox.put)
    device.inbox.wait_for(Faulted(DEVICE, GONE_TEXT), Recovered(DEVICE))
    device.worker.stop()
    assert device.begun == 4
    assert device.inbox.events == [Faulted(DEVICE, GONE_TEXT), Recovered(DEVICE)]


def test_another_reason_is_news() -> None:
    device = Sessions(_fails(GONE), _fails(DriverFault("noise")), _works)
    device.worker.start(device.inbox.put)
    device.inbox.wait_for(Faulted(DEVICE, GONE_TEXT), Faulted(DEVICE, "noise"), Recovered(DEVICE))
    device.worker.stop()


def test_a_device_that_worked_from_the_start_has_not_recovered() -> None:
    device = Sessions(_works)
    device.worker.start(device.inbox.put)
    until(lambda: device.begun == 1)
    device.worker.stop()
    assert device.inbox.events == []


def test_a_session_that_ends_by_itself_is_begun_again() -> None:
    device = Sessions(lambda _: None, lambda _: None)
    device.worker.start(device.inbox.put)
    until(lambda: device.begun == 3)
    device.worker.stop()
    assert device.inbox.events == []


def test_the_end_of_a_worker_is_no_fault() -> None:
    def pulled_out(worker: Worker) -> None:
        worker.wait(None)
        raise GONE

    device = Sessions(pulled_out)
    device.worker.start(device.inbox.put)
    until(lambda: device.begun == 1)
    device.worker.stop()
    assert device.inbox.events == []
    assert device.begun == 1


def test_a_stop_ends_the_wait_before_the_next_try() -> None:
    device = Sessions()
    worker = Worker(DEVICE, lambda: _fails(GONE)(worker), retry_s=100 * PATIENCE_S)
    worker.start(device.inbox.put)
    device.inbox.wait_for(Faulted(DEVICE, GONE_TEXT))
    worker.stop()
    assert not worker.running
    assert DEVICE not in {thread.name for thread in enumerate_threads()}


def test_a_stop_interrupts_a_session_that_waits_for_something_else() -> None:
    reading: SimpleQueue[bytes] = SimpleQueue()
    ended, begun = Flag(), Flag()

    def session() -> None:
        begun.set()
        reading.get()
        ended.set()

    worker = Worker(DEVICE, session, interrupt=lambda: reading.put(b""))
    worker.start()
    assert begun.wait(PATIENCE_S)
    worker.stop()
    assert ended.is_set()


def test_a_worker_is_started_again_and_keeps_the_fault_that_has_not_ended() -> None:
    device = Sessions(_fails(GONE), _until_the_end, _works)
    device.worker.start(device.inbox.put)
    until(lambda: device.begun == 2)
    device.worker.stop()
    device.worker.stop()
    assert device.worker.fault == GONE_TEXT
    device.worker.start(device.inbox.put)
    device.inbox.wait_for(Faulted(DEVICE, GONE_TEXT), Recovered(DEVICE))
    assert device.worker.running
    device.worker.stop()
    assert not device.worker.running


def test_events_before_the_start_are_ignored() -> None:
    device = Sessions()
    device.worker.put(ModeAsked(ModeSource.FIRE, None))
    device.worker.stop()
    assert device.inbox.events == []


def test_a_wait_says_whether_there_is_something_to_do() -> None:
    device, wanted = Sessions(), Flag()
    assert device.worker.wait(0.0, wanted.is_set) is False
    wanted.set()
    assert device.worker.wait(None, wanted.is_set) is True


def test_a_wait_until_a_time_ends_when_something_has_changed() -> None:
    entered, woken = Flag(), Flag()

    def session(worker: Worker) -> None:
        with worker.changed:
            worker.wait_until(0.0)  # long past
            entered.set()
            worker.wait_until(None)
            woken.set()
        worker.wait(None)

    device = Sessions(session)
    device.worker.start(device.inbox.put)
    assert entered.wait(PATIENCE_S)
    with device.worker.changed:  # free only once the session waits
        assert not woken.is_set()
        device.worker.changed.notify_all()
    assert woken.wait(PATIENCE_S)
    device.worker.stop()


def test_faults_go_to_whoever_asked_for_them_instead() -> None:
    told: SimpleQueue[str | None] = SimpleQueue()
    sessions = iter((_fails(GONE), _works))
    worker = Worker(DEVICE, lambda: next(sessions)(worker), retry_s=0.0, report=told.put)
    worker.start()
    assert told.get(timeout=PATIENCE_S) == GONE_TEXT
    assert told.get(timeout=PATIENCE_S) is None
    worker.stop()
    assert told.empty()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_mistake_in_a_driver_is_a_fault_of_its_device() -> None:
    def mistaken(_: Worker) -> None:
        raise KeyError("pin")

    device = Sessions(mistaken)
    device.worker.start(device.inbox.put)
    device.inbox.wait_for(Faulted(DEVICE, "its driver has failed: KeyError: 'pin'"))
    until(lambda: not device.worker.running)
    device.worker.stop()
    assert device.begun == 1


def test_a_fault_without_a_hint_is_its_message() -> None:
    assert fault_text(DriverFault("cannot read it")) == "cannot read it"
    assert fault_text(GONE) == GONE_TEXT
