"""The pages in docs/ say of keys, reasons, columns and commands what the code says, their links
lead somewhere, and the Chinese pages say what the English ones say."""

import copy
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from docs.blocks import BLOCK, fill, unwritten
from docs.facts import FACTS, Fact, Row
from docs.gate_toml import Key, keys
from gate_agent.config.load import parse
from gate_agent.config.toml_table import Table
from gate_agent.errors import ConfigError
from tests.house.commands import command_named

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PROGRAMS = frozenset({"gate-agent", "fleet-manager"})
OPERATING = [
    "operating",
    "deploying",
    "install",
    "devices",
    "gate-toml",
    "gates",
    "runbook",
    "staff",
    "faults",
    "tickets",
    "box-office",
    "sellers",
    "recovery",
    "upgrading",
    "releases",
    "attacks",
    "people",
    "console",
    "programs",
    "commands",
]
"""The pages for people who run a park; docs/README.md lists the others."""

ENGLISH = [DOCS / f"{name}.md" for name in OPERATING]
CHINESE = sorted((DOCS / "zh").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")]
RECORDS = sorted((DOCS / "adr").glob("*.md"))


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


# --- what is made from the code -----------------------------------------------------------------

WHOLE: dict[str, Any] = {
    "gate": {
        "park": "west-lake",
        "id": "north-1",
        "time_zone": "Asia/Shanghai",
        "data": "data",
        "identity": "identity",
        "pins": "mock",
        "clock": "ntp",
    },
    "broker": {"host": "centre.example", "port": 8883, "claim_ms": 60},
    "inputs": {"wires": ["fire 1"]},
    "page": {"port": 8460},
    "lane": [
        {
            "number": 1,
            "direction": "in",
            "zone": 0,
            "arm": {
                "wires": ["passage 2"],
                "port": "atri@/dev/arm",
                "baud": 9600,
                "pulse_ms": 300,
                "release_ms": 5000,
            },
            "lamps": {"go_pin": 3, "stop_pin": 4},
            "scanner": {"port": "/dev/scanner", "baud": 9600},
            "camera": {"device": "/dev/video0", "width": 640, "height": 480},
            "buzzer": {"pin": 5},
            "voice": {"device": "default"},
            "display": {"device": "ssd1306@i2c-1-0x3c", "width": 128, "height": 64},
        }
    ],
}
"""Every key of gate.toml."""


def whole_keys() -> set[str]:
    lane = WHOLE["lane"][0]
    tables = {name: table for name, table in WHOLE.items() if isinstance(table, dict)}
    tables |= {f"lane.{name}": table for name, table in lane.items() if isinstance(table, dict)}
    single = {f"lane.{name}" for name, value in lane.items() if not isinstance(value, dict)}
    return single | {f"{name}.{key}" for name, table in tables.items() for key in table}


def test_the_page_has_the_very_keys_that_the_daemon_asks_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = set()
    take = Table.take

    def noted(self: Table, key: str) -> object:
        value = take(self, key)
        if self.name != "top level" and not isinstance(value, dict):
            asked.add(f"{self.name.replace('lane 1', 'lane')}.{key}")
        return value

    monkeypatch.setattr(Table, "take", noted)
    parse(Path("gate.toml"), WHOLE)
    assert asked == whole_keys() == {f"{key.table}.{key.name}" for key in keys()}


def refusal(key: Key, value: object | None) -> str | None:
    """What a gate.toml is refused for in which `key` is missing or has another value."""
    values: dict[str, Any] = copy.deepcopy(WHOLE)
    lane = values["lane"][0]
    tables = {"lane": lane, **{f"lane.{name}": table for name, table in lane.items()}}
    table = tables[key.table] if key.table in tables else values[key.table]
    table.pop(key.name)
    if value is not None:
        table[key.name] = value
    try:
        parse(Path("gate.toml"), values)
    except ConfigError as error:
        return str(error)
    return None


@pytest.mark.parametrize("key", keys(), ids=lambda key: f"{key.table}.{key.name}")
def test_a_key_is_required_and_bounded_as_the_page_says(key: Key) -> None:
    assert (f"] {key.name}: " in (refusal(key, None) or "")) == (key.default is None)
    wrong: tuple[object, ...] = (7,)
    match key.getter, key.arguments:
        case "number", (int(low), int(high), *_):
            wrong = (low - 1, high + 1)
        case "pin", _:
            wrong = (-1, 64)
        case "choice", _:
            wrong = ("neither",)
    for value in wrong:
        assert key.name in (refusal(key, value) or "")


def faults_of_page() -> list[tuple[str, str]]:
    """Name and text of each fault in the tables of faults, `scanner N` as `scanner`."""
    text = (DOCS / "faults.md").read_text("utf-8")
    part = text[text.index("\n## Faults\n") : text.index("\n## Refusals\n")]
    cells = re.findall(r"^\| (`[^|]*) \|", part, re.M)
    codes = [code for cell in cells for code in re.findall("`([^`]*)`", cell)]
    named = [re.fullmatch(r"([a-z ]+?)(?: N)?: (.*)", code) for code in codes]
    return [
        (match[1], match[2]) if match else ("", code)
        for match, code in zip(named, codes, strict=True)
    ]


def gate_sources() -> str:
    """The gate's code, with texts that are broken over lines in one piece."""
    files = sorted((ROOT / "gate_agent").rglob("*.py"))
    return re.sub(r'"\s+f?"', "", "\n".join(file.read_text("utf-8") for file in files))


def test_every_part_that_can_be_faulty_is_on_the_page_of_faults() -> None:
    makers = r"health\.fault\(|Faulted\(|Worker\(|device = |FAULT = |DEVICE = "
    # A worker with a report of its own lets the arm have its faults.
    sources = re.sub(r"Worker\([^)]*report=[^)]*\)", "", gate_sources())
    names = set(re.findall(rf'(?:{makers})f?"([a-z ]+?)(?: \{{[^"]*)?"', sources))
    names |= set(re.findall(r'__init__\(f"([a-z]+) \{lane\}"\)', sources))
    assert {name for name, _ in faults_of_page() if name} == names


def test_the_texts_on_the_page_of_faults_are_those_of_the_gate() -> None:
    sources = gate_sources()
    for name, text in faults_of_page():
        for piece in re.split(r"…|\bN\b", text):
            words = piece.strip(" ,").removeprefix("cannot ")
            assert words in sources, f"{name}: {text}"


@pytest.mark.parametrize("page", [*ENGLISH, *CHINESE], ids=name_of)
def test_every_row_that_is_made_from_the_code_is_explained(page: Path) -> None:
    assert unwritten(page.read_text("utf-8")) == []


def test_every_fact_stands_on_an_english_page() -> None:
    text = "".join(page.read_text("utf-8") for page in ENGLISH)
    assert {match[1] for match in BLOCK.finditer(text)} == FACTS.keys()


PAGE = """There are <!-- made: count -->2<!-- end --> of them:

<!-- made: rows -->
| one | two |
|---|---|
| `a` | written |
| `gone` | written as well |
<!-- end -->
"""


def test_a_block_takes_new_rows_drops_old_ones_and_keeps_what_was_written() -> None:
    facts: dict[str, Fact] = {"count": "3", "rows": [Row(("`a`",)), Row(("`new`",))]}
    page = fill(PAGE, "en", facts=facts)
    assert page.splitlines()[0] == "There are <!-- made: count -->3<!-- end --> of them:"
    assert page.splitlines()[5:] == ["| `a` | written |", "| `new` |  |", "<!-- end -->"]
    assert unwritten(page) == ["rows: `new`"]
    assert fill(page, "en", facts=facts) == page


def test_words_that_were_reworded_keep_what_was_written_beside_them() -> None:
    words = [Row(("`a`",), words=True), Row(("`reworded`",), words=True)]
    page = fill(PAGE, "en", facts={"count": "2", "rows": words})
    assert page.splitlines()[5:7] == ["| `a` | written |", "| `reworded` | written as well |"]
    names = [Row(("`a`",)), Row(("`reworded`",))]
    assert unwritten(fill(PAGE, "en", facts={"count": "2", "rows": names}))


def test_what_is_not_translated_yet_stands_in_english() -> None:
    chinese = PAGE.replace("| `gone` | written as well |\n", "").replace("written", "已写")
    facts: dict[str, Fact] = {"count": "3", "rows": [Row(("`a`",)), Row(("`gone`",))]}
    page = fill(chinese, "zh", PAGE, facts)
    assert page.splitlines()[5:7] == ["| `a` | 已写 |", "| `gone` | written as well |"]


# --- commands -----------------------------------------------------------------------------------


def commands(page: Path) -> list[str]:
    """Every command of our programs on the page, in blocks and in text."""
    text = page.read_text("utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`((?:fleet-manager|gate-agent) [^`]*)`", BLOCK.sub("", text))
    return [without_comment(line) for line in lines if PROGRAMS & set(line.split())]


def without_comment(line: str) -> str:
    return line.split(" #", maxsplit=1)[0].rstrip()


def without_words(line: str) -> str:
    """A command without what its reader may write in another language."""
    return re.sub(r'"[^"]*"', '""', line)


@pytest.mark.parametrize("page", [*ENGLISH, *CHINESE], ids=name_of)
def test_a_command_on_a_page_exists(page: Path) -> None:
    for line in commands(page):
        words = shlex.split(line.rsplit(" | ", maxsplit=1)[-1])
        start = next(at for at, word in enumerate(words) if word in PROGRAMS)
        command_named(words[start], [word for word in words[start + 1 :] if word != "…"])


# --- links --------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert "://" in target or file.exists(), target
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), target


