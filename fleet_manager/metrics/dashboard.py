"""The Grafana dashboard of a park: `dashboard.json` with the park's name and time zone in it.

Grafana's classic form, which versions 9 to 13 import; its uid is fixed, so that a newer one takes
the place of an older one.
"""

import json
from pathlib import Path

from fleet_manager.config import CentreConfig

_FILE = Path(__file__).parent / "dashboard.json"


def text(config: CentreConfig) -> str:
    """Return the dashboard to import: days and hours are the park's, whatever the browser's are."""
    dashboard = json.loads(_FILE.read_text("utf-8"))
    dashboard["title"] = f"{config.name_zh} {config.name_en}"
    dashboard["timezone"] = config.time_zone.key
    return json.dumps(dashboard, ensure_ascii=False, indent=1)
