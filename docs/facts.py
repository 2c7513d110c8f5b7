"""Read from the code what the pages in docs/ list: keys, reasons, columns, commands, counts.

Each fact is a function of the page's language, "en" or "zh". A string is put into a sentence; a
list of rows becomes the first columns of a table, whose other columns are written by hand.
"""

import inspect
import re
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import click
from click.testing import CliRunner

from docs import check_faults
from docs.gate_toml import Key, keys
from fleet_manager.__main__ import build as fleet_manager
from fleet_manager.incident import Incident
from fleet_manager.passages.counts import Totals
from fleet_manager.sellers.csv_table import COLUMNS, NEEDED
from fleet_manager.sellers.sellers import MAX_SELLERS
from fleet_manager.trust.rules import settings_of
from gate_agent import page
from gate_agent.__main__ import main as gate_agent
from gate_agent.config.profiles import profiles
from gate_agent.config.settings import ARM_BAUDS, ARM_WIRES, INPUT_WIRES
from gate_agent.lane.state import Lane
from gate_agent.signs import WORDS
from gate_agent.validator.reasons import TEXTS, Reason
from gate_agent.validator.trust.rule_book import DEFAULT

ROOT = Path(__file__).parent.parent
_LANE = inspect.signature(Lane).parameters
_ZH = {
    "required": "必填",
    "none": "无",
    "text": "文本",
    "a path": "路径",
    "1 to 20 of a-z, 0-9, -": "1～20 个字符：a-z、0-9、-",
    "a host name or an address": "主机名或地址",
    "a name like Asia/Shanghai": "如 Asia/Shanghai",
    "yes": "是",
    "no": "否",
}


class Row(NamedTuple):
    """A row of a table. `made`: its first cells. `names`: how many of these say which row it is.
    `words`: they are words of a screen, so a row that is new may be one that was reworded.
    `suggested`: what stands in the other columns as long as nobody has written them."""

    made: tuple[str, ...]
    names: int = 1
    words: bool = False
    suggested: tuple[str, ...] = ()


Fact = str | list[Row]


def word(text: str, language: str) -> str:
    """Return `text` in the language of the page."""
    return _ZH.get(text, text) if language == "zh" else text


def code(text: object) -> str:
    """Return `text` as code."""
    return f"`{text}`"


# --- gate.toml ----------------------------------------------------------------------------------


def _allowed(key: Key, language: str) -> str:
    match key.getter:
        case "number":
            low, high = key.arguments[:2]
            return f"{low}～{high}" if language == "zh" else f"{low} to {high}"
        case "pin":
            return "0～63" if language == "zh" else "0 to 63"
        case "choice":
            choices = key.arguments[0]
            assert isinstance(choices, tuple)
            return (" 或 " if language == "zh" else " or ").join(map(code, choices))
        case "wires":
            names = ARM_WIRES if key.table == "lane.arm" else INPUT_WIRES
            return ", ".join(map(code, names))
        case "file":
            return word("a path", language)
        case "name_of":
            return word("1 to 20 of a-z, 0-9, -", language)
        case _:
            return word(key.hint or "text", language)


def key_rows(language: str) -> list[Row]:
    """Table, key, what is allowed and the default of every key of gate.toml."""

    def default(value: object) -> str:
        if value is None:
            return word("required", language)
        return word("none", language) if value == "" else code(value)

    return [
        Row(
            (code(key.table), code(key.name), _allowed(key, language), default(key.default)),
            names=2,
        )
        for key in keys()
    ]


def default_of(table: str, name: str) -> str:
    """Return the default of one key."""
    return next(str(key.default) for key in keys() if (key.table, key.name) == (table, name))


def wire_rows(_: str) -> list[Row]:
    """The wires and the tables in which they may stand."""
    rows = [Row((code(wire), code("lane.arm"))) for wire in ARM_WIRES]
    return rows + [Row((code(wire), code("inputs"))) for wire in INPUT_WIRES]


def board_rows(language: str) -> list[Row]:
    """The profiles of boards with their lines."""
    rows = []
    for board in profiles("boards"):
        lines = board.values.get("lines", {})
        assert isinstance(lines, dict)
        parts = [f"`{name}` {number}" for name, number in lines.items()]
        name = board.name_zh if language == "zh" else board.name_en
        rows.append(Row((code(board.id), name, ", ".join(parts) or word("none", language))))
    return rows


def turnstile_rows(language: str) -> list[Row]:
    """The profiles of turnstiles."""
    return [
        Row((code(one.id), one.name_zh if language == "zh" else one.name_en))
        for one in profiles("turnstiles")
    ]


def gate_toml_sample(_: str) -> str:
    """The sample, as a block of code."""
    text = (ROOT / "firmware_config" / "gate.toml").read_text("utf-8")
    return f"\n```toml\n{text}```\n"


# --- refusals, counts, rules --------------------------------------------------------------------


def reason_rows(_: str) -> list[Row]:
    """Each reason, and what the visitor reads."""
    return [Row((code(one.key), f"{TEXTS[one].zh} · {TEXTS[one].en}")) for one in Reason]


def visitor_rows(_: str) -> list[Row]:
    """What a visitor may read at a refusal, each once."""
    return [
        Row((f"{zh} · {en}",)) for zh, en in dict.fromkeys((t.zh, t.en) for t in TEXTS.values())
    ]


def rule_rows(_: str) -> list[Row]:
    """The rules with their defaults."""
    return [Row((code(name), code(value))) for name, value in settings_of(DEFAULT).items()]


def column_rows(_: str) -> list[Row]:
    """The columns of `counts`."""
    return [Row((code(name),)) for name in Totals().as_dict() if name != "denied_by_reason"]