def test_what_programs_and_files_say_of_docs_is_there() -> None:
    files = [ROOT / "run", *ROOT.glob("firmware_config/**/*.*")]
    for package in ("gate_agent", "fleet_manager", "hardware_sim", "tests"):
        files += (ROOT / package).rglob("*.py")
    for file in files:
        for named in re.findall(r"docs/[a-z/-]+\.md", file.read_text("utf-8", "replace")):
            assert (ROOT / named).is_file(), f"{name_of(file)}: {named}"


@pytest.mark.parametrize("name", OPERATING[1:])
def test_the_index_leads_to_every_page_for_people_who_run_a_park(name: str) -> None:
    assert f"({name}.md" in (DOCS / "operating.md").read_text("utf-8")


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=name_of)
def test_the_index_of_documents_leads_to_every_page(page: Path) -> None:
    index = (DOCS / "README.md").read_text("utf-8")
    assert page.name == "README.md" or f"({page.name})" in index


# --- form ---------------------------------------------------------------------------------------


def prose(page: Path) -> list[str]:
    """The lines outside of code, tables and blocks."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.M | re.S)
    return [
        line
        for line in text.splitlines()
        if not line.startswith(("|", "    ", "!")) and "<!--" not in line
    ]


@pytest.mark.parametrize("page", ENGLISH, ids=name_of)
def test_lines_are_short_enough_to_compare(page: Path) -> None:
    assert [line for line in prose(page) if len(line) > 120] == []


def test_decision_records_are_short_have_a_status_and_are_listed_in_order() -> None:
    index = (DOCS / "README.md").read_text("utf-8")
    assert re.findall(r"\(adr/([^)]*)\)", index) == [file.name for file in RECORDS]
    for file in RECORDS:
        text = file.read_text("utf-8")
        assert len(text.splitlines()) <= 50, file.name
        assert re.match(rf"# {file.name[:4]} · .+\n\nStatus: accepted\b.*\.\n", text), file.name
        for part in ("Context", "Decision", "Why", "Consequences"):
            assert f"## {part}" in text, (file.name, part)


@pytest.mark.parametrize("page", [*ENGLISH, *CHINESE], ids=name_of)
def test_no_line_begins_with_a_fact(page: Path) -> None:
    """Such a line would be a block of HTML, and tear its paragraph."""
    assert re.findall(r"^ *<!-- made: [a-z-]+ -->.+", page.read_text("utf-8"), re.M) == []


# --- the Chinese pages --------------------------------------------------------------------------


def outline(page: Path) -> list[int]:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.M | re.S)
    return [len(marks) for marks in re.findall(r"^(#+) ", text, re.M)]


def shell(page: Path) -> list[str]:
    """The lines of the page's shell blocks, without their comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    return [without_words(without_comment(line)) for line in lines]


