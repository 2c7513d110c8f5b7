"""What is known of releases and their keys, as lines for people."""

from collections.abc import Callable

from fleet_manager.terminal.text_tables import table
from gate_agent.validator.moment import utc_text
from gate_agent.validator.trust.keys import key_id
from gate_agent.validator.trust.release_keys import ReleaseKeys


def keys_sheet(keys: ReleaseKeys, text: Callable[[int], str] = utc_text) -> list[str]:
    """Return the lines of release keys. `text` writes a time; without a park it is UTC."""
    head = f"release keys {keys.version} of {keys.park}, {text(keys.as_of_ms)}"
    rows = [[key_id(public).hex(), public.hex()] for public in keys.keys]
    return [head, *table(["id", "public"], rows).splitlines()]
