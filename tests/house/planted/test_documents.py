"""Planted promises that documents do not keep."""

from tests.house import documents
from tests.house.floors import floor_of
from tests.house.planted import said
from tests.house.source import ROOT

RUN = (ROOT / "run").read_text("utf-8")
GOOD = "```sh\n./run demo\n./run test   # all of it\n```\n"


def test_a_command_of_the_readme_that_does_not_exist_is_found() -> None:
    assert said(documents.readme_runs, {"README.md": GOOD, "run": RUN}) == []
    for line, what in (
        ("./run dmeo", "./run help lists no dmeo"),
        ("./run gate-agent chekc", "gate-agent chekc: no command chekc"),
        ("./run fleet-manager --dta x", "fleet-manager --dta x: no --dta"),
    ):
        files = {"README.md": f"{GOOD}```\n{line}\n```\n", "run": RUN}
        assert said(documents.readme_runs, files) == [f"README.md:6: {what}"]


def test_a_readme_that_does_not_say_how_to_test_is_found() -> None:
    files = {"README.md": "```\n./run demo\n```\n./run test\n", "run": RUN}
    assert said(documents.readme_runs, files) == ["README.md:1: does not say ./run test"]


def test_another_command_of_integration_is_found() -> None:
    assert said(documents.ci_runs_readme, {".ci/run": "exec ./run test\n"}) == []
    assert len(said(documents.ci_runs_readme, {".ci/run": "exec ./run lint\n"})) == 1


def test_a_folder_without_a_row_and_a_row_without_a_folder_are_found() -> None:
    files = {
        "ARCHITECTURE.md": "| `gate_agent/` | | the gate |\n| `gate_agent/lane/` | 1 | lanes |\n"
        "| `gate_agent/attic/` | 1 | gone |\n| `tests/` | | tests |\n",
        "gate_agent/__init__.py": "",
        "gate_agent/lane/table.py": "",
        "gate_agent/journal/journal.py": "",
    }
    right = floor_of("gate_agent.lane")
    assert said(documents.architecture_rows, files) == [
        "ARCHITECTURE.md:1: has no row for gate_agent/journal/",
        f"ARCHITECTURE.md:2: gate_agent/lane/ is on floor {right}",
        "ARCHITECTURE.md:3: gate_agent/attic/ does not exist",
    ]


def test_a_folder_of_the_picture_that_does_not_exist_is_found() -> None:
    files = {
        "docs/architecture.svg": "<text font-weight='bold'>lane/ PURE</text>\n"
        "<text font-weight='bold'>attic/ → lane/</text><text>and/or</text>",
        "gate_agent/lane/table.py": "",
    }
    assert said(documents.drawing, files) == ["docs/architecture.svg:2: names attic/"]


def test_a_file_for_a_board_that_no_test_reads_is_found() -> None:
    violations = said(documents.board_files_are_loaded, {"tests/test_x.py": "x = 'mosquitto.acl'"})
    assert any("no test reads it" in line for line in violations)
    assert not any(line.startswith("firmware_config/mosquitto.acl:") for line in violations)
