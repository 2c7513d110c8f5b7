"""The script that shows the page on a board: it waits for the gate, and hands the token on."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "firmware_config" / "gate-page-kiosk.sh"


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ([], "http://127.0.0.1:8460/#abc"),
        (["monitor"], "http://127.0.0.1:8460/monitor#abc"),
        (["monitor?lane=2"], "http://127.0.0.1:8460/monitor?lane=2#abc"),
    ],
)
def test_the_browser_gets_the_page_with_its_token(
    tmp_path: Path, words: list[str], page: str
) -> None:
    link = tmp_path / "page.url"
    link.write_text("http://127.0.0.1:8460/#abc\n")
    environment = {**os.environ, "LINK": str(link), "BROWSER": "echo"}
    done = subprocess.run(
        [SCRIPT, *words], env=environment, capture_output=True, text=True, timeout=300, check=True
    )
    *switches, last = done.stdout.split()
    assert last == page
    assert "--kiosk" in switches
