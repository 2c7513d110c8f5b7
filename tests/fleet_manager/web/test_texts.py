"""What pages say: whole, in use, and the same words as elsewhere."""

import json
import re
from pathlib import Path

from fleet_manager.web.texts import TEXTS
from fleet_manager.web.texts.faults import FAULTS, OTHER

ROOT = Path(__file__).parents[3]
WEB = ROOT / "fleet_manager" / "web"


def sources() -> str:
    """All code and templates of the console, without the texts themselves."""
    files = [*WEB.rglob("*.py"), *WEB.rglob("*.html")]
    return "\n".join(file.read_text("utf-8") for file in files if WEB / "texts" not in file.parents)


def test_every_text_is_said_by_some_page() -> None:
    code = sources()
    said = set(re.findall(r"""["']([a-z_]+(?:\.[a-z0-9_-]+)+)["']""", code))
    begun = set(re.findall(r"""["']((?:[a-z_]+\.)+)["']\s*~""", code))
    begun |= set(re.findall(r'f"((?:[a-z_]+\.)+)\{', code))
    assert [key for key in TEXTS if key not in said and not key.startswith(tuple(begun))] == []


def test_faults_have_the_words_that_staff_read_at_the_gate() -> None:
    script = (ROOT / "gate_agent/page/assets/faults.js").read_text("utf-8")
    shared = {
        name: json.loads(f"[{words}]")
        for name, words in re.findall(r"const ([A-Z]+) = \[(.*?)\];", script)
    }
    rows = re.findall(r'^  "?([a-z ]+)"?: \[(.*)\],$', script, re.M)
    assert len(rows) > 20
    at_the_gate = {}
    for device, words in rows:
        for name, pair in shared.items():
            words = words.replace(f"...{name}", json.dumps(pair, ensure_ascii=False)[1:-1])
        at_the_gate[device] = tuple(json.loads(f"[{words}]"))
    assert at_the_gate == FAULTS
    assert json.dumps(OTHER[:2], ensure_ascii=False)[1:-1] in script
