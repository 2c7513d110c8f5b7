"""`gate-agent page` prints the links, and says what is missing where there are none."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gate_agent.__main__ import main

CONFIG = """
[gate]
park = "west-lake"
id = "hand-1"
time_zone = "Asia/Shanghai"
data = "data"
identity = "identity"
pins = "mock"

[broker]
host = "centre.example"

[[lane]]
number = 1
scanner = { port = "/dev/scanner" }

[[lane]]
number = 2
scanner = { port = "/dev/scanner2" }
"""


def asked(folder: Path, *options: str, config: str = CONFIG + "\n[page]\n") -> Result:
    (folder / "data").mkdir(exist_ok=True)
    file = folder / "gate.toml"
    file.write_text(config.replace('"data"', f'"{folder / "data"}"'))
    return CliRunner().invoke(main, ["page", "--config", str(file), *options])


def test_the_links_are_printed_with_their_place(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    link = tmp_path / "data" / "page.url"
    link.write_text("http://127.0.0.1:8460/#abcd\n")
    said = asked(tmp_path)
    assert (said.exit_code, said.output.splitlines()) == (0, [
        "staff      http://127.0.0.1:8460/#abcd",
        "monitor 1  http://127.0.0.1:8460/monitor?lane=1#abcd",
        "monitor 2  http://127.0.0.1:8460/monitor?lane=2#abcd",
        f"stored in  {link}",
    ])  # fmt: skip
    document = json.loads(asked(tmp_path, "--json").output)
    assert document["monitors"]["2"] == "http://127.0.0.1:8460/monitor?lane=2#abcd"


@pytest.mark.parametrize(
    ("config", "status", "words"),
    [(CONFIG, 78, "this gate has no page"), (CONFIG + "\n[page]\n", 1, "the daemon writes it")],
)
def test_without_a_page_or_a_daemon_it_says_so(
    tmp_path: Path, config: str, status: int, words: str
) -> None:
    said = asked(tmp_path, config=config)
    assert said.exit_code == status
    assert words in said.stderr
    assert len(said.stderr.splitlines()) == 1
