"""The pages about tickets: what is done there is what gates and commands understand."""

from fleet_manager.access import audit
from fleet_manager.access.actor import Role, computer_user
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.tickets import sold
from fleet_manager.web.pages.tickets.sold import MOST_ACTS
from gate_agent.validator.tickets.holder import DOCUMENTS, ID_CARD, holder_tag
from tests.fleet_manager.web.busy_park import fill
from tests.fleet_manager.web.conftest import Entering

CARD = "110101199003071233"


def test_a_ticket_that_is_passed_on_to_an_id_card_is_that_persons_at_every_gate(
    park: Centre, entering: Entering
) -> None:
    serial = fill(park).prints[2].ticket.serial
    manager = entering(Role.MANAGER)
    story = manager.get(f"/tickets/story?q=%23{serial}")
    for document in DOCUMENTS:  # the very types that a handheld offers
        assert f'<option value="{document}"' in story.html
    done = manager.post("/tickets/pass-on", serial=str(serial), document=ID_CARD, number=CARD)
    assert done.status == 303
    with park.store.read() as connection:
        tag = sold.find(connection, serial).new_holder_tag
    assert tag == holder_tag(park.unlock().pepper, serial, ID_CARD, CARD)
    found = manager.get(f"/tickets?document={ID_CARD}&number={CARD}")
    assert f"q=%23{serial}" in found.html


def test_an_id_card_that_cannot_be_is_refused_and_its_number_not_repeated(
    park: Centre, entering: Entering
) -> None:
    serial = fill(park).prints[2].ticket.serial
    manager = entering(Role.MANAGER)
    manager.get(f"/tickets/story?q=%23{serial}")
    wrong = CARD[:-1] + "0"
    page = manager.post("/tickets/pass-on", serial=str(serial), document=ID_CARD, number=wrong)
    assert page.status == 422
    assert wrong not in page.html


def test_a_story_tells_what_was_done_however_much_was_done_to_tickets_of_longer_numbers(
    park: Centre, entering: Entering
) -> None:
    serial = fill(park).prints[2].ticket.serial
    manager = entering(Role.MANAGER)
    manager.get(f"/tickets/story?q=%23{serial}")
    manager.post("/tickets/status", serial=str(serial), what="suspend", reason="lost by its owner")
    with park.store.write() as connection:
        for other in range(MOST_ACTS + 1):
            subject = f"ticket {serial}{other}"
            audit.append(connection, computer_user(), Act.TICKET_VOID, subject, other)
    assert "lost by its owner" in manager.get(f"/tickets/story?q=%23{serial}").html
