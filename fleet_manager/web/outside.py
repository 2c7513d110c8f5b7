"""What the web process does besides answering: it tells others and posts the shares of merchants,
in threads of their own."""

from collections.abc import Iterator
from contextlib import contextmanager

from fleet_manager.centre import Centre
from fleet_manager.events.state.publisher import StatePublisher
from fleet_manager.services.sales.shares import ShareWorker
from fleet_manager.services.webhooks.worker import WebhookWorker


@contextmanager
def told_outside(centre: Centre) -> Iterator[None]:
    """Deliver events, post shares and publish readable state as long as the block runs.

    Raises CentreConfigError for a file of the section `state` of centre.toml that cannot be used.
    """
    state = centre.config.state
    tellers: list[StatePublisher | WebhookWorker | ShareWorker] = [
        WebhookWorker(centre),
        ShareWorker(centre),
    ]
    if state is not None:
        tellers.append(StatePublisher(centre, state))
    for teller in tellers:
        teller.start()
    try:
        yield
    finally:
        for teller in tellers:
            teller.stop()
