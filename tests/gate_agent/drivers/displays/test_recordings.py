"""Recordings: every prompt in two languages, made once, never half."""

import shutil
import sys
import wave
from pathlib import Path

import pytest
from click.testing import CliRunner

from gate_agent.__main__ import main
from gate_agent.drivers.displays import recordings
from gate_agent.drivers.displays.recordings import SPEAKERS, missing, record
from gate_agent.errors import GateError
from gate_agent.signs import every_prompt
from tests.gate_agent.test_main import TOML

COUNT = len(every_prompt()) * 2
WRITES = "import sys; open(sys.argv[sys.argv.index('-w') + 1], 'w').write(sys.argv[-1])"


def fake(script: str = WRITES) -> tuple[str, ...]:
    return sys.executable, "-S", "-c", script


def few(monkeypatch: pytest.MonkeyPatch) -> None:
    prompts = {name: every_prompt()[name] for name in ("go", "refused-used")}
    monkeypatch.setattr(recordings, "every_prompt", lambda: prompts)


def test_what_is_missing_is_made_and_what_is_there_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(missing(tmp_path)) == COUNT
    few(monkeypatch)
    (tmp_path / "go.zh.wav").write_text("the park's own voice")
    files = record(tmp_path, synthesiser=fake())
    assert sorted(file.name for file in files) == [
        "go.en.wav", "refused-used.en.wav", "refused-used.zh.wav",
    ]  # fmt: skip
    assert (tmp_path / "refused-used.zh.wav").read_text() == "门票已使用"
    assert (tmp_path / "go.zh.wav").read_text() == "the park's own voice"
    assert missing(tmp_path) == []
    assert len(record(tmp_path, again=True, synthesiser=fake())) == 4
    assert (tmp_path / "go.zh.wav").read_text() == "请通行"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("no-such-speaker",), "no-such-speaker is not there"),
        (fake("import sys; sys.exit('no voice cmn\\nmore')"), "no voice cmn"),
        (fake("import sys; sys.exit(3)"), "no recording"),
        (fake("pass"), "it wrote nothing"),
    ],
    ids=["missing", "told", "silent", "nothing written"],
)
def test_what_cannot_be_recorded(tmp_path: Path, words: tuple[str, ...], why: str) -> None:
    with pytest.raises(GateError, match="cannot record .*: .*" + why) as caught:
        record(tmp_path / "voice", synthesiser=words)
    assert "install espeak-ng" in caught.value.hint
    assert list((tmp_path / "voice").iterdir()) == []


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not here")
def test_espeak_speaks_both_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few(monkeypatch)
    record(tmp_path)
    for name in ("go", "refused-used"):
        for language in SPEAKERS:
            with wave.open(str(tmp_path / f"{name}.{language}.wav")) as sound:
                assert 0.4 < sound.getnframes() / sound.getframerate() < 4


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few(monkeypatch)
    monkeypatch.setattr(
        recordings.record, "__kwdefaults__", {"again": False, "synthesiser": fake()}
    )
    config = tmp_path / "gate.toml"
    config.write_text(TOML)
    done = CliRunner().invoke(main, ["voice", "--config", str(config)])
    assert done.output == f"4 recordings made in {tmp_path / 'data' / 'voice'}\n"
    assert done.exit_code == 0
