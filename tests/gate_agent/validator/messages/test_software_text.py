"""The text of a state message that names release and configuration."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.messages.software_text import read_software, write_software


@given(st.text(), st.text("0123456789abcdef", min_size=12, max_size=12))
def test_what_was_written_is_read_again(release: str, config: str) -> None:
    assert read_software(write_software(release, config)) == (release, config)


@pytest.mark.parametrize(
    "text", ["", "0.1.0", "0.1.0 config", "0.1.0 config 12", f"config {12 * 'G'}", "0.1\nx"]
)
def test_older_software_and_nonsense_name_no_configuration(text: str) -> None:
    assert read_software(text) == (text, "")
    assert write_software(text, "") == text
