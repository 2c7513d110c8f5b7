"""gate.toml as editors of real offices save it: read, or named with its cure."""

from pathlib import Path

import pytest

from gate_agent.config.toml_file import read_toml
from gate_agent.errors import ConfigError

TEXT = '[gate]\r\npark = "west-lake"  # 西湖 “引号”\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_and_crlf_are_ignored(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "gate.toml"
    path.write_bytes(TEXT.encode(encoding))
    assert read_toml(path) == {"gate": {"park": "west-lake"}}


@pytest.mark.parametrize(
    ("data", "says", "cure"),
    [
        (TEXT.encode("utf-16"), "saved as UTF-16", "iconv -f UTF-16"),
        (TEXT.encode("utf-16-le"), "saved as UTF-16", "iconv -f UTF-16"),
        (
            TEXT.encode("gb18030"),
            "line 2 is no UTF-8 text; the file seems to be saved as GBK",
            "iconv -f GB18030",
        ),
        (b"a = 1\n\xff\xff", "line 2 is no UTF-8 text", "save it as UTF-8"),
        ("park = “west-lake”".encode(), "not a TOML file", 'line 1 has “ where " is wanted'),
        ("park = ‘west-lake’".encode(), "not a TOML file", "line 1 has ‘ where ' is wanted"),
        ('a = 1\npark ＝ "x"'.encode(), "not a TOML file", "line 2 has ＝ where = is wanted"),
        ("［gate］".encode(), "not a TOML file", "line 1 has ［ where [ is wanted"),
        ("park\u00a0= 1".encode(), "not a TOML file", "an ordinary blank"),
        (b"a = b", "not a TOML file", ""),
        (b"", "", ""),
    ],
)
def test_what_is_no_toml_is_named_with_its_cure(
    tmp_path: Path, data: bytes, says: str, cure: str
) -> None:
    path = tmp_path / "gate.toml"
    path.write_bytes(data)
    if not says:
        assert read_toml(path) == {}
        return
    with pytest.raises(ConfigError, match=r"gate\.toml: ") as caught:
        read_toml(path)
    assert says in str(caught.value)
    assert cure in caught.value.hint
    assert "\n" not in caught.value.line()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*: No such file"):
        read_toml(tmp_path / "gate.toml")