def csv_rows(language: str) -> list[Row]:
    """The columns of a seller's table."""
    return [Row((code(one), word("yes" if one in NEEDED else "no", language))) for one in COLUMNS]


# --- what screens say ---------------------------------------------------------------------------

BUTTONS = ("code", "id", "letIn", "last", "toOut", "override", "more")
MESSAGES = ("lost", "token", "noScanner", "late", "serialTyped")
STAFF_WORDS = ("sayTyped", "sayNoList", "sayListTooOld", "sayOutOfOrder")
WHYS = ("unreadable", "checked", "mistake", "group_why", "help", "other_why")


@cache
def labels() -> dict[str, dict[str, str]]:
    """Return the local page's own words, by language and key."""
    text = (Path(page.__file__).parent / "assets" / "labels.js").read_text("utf-8")
    blocks = re.findall(r"^  (zh|en): \{\n(.*?)^  \},$", text, re.M | re.S)
    return {language: dict(re.findall(r'(\w+): "([^"]*)"', body)) for language, body in blocks}


def label_rows(names: tuple[str, ...]) -> Callable[[str], list[Row]]:
    """Return a fact: words of the local page; an English page shows both languages."""

    def rows(language: str) -> list[Row]:
        zh, en = labels()["zh"], labels()["en"]
        shown = [zh[one] if language == "zh" else f"{zh[one]} · {en[one]}" for one in names]
        return [Row((text,), words=True) for text in shown]

    return rows


def sign_rows(language: str) -> list[Row]:
    """What a lane may show its visitor, each words once."""
    words = dict.fromkeys(WORDS.values())
    shown = [zh if language == "zh" else f"{zh} · {en}" for zh, en in words]
    return [Row((text,), words=True) for text in shown]


def whys(language: str) -> str:
    """The reasons for an override among which staff choose."""
    words = [labels()[language][name] for name in WHYS]
    return "、".join(words) if language == "zh" else ", ".join(words).lower()


# --- commands -----------------------------------------------------------------------------------


def commands_of(root: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Yield every command that does something, with the words that call it."""
    if isinstance(root, click.Group):
        if root.invoke_without_command:
            yield name, root
        for word_, command in sorted(root.commands.items()):
            yield from commands_of(command, f"{name} {word_}")
    else:
        yield name, root


def command_rows(root: click.Command, name: str) -> Callable[[str], list[Row]]:
    """Return a fact: the commands of a program with the first sentence of their help."""

    def rows(language: str) -> list[Row]:
        told = [
            (code(at), one.get_short_help_str(limit=200)) for at, one in commands_of(root, name)
        ]
        if language == "zh":
            return [Row((at,), suggested=(help_,)) for at, help_ in told]
        return [Row(line) for line in told]

    return rows


@cache
def trial() -> tuple[list[str], list[str]]:
    """Return the names of a bundle's files and the columns of `gate list`, from a park made now."""
    runner, files = CliRunner(), []
    with tempfile.TemporaryDirectory() as folder:
        root = ["--data", f"{folder}/park"]
        for line in (
            "init --park trial --time-zone Asia/Shanghai",
            "station add north",
            f"gate add north-1 --station north --out {folder}/bundle",
        ):
            done = runner.invoke(fleet_manager(), [*root, *line.split()])
            if done.exit_code:
                raise RuntimeError(f"fleet-manager {line}: {done.output}")
            files = [Path(name).name for name in done.output.splitlines()]
        shown = runner.invoke(fleet_manager(), [*root, "gate", "list"]).output
    return files, shown.splitlines()[0].split()


FACTS: dict[str, Callable[[str], Fact]] = {
    "keys": key_rows,
    "key-count": lambda _: str(len(keys())),
    "key-names": lambda _: str(len({key.name for key in keys()})),
    "gate-toml-sample": gate_toml_sample,
    "wires": wire_rows,
    "boards": board_rows,
    "turnstiles": turnstile_rows,
    "arm-boards": lambda _: [Row((code(kind), str(baud))) for kind, baud in ARM_BAUDS.items()],
    "reasons": reason_rows,
    "reason-count": lambda _: str(len(Reason)),
    "visitor-reasons": visitor_rows,
    "signs": sign_rows,
    "messages": label_rows(MESSAGES),
    "staff-words": label_rows(STAFF_WORDS),
    "buttons": label_rows(BUTTONS),
    "whys": whys,
    "incidents": lambda _: [Row((code(one.value),)) for one in Incident],
    "rules": rule_rows,
    "count-columns": column_rows,
    "csv-columns": csv_rows,
    "max-series": lambda _: str(MAX_SELLERS),
    "choice-s": lambda _: str(_LANE["choice_ms"].default // 1000),
    "holder-most-s": lambda _: str(_LANE["holder_most_ms"].default // 1000),
    "holder-s": lambda _: str(_LANE["holder_ms"].default // 1000),
    "override-s": lambda _: str(_LANE["answer_ms"].default // 1000),
    "claim-ms": lambda _: default_of("broker", "claim_ms"),
    "bundle": lambda _: [Row((code(name),)) for name in trial()[0]],
    "bundle-count": lambda _: str(len(trial()[0])),
    "gate-list": lambda _: [Row((code(name),)) for name in trial()[1]],
    "check-faults": check_faults.table,
    "gate-agent": command_rows(gate_agent, "gate-agent"),
    "fleet-manager": command_rows(fleet_manager(), "fleet-manager"),
}
"""What may stand between `<!-- made: NAME -->` and `<!-- end -->`."""
