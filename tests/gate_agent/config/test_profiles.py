"""Every board with every turnstile gives a gate.toml that is good, or says why it does not fit."""

import tomllib
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.__main__ import main
from gate_agent.config.load import load, parse
from gate_agent.config.profiles import BoardSite, Profile, boot_lines, make, profile, profiles
from gate_agent.errors import ConfigError

BOARD_FILES = ["generic.toml", "raspberry-pi-4.toml", "raspberry-pi-5.toml"]
TURNSTILE_FILES = ["handheld.toml", "tripod-camera.toml", "tripod-contact.toml",
                   "tripod-two-way.toml", "wide-lane.toml"]  # fmt: skip
BOARDS = [name.removesuffix(".toml") for name in BOARD_FILES]
TURNSTILES = [name.removesuffix(".toml") for name in TURNSTILE_FILES]
SITE = BoardSite("west-lake", "north-1", "centre.example", "Asia/Shanghai")
PINS_NEEDED = {("generic", turnstile) for turnstile in TURNSTILES if turnstile != "handheld"}


def test_these_are_all() -> None:
    assert [one.id for one in profiles("boards")] == BOARDS
    assert [one.id for one in profiles("turnstiles")] == TURNSTILES


@pytest.mark.parametrize(("board", "turnstile"), list(product(BOARDS, TURNSTILES)))
def test_each_pair(board: str, turnstile: str) -> None:
    pair = profile("boards", board), profile("turnstiles", turnstile)
    if (board, turnstile) in PINS_NEEDED:
        with pytest.raises(ConfigError, match="which this board does not have"):
            make(*pair, SITE)
        return
    text = make(*pair, SITE)
    settings = parse(Path("gate.toml"), tomllib.loads(text))
    assert (settings.park, settings.gate) == ("west-lake", "north-1")
    assert "@@" not in text
    assert pair[0].name_zh in text
    for lane in settings.lanes:
        if lane.arm is not None:
            assert "home" in lane.arm.wires
            assert f"gpio={lane.arm.wires['relay'].pin}=op,dl\n" in boot_lines(settings)


def test_a_relay_board_of_the_other_kind_is_at_rest_high() -> None:
    board = profile("boards", "raspberry-pi-5")
    lines = board.values["lines"]
    assert isinstance(lines, dict)
    other = Profile(board.id, "", "", {**board.values, "lines": {**lines, "relay_in": "17 low"}})
    text = make(other, profile("turnstiles", "tripod-contact"), SITE)
    settings = parse(Path("gate.toml"), tomllib.loads(text))
    assert boot_lines(settings).endswith("[all]\ngpio=17=op,dh\n")


def test_a_handheld_has_no_boot_lines() -> None:
    text = make(profile("boards", "generic"), profile("turnstiles", "handheld"), SITE)
    settings = parse(Path("gate.toml"), tomllib.loads(text))
    assert boot_lines(settings) == ""
    assert settings.page is not None


@given(st.text(st.characters(codec="utf-8"), max_size=20))
def test_any_scanner_gives_a_good_file_or_an_error(port: str) -> None:
    site = BoardSite("west-lake", "north-1", "centre.example", "Asia/Shanghai", port)
    try:
        text = make(profile("boards", "generic"), profile("turnstiles", "handheld"), site)
    except ConfigError:
        return
    (lane,) = parse(Path("gate.toml"), tomllib.loads(text)).lanes
    assert lane.scanner is not None
    assert lane.scanner.port == port


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["profile", *words])
    return done.exit_code, done.output


MAKE = ("make", "--board", "raspberry-pi-4", "--turnstile", "tripod-contact", "--park",
        "west-lake", "--id", "north-1", "--host", "centre.example")  # fmt: skip


def test_the_commands(tmp_path: Path) -> None:
    status, text = run("list")
    assert status == 0
    assert all(name in text for name in (*BOARDS, *TURNSTILES))
    out = tmp_path / "gate.toml"
    assert run(*MAKE, "--out", str(out)) == (0, "")
    assert load(out).lanes[0].arm is not None
    status, text = run(*MAKE, "--out", str(out))
    kept = f"gate-agent: cannot write {out}: there is a file of that name, and it was kept; "
    assert (status, text) == (1, f"{kept}give another --out, or move the old file away first\n")
    assert run("boot", "--config", str(out)) == (
        0,
        "# Relays of this gate, at rest.\n[all]\ngpio=17=op,dl\n",
    )
    assert tomllib.loads(run(*MAKE, "--scanner", "keys@/dev/x")[1])["lane"][0]["scanner"] == {
        "port": "keys@/dev/x"
    }


def test_mistakes_are_named() -> None:
    status, text = run(*MAKE[:2], "raspberry-pi-9", *MAKE[3:])
    assert status == 78
    assert "no profile raspberry-pi-9 among boards; there are: generic, raspberry-pi-4" in text
    status, text = run(*MAKE[:6], "West Lake", *MAKE[7:])
    assert (status, text.startswith("gate-agent: gate.toml: [gate] park: must be")) == (78, True)
    status, text = run(*MAKE[:4], "tripod-camera", *MAKE[5:], "--scanner", "/dev/x")
    assert (status, text) == (78, "gate-agent: tripod-camera has no scanner\n")


def test_what_only_the_site_knows_is_told() -> None:
    status, text = run(*MAKE[:4], "tripod-camera", *MAKE[5:])
    assert status == 0
    assert "CHANGE-ME stands for 1 path(s) that only the site knows" in text
