"""A mistake in the page's own program costs one answer, or is a fault; never silence."""

from pathlib import Path

import pytest

from gate_agent.config.settings import PageSettings
from gate_agent.events import Event, Faulted, Scanned
from gate_agent.page.page import Page
from tests.gate_agent.drivers.collected import Collected
from tests.gate_agent.page.visitor import TOKEN, Visitor


def test_a_mistake_in_an_answer_is_said_once_and_the_page_goes_on(tmp_path: Path) -> None:
    inbox = Collected()

    def put(event: Event) -> None:
        if isinstance(event, Scanned):
            raise ZeroDivisionError("nobody thought of this")
        inbox.put(event)

    page = Page(PageSettings(0), TOKEN, tmp_path / "url", {1: False}, find_battery=lambda: None)
    page.start(put)
    visitor = Visitor(page)
    answers = [visitor.act(act="code", lane=1, code="x") for _ in range(3)]
    assert answers == [500, 500, 500]
    assert inbox.events == [
        Faulted("page", "could not answer: ZeroDivisionError: nobody thought of this")
    ]
    assert visitor.status("GET", "/") == 200
    page.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_the_end_of_the_pages_thread_is_a_fault(tmp_path: Path) -> None:
    def battery() -> None:
        raise ZeroDivisionError("no such battery")

    inbox = Collected()
    page = Page(PageSettings(0), TOKEN, tmp_path / "url", {1: False}, find_battery=battery)
    page.start(inbox.put)
    inbox.wait_for(Faulted("page", "its driver has failed: ZeroDivisionError: no such battery"))
    page.stop()
