"""docs/operating.md says of keys, reasons, incidents, columns and commands what the code says."""

import ast
import re
import shlex
from functools import cache
from pathlib import Path

import pytest

from fleet_manager.database.incidents import Incident
from fleet_manager.passages.counts import Totals
from gate_agent.validator.reasons import TEXTS, Reason
from tests.test_house import command_named

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
TEXT = (DOCS / "operating.md").read_text("utf-8")
ASKS = frozenset({"text", "name_of", "choice", "number", "pin", "wires", "file"})
"""How `config._Table` is asked for a key's value."""

PROGRAMS = frozenset({"gate-agent", "fleet-manager"})


@cache
def table(first: str) -> dict[str, list[str]]:
    """The cells of the rows of the table whose header begins with `first`, by the first cell."""
    lines = iter(TEXT.splitlines())
    next(line for line in lines if line.startswith(f"| {first} |"))
    rows = {}
    for line in lines:
        if not line.startswith("|"):
            break
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|---"):
            rows[cells[0].strip("`")] = cells
    return rows


def keys_in_code() -> dict[str, tuple[str, list[str]]]:
    """Each key that `gate_agent.config.load` asks for, how it asks, and its literal arguments."""
    found = {}
    for node in ast.walk(ast.parse((ROOT / "gate_agent" / "config.py").read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        asked, key = node.func.value, node.args[0]
        if not (isinstance(asked, ast.Name) and isinstance(key, ast.Constant)):
            continue
        if asked.id == "self" or node.func.attr not in ASKS:
            continue
        assert isinstance(key.value, str)
        tables = ("gate", "broker", "inputs", "page", "lane")
        name = asked.id if asked.id in tables else f"lane.{asked.id}"
        given = [] if node.func.attr == "wires" else node.args[1:]
        rest = [part for argument in given for part in literals(argument)]
        found[f"{name}.{key.value}"] = node.func.attr, rest
    return found


def literals(node: ast.expr) -> list[str]:
    """The values of a literal, as the page writes them."""
    value: object = ast.literal_eval(node)
    values = value if isinstance(value, tuple) else (value,)
    return [repr(one).lower() if isinstance(one, bool) else str(one) for one in values]


def keys_in_page() -> dict[str, tuple[str, str]]:
    """Each key of the page, with what is allowed and its default."""
    rows = [
        line
        for line in TEXT.splitlines()
        if re.match(r"\| `(gate|broker|inputs|page|lane)[.a-z]*` \|", line)
    ]
    cells = [[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in rows]
    return {f"{cell[0]}.{cell[1]}": (cell[3], cell[4]) for cell in cells}


def test_every_key_of_gate_toml_is_explained() -> None:
    code = keys_in_code()
    assert code.keys() == keys_in_page().keys()
    names = {key.rpartition(".")[2] for key in code}
    assert f"There are {len(code)} keys of {len(names)} names." in TEXT


@pytest.mark.parametrize("key", keys_in_code())
def test_what_a_key_allows_is_what_the_page_says(key: str) -> None:
    how, arguments = keys_in_code()[key]
    allowed, default = keys_in_page()[key]
    match how:
        case "number":
            assert allowed == f"{arguments[0]} to {arguments[1]}"
            assert default == (arguments[2] if len(arguments) > 2 else "must be there")
        case "choice":
            assert allowed.replace("`", "") == " or ".join(arguments[:-1])
            assert default == arguments[-1]
        case "pin":
            assert (allowed, default) == ("0 to 63", "must be there")
        case "text" if arguments:
            assert default != "must be there"
        case _:
            assert default == "must be there"


@pytest.mark.parametrize("reason", Reason, ids=lambda reason: str(reason.key))
def test_every_reason_is_explained_with_what_the_visitor_reads(reason: Reason) -> None:
    text = TEXTS[reason]
    assert table("reason")[reason.key][1] == f"{text.zh} · {text.en}"


def test_every_incident_and_column_is_explained() -> None:
    assert sorted(table("incident")) == sorted(incident.value for incident in Incident)
    columns = [name for name in table("column") if name != "denied:…"]
    assert columns == [name for name in Totals().as_dict() if name != "denied_by_reason"]


def commands() -> list[str]:
    """Every command of our programs on the page, in blocks and in tables."""
    blocks = re.findall(r"^```sh\n(.*?)^```", TEXT, re.M | re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`((?:fleet-manager|gate-agent) [^`]*)`", TEXT)
    return [line for line in lines if PROGRAMS & set(line.split())]


@pytest.mark.parametrize("line", commands())
def test_a_command_on_the_page_exists(line: str) -> None:
    words = shlex.split(line.rsplit(" | ", maxsplit=1)[-1])
    start = next(at for at, word in enumerate(words) if word in PROGRAMS)
    command_named(words[start], words[start + 1 :])


PAGES = [ROOT / "CHANGELOG.md", *DOCS.glob("*.md"), *(DOCS / "adr").glob("*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert "://" in target or file.is_file(), target
        if anchor and file.suffix == ".md":
            heads = re.findall(r"^#+ (.*)$", file.read_text("utf-8"), re.M)
            slugs = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
            assert anchor in slugs, target


def test_decision_records_are_short_and_listed() -> None:
    index = (DOCS / "README.md").read_text("utf-8")
    for file in (DOCS / "adr").glob("*.md"):
        text = file.read_text("utf-8")
        assert len(text.splitlines()) <= 50, file.name
        assert f"adr/{file.name}" in index
        for part in ("Context", "Decision", "Why", "Consequences"):
            assert f"## {part}" in text, (file.name, part)