def in_text(page: Path) -> list[str]:
    """The page's commands, in any order."""
    return sorted(map(without_words, commands(page)))


def first_cells(page: Path) -> list[str]:
    """What stands as code in the first cell of each row of a table."""
    rows = re.findall(r"^\| ([^|]*) \|", page.read_text("utf-8"), re.M)
    return [code for cell in rows for code in re.findall(r"`[^`]*`", cell)]


@pytest.mark.parametrize("name", OPERATING)
def test_a_page_for_people_who_run_a_park_has_a_chinese_twin(name: str) -> None:
    english, chinese = DOCS / f"{name}.md", DOCS / "zh" / f"{name}.md"
    assert outline(chinese) == outline(english), "the same headings, in the same order"
    assert shell(chinese) == shell(english), "the same commands, in the same order"
    assert in_text(chinese) == in_text(english), "the same commands in the text"
    assert first_cells(chinese) == first_cells(english), "the same rows"
    assert f"(zh/{name}.md)" in english.read_text("utf-8")
    assert f"(../{name}.md)" in chinese.read_text("utf-8")


def test_what_a_command_does_is_said_in_chinese() -> None:
    rows = re.findall(
        r"^\| `(.+?)` \| (.+) \|$", (DOCS / "zh" / "commands.md").read_text("utf-8"), re.M
    )
    assert len(rows) > 50
    assert [name for name, text in rows if not re.search("[\u4e00-\u9fff]", text)] == []


def test_every_chinese_page_has_an_english_twin() -> None:
    assert {page.name for page in CHINESE} == {f"{name}.md" for name in OPERATING}
