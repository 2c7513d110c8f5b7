"""Bounds that a small park would never reach, made small: so it meets what happens at each."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType

from fleet_manager.station import news
from gate_agent.journal import journal

KEEP_RECORDS = 200
_SMALL: tuple[tuple[ModuleType, Mapping[str, int]], ...] = (
    # How many acknowledged records a board keeps; what fits one message.
    (journal, {"KEEP_ACKED_RECORDS": KEEP_RECORDS, "MAX_BATCH_BYTES": 700}),
    # How many pieces of news a gate gets at once.
    (news, {"MAX_NEWS": 5}),
)


@contextmanager
def small_bounds(*, small: bool) -> Iterator[None]:
    """Let the park inside the block have the small bounds, if they are to be `small`."""
    real = [(module, {name: vars(module)[name] for name in names}) for module, names in _SMALL]
    try:
        for module, names in _SMALL if small else ():
            vars(module).update(names)
        yield
    finally:
        for module, names in real:
            vars(module).update(names)
