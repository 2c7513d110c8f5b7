"""`gate.json` in the identity's folder: park, id and host as the centre gave them.

So nobody types them again.
"""

import json
from pathlib import Path

from gate_agent.config.profiles import BoardSite
from gate_agent.errors import ConfigError
from gate_agent.validator.messages.enrolment import GATE_FILE

_AGAIN = "enrol the board anew, or give --park, --id and --host"


def read_site(identity: Path) -> BoardSite | None:
    """Return what the enrolment in a folder says, None where it says nothing. Raises
    ConfigError."""
    path = identity / GATE_FILE
    try:
        facts = json.loads(path.read_bytes())
        texts = [facts[name] for name in ("park", "id", "host", "time_zone")]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}", "run it as root") from None
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ConfigError(f"cannot use {path}: it is not whole", _AGAIN) from None
    if not all(isinstance(text, str) for text in texts):
        raise ConfigError(f"cannot use {path}: it is not whole", _AGAIN)
    return BoardSite(*texts)
